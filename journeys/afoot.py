"""Those who are due in a batch, in a table of the connection's own: there they move, and are written back once.

A move of a row in seven indexes takes some twenty microseconds, here it takes one; and who stands at a step is found
without walking past everybody else's rows. Nothing of it is ever seen from outside: the table empties itself with the
transaction, and an undone savepoint undoes what was moved here as well.

Whoever enters begins here, and is first written where they rest: to write them where they begin took as long again.
"""

from __future__ import annotations

from zlib import crc32

from journeys.models import Enrollment
from journeys.span import Span
from members.models import SHARDS
from members.sql import Sql, execute, rows

_FIELDS = Enrollment._meta.concrete_fields  # noqa: SLF001
_COLUMNS = [str(field.column) for field in _FIELDS]
_WRITTEN = ", ".join(str(field.column) for field in _FIELDS if not field.generated)
# What moves change. All else that is written meanwhile stays as it is.
_MOVED = ("step_id", "state", "visit", "rounds", "arrived_at", "rest_until", "due_at", "ended_at", "end_reason")

# Behind a pooler the table outlives the program that made it. One with other columns is another table.
TABLE = f"journeys_afoot_{crc32(','.join([*_COLUMNS, 'is_new']).encode()):08x}"
_MAKE = f"""
CREATE TEMPORARY TABLE IF NOT EXISTS {TABLE} (
    LIKE journeys_enrollment INCLUDING CONSTRAINTS, is_new boolean NOT NULL DEFAULT false, PRIMARY KEY (id)
) WITH (fillfactor = 20) ON COMMIT DELETE ROWS
"""
# What whoever enters has here beside the columns that they are given, as pairs of a column and its value.
BEGINNING = {
    "id": "nextval((SELECT pg_get_serial_sequence('journeys_enrollment', 'id')::regclass))",
    "shard": f"hashint8(member_id) & {SHARDS - 1}",
    "is_new": "true",
}
_GATHER = f"""
INSERT INTO {TABLE} ({", ".join(_COLUMNS)}) SELECT {", ".join(f"due.{name}" for name in _COLUMNS)} FROM ({{due}}) due
ORDER BY member_id
RETURNING member_id
"""
_WRITE_BACK = f"""
WITH moved AS (
    UPDATE journeys_enrollment e SET {", ".join(f"{name} = a.{name}" for name in _MOVED)}
    FROM {TABLE} a
    WHERE e.id = a.id AND NOT a.is_new AND ({", ".join(f"e.{name}" for name in _MOVED)})
                          IS DISTINCT FROM ({", ".join(f"a.{name}" for name in _MOVED)})
    RETURNING e.id, e.state
),
begun AS (
    INSERT INTO journeys_enrollment ({_WRITTEN}) SELECT {_WRITTEN} FROM {TABLE} WHERE is_new ORDER BY member_id
)
SELECT id FROM moved WHERE state = 'ended' UNION ALL SELECT id FROM {TABLE} WHERE is_new AND state = 'ended'
"""
_LAND = f"""
WITH landing AS (DELETE FROM {TABLE} e WHERE e.is_new AND ({{chosen}}) RETURNING *)
INSERT INTO journeys_enrollment ({_WRITTEN}) SELECT {_WRITTEN} FROM landing
"""
_DUE = f"SELECT e.* FROM {TABLE} e WHERE e.state = 'live' AND e.due_at <= %(now)s"


def begin() -> None:
    """Make the table, and empty it of whom another batch of the same transaction left there."""
    execute(_MAKE, {})
    execute(f"DELETE FROM {TABLE}", {})


def land(chosen: Sql) -> None:
    """Write some who have just entered where they begin, and take them out: by a condition on the row `e`."""
    execute(_LAND.format(chosen=chosen.text), chosen.params)


def gather(span: Span) -> set[int]:
    """Take in whoever is due in the span beside those who have just entered; return their members."""
    due = span.due()
    return {member for (member,) in rows(_GATHER.format(due=due.text), due.params)}


def gather_anew(span: Span) -> set[int]:
    """Take in whoever is still due in the span, instead of who was; return their members."""
    execute(f"DELETE FROM {TABLE} WHERE NOT is_new", {})
    return gather(span)


def write_back() -> list[int]:
    """Bring the enrollments to where they have moved; return the ids of those that have ended there."""
    return [ended for (ended,) in rows(_WRITE_BACK, {})]


def due(span: Span) -> Sql:
    """Return the enrollments that are still due, whole rows."""
    return Sql(_DUE, {"now": span.now})


def due_at(span: Span, step_id: int) -> Sql:
    """Return the enrollments that are still due at one step, whole rows."""
    return Sql(f"{_DUE} AND e.step_id = %(step)s", {"now": span.now, "step": step_id})
