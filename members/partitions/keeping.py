"""Keeps the partitions: those of the next months are made ahead, and what is over its time goes."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from django.db import OperationalError, ProgrammingError, connection, transaction

from members.partitions.tables import COLUMNS, Partitioned, month, registered
from members.sql import execute, rows

AHEAD = 3  # months
BATCH = 50_000  # rows that one statement deletes from a partition that is over only in part
ROUNDS = 20  # of these a run; the next one goes on
# Making and dropping a partition needs the table for a moment. While it waits for that, others wait behind it.
WAIT = "2s"
_KEY = 0x50_61_72_74  # of the advisory lock; any constant that nobody else uses

_PARTITIONS = """
SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = %(table)s::regclass ORDER BY c.relname
"""
_BOUNDS = re.compile(r"FOR VALUES FROM \((?:'(?P<begins>[^']+)'|MINVALUE)\) TO \('(?P<ends>[^']+)'\)")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Partition:
    """A partition and its time; that of the first one has no begin. The default one, for odd dates, has neither."""

    name: str
    begins: datetime | None = None
    ends: datetime | None = None


def partitions(table: str) -> Sequence[Partition]:
    """Return the partitions of a table, by their time; the default one comes first.

    Without bounds is what somebody drops right now.
    """
    found = [Partition(name, *_bounds(bound)) for name, bound in rows(_PARTITIONS, {"table": table}) if bound]
    return sorted(found, key=lambda one: one.ends or datetime.min.replace(tzinfo=UTC))


def keep(now: datetime) -> Sequence[str]:
    """Make what is missing up to AHEAD months, drop what is over its time, and say in sentences what was done.

    A table that is too busy is left to the next run, and said. Two at once do no harm: the second finds nothing to do.
    """
    done = [sentence for each in registered() for sentence in (*_make(each, now), *_forget(each, now))]
    for each in registered():
        _survey(each)
    return done


def _survey(table: Partitioned) -> None:
    """Have the planner know a table as a whole: autovacuum sees to its partitions alone."""
    only = "ONLY " if connection.get_database_version() >= (18,) else ""  # before, its partitions are surveyed with it
    rows(f"ANALYZE {only}{table.table}", {})


def _make(table: Partitioned, now: datetime) -> Iterator[str]:
    ends = [one.ends for one in partitions(table.table) if one.ends]
    begins = max(ends, default=month(now))
    while begins <= month(now, AHEAD):
        name = f"{table.table}_{begins:%Y_%m}"
        moved = _tried(table, partial(_add, table, name, begins))
        if moved is None:
            yield f"{table.table} is busy; {name} is made by the next run."
            return
        yield f"{name} was made" + (f", and {moved} rows of that time were moved into it." if moved else ".")
        begins = month(begins, 1)


def _add(table: Partitioned, name: str, begins: datetime) -> int:
    """Add the partition of a month, and move into it what the default one had got of that time; return how many.

    Under the lock, whoever came second finds it made.
    """
    if any(one.name == name for one in partitions(table.table)):
        return 0
    _alone(table)
    bounds = {"begins": begins, "ends": month(begins, 1)}
    [(columns,)] = rows(COLUMNS, {"table": table.table})
    odd, within = f"{table.table}_default", f"{table.column} >= %(begins)s AND {table.column} < %(ends)s"
    rows(f"LOCK TABLE {odd} IN ACCESS EXCLUSIVE MODE", {})
    execute(f"CREATE TEMPORARY TABLE odd ON COMMIT DROP AS SELECT {columns} FROM {odd} WHERE {within}", bounds)
    execute(f"DELETE FROM {odd} WHERE {within}", bounds)
    rows(f"CREATE TABLE {name} PARTITION OF {table.table} FOR VALUES FROM (%(begins)s) TO (%(ends)s)", bounds)
    moved = execute(f"INSERT INTO {table.table} ({columns}) SELECT {columns} FROM odd", {})
    rows("DROP TABLE odd", {})
    return moved


def _forget(table: Partitioned, now: datetime) -> Iterator[str]:
    """Drop the partitions that are over; rows of odd dates, and of a first partition with many years, are deleted."""
    horizon = table.horizon(now)
    if horizon is None:
        return
    for one in partitions(table.table):
        if one.ends and one.ends <= horizon:
            if table.parts and _delete(table, one.name, horizon) == BATCH * ROUNDS:
                yield f"{one.name} has more rows than go at once; the next run goes on."
                continue
            gone = _tried(table, partial(_drop, table, one.name))
            yield (
                f"{one.name} was dropped."
                if gone is not None
                else f"{one.name} is busy; it is dropped by the next run."
            )
        elif one.begins is None and (deleted := _delete(table, one.name, horizon)):
            yield f"{deleted} rows of before {horizon:%Y-%m-%d} were deleted from {one.name}."


def _drop(table: Partitioned, name: str) -> int:
    """Drop a partition, and the parts of what came late into it."""
    if table.parts:
        _alone(table)  # before it is asked for: by this the session learns what others dropped while it waited
        if rows("SELECT to_regclass(%(name)s)", {"name": name}) != [(None,)]:
            rows(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE", {})
            execute(f"DELETE FROM {table.parts} WHERE {table.parts_of} IN (SELECT id FROM {name})", {})
    return execute(f"DROP TABLE IF EXISTS {name}", {})


def _alone(table: Partitioned) -> None:
    """Lock a table itself before any of its partitions, as everybody else does: else they wait for each other."""
    rows(f"LOCK TABLE ONLY {table.table} IN ACCESS EXCLUSIVE MODE", {})


def _delete(table: Partitioned, name: str, horizon: datetime) -> int:
    """Delete in short statements, a bounded number of them; return how many rows. Their parts go with them.

    Another run may drop the partition meanwhile.
    """
    parts = f", parts AS (DELETE FROM {table.parts} x USING gone WHERE x.{table.parts_of} = gone.id)"
    text = f"""
        WITH gone AS (
            DELETE FROM {name}
            WHERE ctid = ANY(ARRAY(SELECT ctid FROM {name} WHERE {table.column} < %(horizon)s LIMIT {BATCH}))
            RETURNING id
        ){parts if table.parts else ""}
        SELECT count(*) FROM gone
    """
    total = 0
    for _round in range(ROUNDS):
        try:
            with transaction.atomic():
                [(deleted,)] = rows(text, {"horizon": horizon})
        except ProgrammingError as error:
            if getattr(error.__cause__, "sqlstate", "") != "42P01":
                raise
            break
        total += deleted
        if deleted < BATCH:
            break
    return total


def _tried(table: Partitioned, change: Callable[[], int]) -> int | None:
    """Make one change to a table in a transaction, alone; return what it returns, None where the table is too busy."""
    try:
        with transaction.atomic():
            rows("SELECT set_config('lock_timeout', %(wait)s, true)", {"wait": WAIT})
            rows("SELECT pg_advisory_xact_lock(%(key)s)", {"key": _KEY})
            return change()
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "55P03":
            raise
        log.warning("%s was in use for longer than %s; the next run tries again.", table.table, WAIT)
        return None


def _bounds(bound: str) -> tuple[datetime | None, datetime | None]:
    found = _BOUNDS.match(bound)
    if not found:
        return None, None
    begins, ends = found["begins"], found["ends"]
    return (datetime.fromisoformat(begins) if begins else None), datetime.fromisoformat(ends)
