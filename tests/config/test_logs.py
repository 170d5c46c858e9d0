"""Lines of the log name tasks, messages and enrollments, as text or as JSON, and no personal data."""

import json
import logging
import sys
from collections.abc import Callable

import psycopg
import pytest
from django.db import Error, connection

from channels import delivery
from channels.models import Message
from config import logs
from config.logs import Json, WithoutPersonalData
from tests import cast as people
from tests.cast import NOW
from tests.channels.deliveries import REFUSED, Script, message, script, sender  # noqa: F401 - a fixture

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


@pytest.mark.django_db
def test_what_a_window_came_to_names_messages_and_enrollments(
    script: Script,  # noqa: F811
    caplog: pytest.LogCaptureFixture,
) -> None:
    carrier, (ann, ben) = sender(), people.crowd(2)
    script.will("m-0002@example.com", REFUSED)
    sent, refused = message(ann), message(ben)
    caplog.set_level(logging.INFO, "channels.logbook")
    running = logs.task.set(("channels.tasks.deliver", "1234"))
    delivery.deliver(carrier, NOW)
    told = [json.loads(Json().format(record)) for record in caplog.records]
    text = [WithoutPersonalData("%(levelname)s %(message)s").format(record) for record in caplog.records]
    logs.task.reset(running)
    common = {"logger": "channels.logbook", "task": "channels.tasks.deliver", "task_id": "1234"}
    by_state = {one["state"]: one for one in told}
    assert by_state["sent"].items() >= {**common, "level": "INFO", "sender": carrier.pk, "count": 1}.items()
    assert (by_state["sent"]["messages"], by_state["sent"]["enrollments"]) == ([sent.pk], [sent.origin_id])
    assert by_state["refused"].items() >= {**common, "level": "WARNING", "reason": "carrier_refused"}.items()
    assert by_state["refused"]["messages"] == [refused.pk]
    assert any(
        line.startswith("WARNING Messages came to refused. [task=channels.tasks.deliver task_id=1234 sender=")
        and line.endswith(f"enrollments={refused.origin_id} messages={refused.pk}]")
        for line in text
    )
    assert not any("example.com" in line for line in [*map(str, told), *text])
    assert Message.objects.filter(state="sent").count() == 1


def test_a_line_of_json_is_one_line_with_its_error_and_no_personal_data() -> None:
    said = "no such user: ann@example.com\nDETAIL: Anna"  # not in the line that raises, which a traceback repeats
    try:
        raise ValueError(said)
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "Call %s", ("+44 7700 900123",), sys.exc_info())
    record.journey, record.unknown = "of ann@example.com", "secret"
    line = Json().format(record)
    told = json.loads(line)
    assert "\n" not in line
    assert (told["level"], told["message"], told["journey"]) == ("ERROR", "Call <number>", "of <address>")
    assert told["error"].startswith("Traceback")
    assert not any(word in line for word in ("ann@", "Anna", "7700 9", "secret"))
    assert told["at"].endswith("+00:00")
