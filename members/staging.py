"""Rows from Python made into a relation that one statement can work on.

Few rows travel as arrays in the parameters; many are copied into a temporary table, which costs the catalogue some rows
and pays off from some dozens of rows on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from members.sql import Sql, execute

FEW = 50


def given(columns: Mapping[str, str], values: Sequence[Sequence[Any]]) -> Sql:
    """Return a SELECT of these rows, which travel in its parameters, one a column. `columns`: name → SQL type."""
    listed = ", ".join(columns)
    arrays = ", ".join(f"%({name})s::{kind}[]" for name, kind in columns.items())
    params = {name: [row[place] for row in values] for place, name in enumerate(columns)}
    return Sql(f"SELECT {listed} FROM unnest({arrays}) AS given({listed})", params)


def staged(name: str, columns: Mapping[str, str], values: Sequence[Sequence[Any]]) -> Sql:
    """Return a SELECT of these rows: few of them as `given`, more from a temporary table of this name.

    Called within a transaction, which drops the table; a second call in it with the same name replaces the rows.
    """
    if len(values) <= FEW:
        return given(columns, values)
    listed = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} ({listed}) ON COMMIT DROP; TRUNCATE pg_temp.{name}", {})
    with connection.cursor() as cursor, cursor.cursor.copy(f"COPY pg_temp.{name} FROM STDIN") as copy:
        for row in values:
            copy.write_row(row)
    return Sql(f"SELECT * FROM pg_temp.{name}")
