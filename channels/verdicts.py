"""What the outbox said of a cohort, in a table of the connection's own: whoever asked by set reads it by set.

Brought to the program and sent back, it took a sixth of a send's time. Nothing of it is ever seen from outside:
the table empties itself with the transaction, and an undone savepoint undoes what was said in it as well.
"""

from __future__ import annotations

from zlib import crc32

from members.sql import execute, rows

# `winner_origin` is the origin of the message that took the last of the room; it is among the same verdicts.
_COLUMNS = {
    "origin_id": "bigint",
    "step_key": "text",
    "message_id": "bigint",
    "reason": "text",
    "channel": "text",
    "planned_at": "timestamptz",
    "retry_at": "timestamptz",
    "journey_id": "bigint",
    "fresh": "boolean",
    "policy_id": "bigint",
    "counted": "bigint[]",
    "winner": "text",
    "winner_origin": "bigint",
}
COLUMNS = ", ".join(_COLUMNS)
_DEFINED = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
# Behind a pooler the table outlives the program that made it. One with other columns is another table.
TABLE = f"channels_verdict_{crc32(_DEFINED.encode()):08x}"
_MAKE = f"CREATE TEMPORARY TABLE IF NOT EXISTS {TABLE} ({_DEFINED}) ON COMMIT DELETE ROWS"
# The verdicts, and the message of each one's winner; null where that got none itself.
ALL = f"""
SELECT {", ".join(f"v.{name}" for name in _COLUMNS)}, won.message_id AS winner_id
FROM {TABLE} v LEFT JOIN {TABLE} won ON won.origin_id = v.winner_origin AND won.message_id IS NOT NULL
"""
_IN_VAIN = f"SELECT DISTINCT origin_id FROM ({ALL}) v WHERE reason = 'lost' AND winner_id IS NULL"


def clear() -> None:
    """Make the table, or take out whatever was said before."""
    execute(_MAKE, {})
    execute(f"DELETE FROM {TABLE}", {})


def take_back() -> list[int]:
    """Take out the verdicts of those who lost to a message that was not queued itself; return their origins."""
    vain = [origin for (origin,) in rows(_IN_VAIN, {})]
    if vain:
        execute(f"DELETE FROM {TABLE} WHERE origin_id = ANY(%(vain)s)", {"vain": vain})
    return vain
