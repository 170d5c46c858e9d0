"""Monthly partitions of the tables that only grow: made ahead, and dropped when their time is over."""

from members.partitions.tables import OF_MEMBERS, Partitioned, horizon, register, registered

__all__ = ["OF_MEMBERS", "Partitioned", "horizon", "register", "registered"]
