"""Makes a table that stands partitioned by month, for migrations: no row is copied, and live work waits for moments.

The old table becomes the first partition, for everything before a month that begins soon. So it takes two migrations:
`prepare`, outside of a transaction, builds and proves beside live work all that the other one needs; `convert` swaps.
Rows from beyond that month, as a till with a wrong clock sends them, wait beside the table in between; whatever is
recorded between the two migrations with such a time is refused, and may come again. In the database `id` alone is no
primary key any more, for that of a partitioned table contains the column of its months; one sequence gives the ids all
the same, and in Django's eyes nothing has changed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from members.partitions.tables import COLUMNS, month

_SOON = timedelta(days=15)  # between the two migrations, which follow one another, no row may come from beyond
_WAIT = "5s"  # then the migration gives up, so that nobody waits behind it, and is run again
_PREPARED = "_before_the_months"
_ODD = "_beyond_the_months"


def prepare(editor: BaseDatabaseSchemaEditor, table: str, column: str, now: datetime) -> None:
    """Build the index of the new primary key, and prove that all rows are from before a month that begins soon."""
    begins = month(now + _SOON, 1)
    with editor.connection.cursor() as cursor:
        columns = _columns(cursor, table)
        for statement in (
            f"SET lock_timeout = '{_WAIT}'",
            f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}{_PREPARED}",
            f"ALTER TABLE {table} ADD CONSTRAINT {table}{_PREPARED} CHECK ({column} < '{begins:%F %T}+00') NOT VALID",
            "SET lock_timeout = 0",
            f"CREATE TABLE IF NOT EXISTS {table}{_ODD} (LIKE {table} INCLUDING GENERATED)",
            f"""
            WITH odd AS (DELETE FROM {table} WHERE {column} >= '{begins:%F %T}+00' RETURNING {columns})
            INSERT INTO {table}{_ODD} ({columns}) SELECT {columns} FROM odd
            """,
            f"ALTER TABLE {table} VALIDATE CONSTRAINT {table}{_PREPARED}",
            f"DROP INDEX IF EXISTS {table}_past_pkey",
            f"CREATE UNIQUE INDEX CONCURRENTLY {table}_past_pkey ON {table} (id, {column})",
        ):
            cursor.execute(statement)


def convert(editor: BaseDatabaseSchemaEditor, table: str, column: str) -> None:
    """Put a partitioned table in the place of the old one, which becomes its first partition. In a transaction."""
    with editor.connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{_WAIT}'")
        cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        begins = _begins(cursor, table)
        indexes = _indexes(cursor, table)
        _put_aside(cursor, table, column, indexes)
        cursor.execute(
            f"CREATE TABLE {table} (LIKE {table}_past INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS"
            f" INCLUDING STORAGE) PARTITION BY RANGE ({column})"
        )
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}{_PREPARED}")
        _number_on(cursor, table, column)
        _constrain(cursor, table, indexes)
        cursor.execute(f"ALTER TABLE {table} ATTACH PARTITION {table}_past FOR VALUES FROM (MINVALUE) TO ('{begins}')")
        cursor.execute(f"ALTER TABLE {table}_past DROP CONSTRAINT {table}{_PREPARED}")
        cursor.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
        columns = _columns(cursor, table)
        cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table}{_ODD}")
        cursor.execute(f"DROP TABLE {table}{_ODD}")


def _columns(cursor: Any, table: str) -> str:
    cursor.execute(COLUMNS, {"table": table})
    return str(cursor.fetchone()[0])


def _begins(cursor: Any, table: str) -> str:
    """Return the month before which all rows are, as `prepare` proved it."""
    cursor.execute(
        """
        SELECT substring(pg_get_constraintdef(oid) FROM '''([^'']+)''') FROM pg_constraint
        WHERE conrelid = %s::regclass AND conname = %s AND convalidated
        """,
        [table, table + _PREPARED],
    )
    return str(cursor.fetchone()[0])


def _indexes(cursor: Any, table: str) -> list[tuple[str, str]]:
    """Return name and definition of the indexes that no constraint has."""
    cursor.execute(
        """
        SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = %s::regclass AND NOT i.indisprimary AND c.relname <> %s ORDER BY c.relname
        """,
        [table, f"{table}_past_pkey"],
    )
    return list(cursor.fetchall())


def _put_aside(cursor: Any, table: str, column: str, indexes: list[tuple[str, str]]) -> None:
    cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey")
    cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_past")
    cursor.execute(f"ALTER TABLE {table}_past ADD PRIMARY KEY USING INDEX {table}_past_pkey")
    cursor.execute(f"ALTER TABLE {table}_past ALTER id DROP IDENTITY")
    for name, _definition in indexes:
        cursor.execute(f"ALTER INDEX {name} RENAME TO {name}_past")


def _number_on(cursor: Any, table: str, column: str) -> None:
    """Give ids from where the old table had come; a column of identity needs PostgreSQL 17 in a partitioned table."""
    cursor.execute(f"CREATE SEQUENCE {table}_id_seq OWNED BY {table}.id")
    cursor.execute(
        f"SELECT setval('{table}_id_seq', COALESCE(given, 1), given IS NOT NULL) FROM (SELECT GREATEST("
        f"(SELECT max(id) FROM {table}_past), (SELECT max(id) FROM {table}{_ODD})) AS given) ids"
    )
    cursor.execute(f"ALTER TABLE {table} ALTER id SET DEFAULT nextval('{table}_id_seq')")
    cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY (id, {column})")


def _constrain(cursor: Any, table: str, indexes: list[tuple[str, str]]) -> None:
    """Give the new table the indexes and foreign keys of the old one, which then passes for a partition as it is."""
    for _name, definition in indexes:
        cursor.execute(definition)  # it was read while the old table bore this name
    cursor.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'",
        [f"{table}_past"],
    )
    for name, definition in cursor.fetchall():
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
