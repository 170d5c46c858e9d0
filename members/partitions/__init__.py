"""Monthly partitions of the tables that only grow: made ahead, and dropped when their time is over."""

from members.partitions.tables import Partitioned, horizon, register, registered

__all__ = ["Partitioned", "horizon", "register", "registered"]
