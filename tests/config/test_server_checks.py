"""Servers of one's own are checked before work begins."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from config import broker as brokers
from config import database
from config.embedded.errors import ServerError
from config.embedded.home import Home


@pytest.fixture
def mute() -> Iterator[str]:
    """The address of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def refusal(check: Callable[[Any], None], server: object) -> str:
    """Return the sentence with which a server is refused, empty if it is taken."""
    try:
        check(server)
    except ServerError as error:
        return str(error)
    return ""


@pytest.mark.django_db
def test_the_database_of_the_tests_is_good() -> None:
    assert refusal(database.check, connection.settings_dict) == ""


@pytest.mark.django_db
def test_a_database_that_is_too_old_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "OLDEST", 99)
    with pytest.raises(ServerError, match=r"DATABASE_URL: this is PostgreSQL [0-9]+; Chorale needs 99 or newer"):
        database.check(connection.settings_dict)


@pytest.mark.django_db
def test_a_database_that_is_not_there_is_named() -> None:
    with pytest.raises(ServerError, match=r'DATABASE_URL: .* database "nowhere" does not exist'):
        database.check({**connection.settings_dict, "NAME": "nowhere"})


def test_the_broker_of_the_tests_is_good(broker: str) -> None:
    assert refusal(brokers.check, broker) == ""


@pytest.mark.parametrize("scheme", ["redis", "rediss", "amqp"])
def test_a_broker_that_says_nothing_is_not_waited_for(scheme: str, mute: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brokers, "TIMEOUT", 1)
    with pytest.raises(ServerError, match="BROKER_URL: the broker cannot be reached") as caught:
        brokers.check(f"{scheme}://user:open-sesame@{mute}/")
    assert "open-sesame" not in str(caught.value)


def test_a_database_that_says_nothing_is_not_waited_for(mute: str) -> None:
    parts = database.settings(f"postgresql://u:open-sesame@{mute}/d?connect_timeout=2", Home(Path("/nowhere")))
    with pytest.raises(ServerError, match="DATABASE_URL: PostgreSQL cannot be reached") as caught:
        database.check(parts)
    assert "open-sesame" not in str(caught.value)


def test_what_libpq_understands_may_follow_the_url() -> None:
    found = database.settings("postgresql://u:p%40ss@h1:1/d?sslmode=require&application_name=c", Home(Path("/nowhere")))
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"]) == (
        "u",
        "p@ss",
        "h1",
        "1",
        "d",
    )
    assert found["OPTIONS"] == {"sslmode": "require", "application_name": "c"}
