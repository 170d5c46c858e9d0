"""A piece of SQL with its named parameters, composable without clashing names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connection
from psycopg.types.datetime import TimestamptzLoader

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True)
class Sql:
    """`text` uses `%(name)s` placeholders, `params` holds a value for each; a literal percent sign is written `%%`."""

    text: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def prefixed(self, prefix: str) -> Sql:
        """Return the same piece with every parameter renamed to `prefix + name`, so that two can stand side by side."""
        text = _PLACEHOLDER.sub(lambda found: f"%({prefix}{found[1]})s", self.text)
        return Sql(text, {prefix + name: value for name, value in self.params.items()})


def joined(separator: str, pieces: Iterable[Sql], *, prefix: str) -> Sql:
    """Join pieces with a separator; the n-th piece's parameters become `{prefix}{n}_{name}`."""
    renamed = [piece.prefixed(f"{prefix}{number}_") for number, piece in enumerate(pieces)]
    params = {name: value for piece in renamed for name, value in piece.params.items()}
    return Sql(separator.join(piece.text for piece in renamed), params)


def listed(ids: Iterable[int]) -> str:
    """Return whole numbers as PostgreSQL reads an array of them; a list would be searched, one by one, for quotes."""
    return "{" + ",".join(map(str, ids)) + "}"


def rows(text: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Execute a statement and return its rows, an empty list for one that returns none."""
    with connection.cursor() as cursor:
        _read_quickly(cursor)
        cursor.execute(text, dict(params))
        return cursor.fetchall() if cursor.description else []


def _read_quickly(cursor: Any) -> None:
    """Have instants read by psycopg's own reader. Django's is written in Python, which took 4 µs for each."""
    cursor.adapters.register_loader("timestamptz", TimestamptzLoader)


def execute(text: str, params: Mapping[str, Any]) -> int:
    """Execute a statement and return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(text, dict(params))
        return int(cursor.rowcount)


def prepared(text: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Do as `rows` does, for a statement that comes again and again: each connection has it planned once.

    Its text must always be the same, and one plan good for whatever its parameters are. PostgreSQL plans anew where it
    thinks that better, and so it does each time with `CHORALE_PREPARED_STATEMENTS=no`.
    """
    if connection.queries_logged:
        return rows(text, params)  # whoever watches wants to read the parameters in their places
    connection.ensure_connection()
    bare: Any = psycopg.Cursor(connection.connection)  # Django's own binds the parameters before it sends the text
    with connection.make_cursor(bare) as cursor:
        _read_quickly(cursor)
        cursor.execute(text, dict(params))
        return cursor.fetchall() if cursor.description else []
