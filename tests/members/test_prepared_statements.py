"""Statements that come again and again are planned once for a connection, where that is allowed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from psycopg import Connection

from members.sql import prepared, rows

pytestmark = pytest.mark.django_db

ADDED = "SELECT %(one)s::int + %(two)s::int WHERE '%%' <> ''"


@pytest.fixture
def without() -> Iterator[None]:
    """A connection whose pooler passes no prepared statements on, as CHORALE_PREPARED_STATEMENTS=no makes it."""
    bare: Connection = connection.connection
    bare.prepare_threshold, kept = None, bare.prepare_threshold
    yield
    bare.prepare_threshold = kept


def known() -> int:
    """How many statements the server knows of this text."""
    return int(rows("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT $1::int + %%'", {})[0][0])


def test_a_statement_is_prepared_at_once_and_planned_once(db: None) -> None:
    assert [prepared(ADDED, {"one": each, "two": 1}) for each in range(10)] == [[(each + 1,)] for each in range(10)]
    assert known() == 1


def test_a_statement_that_yields_nothing_gives_no_rows(db: None) -> None:
    assert prepared("SET LOCAL work_mem = '8MB'", {}) == []


def test_nothing_is_prepared_where_a_pooler_would_not_pass_it_on(db: None, without: None) -> None:
    assert prepared(ADDED, {"one": 2, "two": 3}) == [(5,)]
    assert known() == 0


def test_a_prepared_statement_is_seen_by_whoever_watches_queries(db: None) -> None:
    with CaptureQueriesContext(connection) as seen:
        prepared(ADDED, {"one": 2, "two": 3})
    assert len(seen) == 1
