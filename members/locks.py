"""The lock of a shard: all work on what its members may be sent, and where they stand, runs under it."""

from __future__ import annotations

from collections.abc import Sequence

from members.sql import prepared, rows

# The first half of the advisory lock's key; the second is the shard. Any constant that nobody else uses would do.
_KEY = 0x43_68_6F_72


def try_shards(shards: Sequence[int]) -> list[int]:
    """Take the locks of shards for the transaction; return those that were free, without those that somebody else has.

    It is a statement of its own, before all others: only what starts after it sees what the last holder committed.
    """
    text = """
        SELECT shard FROM (
            SELECT shard, pg_try_advisory_xact_lock(%(key)s, shard) AS taken FROM unnest(%(shards)s::int[]) AS s(shard)
        ) tried WHERE taken
    """
    return [shard for (shard,) in prepared(text, {"key": _KEY, "shards": list(shards)})]


def wait_for_shard(shard: int, milliseconds: int = 0) -> None:
    """Take a shard's lock for the transaction as soon as whoever has it is done; like `try_shards`, before all others.

    With a number of milliseconds, raises django.db.OperationalError when that takes longer.
    """
    rows("SELECT set_config('lock_timeout', %(most)s, true)", {"most": f"{milliseconds}ms"})
    rows("SELECT pg_advisory_xact_lock(%(key)s, %(shard)s)", {"key": _KEY, "shard": shard})
