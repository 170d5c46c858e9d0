"""Personal data stays out of the logs."""

import logging
import sys
from collections.abc import Callable

import psycopg
import pytest
from django.db import Error, connection

from config.logs import WithoutPersonalData

SECRET = "Anna Müller\n\nborn in Bern"


def logged(message: str, *arguments: object) -> str:
    """Return the line for a message, with the exception that is being handled."""
    handled = sys.exc_info() if sys.exception() else None
    record = logging.LogRecord("x", logging.ERROR, "", 0, message, arguments, handled)
    return WithoutPersonalData("%(levelname)s %(message)s").format(record)


def copied(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE short (name varchar(3) NOT NULL, number int UNIQUE)")
        with cursor.copy("COPY short (name) FROM STDIN") as copy:
            copy.write_row((value,))


def doubled(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE names (name text UNIQUE)")
        cursor.execute("INSERT INTO names VALUES (%s), (%s)", [value, value])


def cast(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT CAST(%s::text AS date)", [value])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "value", "words"),
    [
        (copied, SECRET, "value too long for type character varying(3)"),
        (doubled, SECRET, "duplicate key value violates unique constraint"),
        (cast, "Anna Bern", "invalid input syntax for type date: <left out>"),
    ],
)
def test_what_postgresql_repeats_of_a_row_is_left_out(statement: Callable[[str], None], value: str, words: str) -> None:
    try:
        statement(value)
    except (Error, psycopg.Error):
        line = logged("It failed.")
    assert words in line
    assert "Anna" not in line
    assert "Bern" not in line


def test_addresses_and_numbers_are_left_out() -> None:
    line = logged("Refused %s at %s, task 42", "ann@example.com", "+44 7700 900123")
    assert line == "ERROR Refused <address> at <number>, task 42"
