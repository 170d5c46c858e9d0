"""Limits of the database: copies of tables with all their indexes and constraints, and the same rows put into them.

What a workload did is held against what PostgreSQL alone takes for the same rows, by COPY, INSERT … SELECT or UPDATE.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from django.db import connection, transaction

from benchmarks.measuring import timed
from members.sql import execute, rows

PREFIX = "bare_"

_FOREIGN = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %(table)s::regclass AND contype = 'f'
"""
_COLUMNS = """
SELECT column_name FROM information_schema.columns
WHERE table_name = %(table)s AND table_schema = 'public' AND is_generated = 'NEVER' ORDER BY ordinal_position
"""


def clone(*tables: str, full: bool = False, foreign: bool = True) -> None:
    """Make empty copies of tables, in place of former ones, with their indexes and checks.

    With `full` they hold the same rows; with `foreign` they have the foreign keys too, those between them included.
    """
    for table in tables:
        execute(f"DROP TABLE IF EXISTS {PREFIX}{table} CASCADE", {})
    for table in tables:
        execute(f"CREATE TABLE {PREFIX}{table} (LIKE {table} INCLUDING ALL EXCLUDING IDENTITY)", {})
        if full:
            listed = ", ".join(columns(table))
            execute(f"INSERT INTO {PREFIX}{table} ({listed}) SELECT {listed} FROM {table}", {})
    for table in tables if foreign else ():
        _refer(table, tables)


def drop(*tables: str) -> None:
    """Drop the copies."""
    for table in tables:
        execute(f"DROP TABLE IF EXISTS {PREFIX}{table} CASCADE", {})


def _refer(table: str, cloned: Sequence[str]) -> None:
    """Add a table's foreign keys to its copy; those between copied tables lead to the copies."""
    for name, definition in rows(_FOREIGN, {"table": table}):
        for other in cloned:
            definition = definition.replace(f" REFERENCES {other}(", f" REFERENCES {PREFIX}{other}(")  # noqa: PLW2901
        execute(f"ALTER TABLE {PREFIX}{table} ADD CONSTRAINT {name} {definition}", {})


def columns(table: str) -> list[str]:
    """Return the columns of a table that are not computed."""
    return [name for (name,) in rows(_COLUMNS, {"table": table})]


# Of what an import stored so much is copied: the rest would take minutes and tell nothing new. The copy's indexes stay
# smaller than the import's, which favours the limit.
SHARE = 3


def sample(table: str, last: int, column: str = "id") -> str:
    """Return the condition for the first SHARE-th of the ids that a table has got after this one."""
    return f"{column} > {last} AND {column} <= {last + (last_id(table) - last) // SHARE}"


def last_id(table: str) -> int:
    """Return the largest id of a table, 0 where it is empty."""
    return int(rows(f"SELECT COALESCE(max(id), 0) FROM {table}", {})[0][0])


def dump(chosen: Mapping[str, str], folder: Path) -> dict[str, Path]:
    """Write the rows of tables that fulfil a condition to files, as COPY reads them; return the files by table."""
    found = {}
    for table, condition in chosen.items():
        found[table] = folder / f"{table}.copy"
        text = f"COPY (SELECT {', '.join(columns(table))} FROM {table} WHERE {condition}) TO STDOUT"
        with found[table].open("wb") as file, connection.cursor() as cursor, cursor.cursor.copy(text.encode()) as copy:
            for block in copy:
                file.write(block)
    return found


def copied(files: Mapping[str, Path]) -> float:
    """Copy files into the copies of their tables, in one transaction; return the seconds that it took."""
    return timed(lambda: _copy(files))


@transaction.atomic
def _copy(files: Mapping[str, Path]) -> None:
    for table, path in files.items():
        text = f"COPY {PREFIX}{table} ({', '.join(columns(table))}) FROM STDIN"
        with path.open("rb") as file, connection.cursor() as cursor, cursor.cursor.copy(text.encode()) as copy:
            while block := file.read(1 << 20):
                copy.write(block)
