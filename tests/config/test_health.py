"""Orchestrators ask whether a process lives and whether it can work; a sentence says what is wrong, and no more."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from celery import Celery
from django.db import OperationalError, connection
from django.test import Client, override_settings

from channels.models import Sender
from config.watch import health
from members import clock, pulses
from members.models import Pulse
from tests.channels import outbox

pytestmark = pytest.mark.django_db
STRANGER = {"Host": "10.3.2.1:8000"}  # an orchestrator knows no name of the site


def wrong() -> dict[str, str]:
    """What a probe reports now, by check."""
    return {check.name: check.wrong for check in health.ready(clock.now()) if check.wrong}


@pytest.fixture
def at_work(broker: str) -> Iterator[None]:
    """A broker of one's own, and looks that have just been taken."""
    pulses.note([(Pulse.Kind.TASK, name) for name in health.LOOKS], clock.now())
    with override_settings(CELERY_BROKER_URL=broker):
        yield


def test_all_is_well_and_a_probe_needs_neither_name_nor_https_nor_session(at_work: None, client: Client) -> None:
    with override_settings(ALLOWED_HOSTS=["chorale.example"], SECURE_SSL_REDIRECT=True):
        lives, works = client.get("/healthz", headers=STRANGER), client.get("/readyz", headers=STRANGER)
        assert client.get("/login/", headers=STRANGER).status_code != 200
    assert (lives.status_code, lives.content) == (200, b"ok\n")
    words = "ready\ndatabase: ok\nmigrations: ok\nbroker: ok\nworkers: ok\nbeat: ok\nsenders: ok\n"
    assert (works.status_code, works.content.decode()) == (200, words)
    assert client.get("/readyz?format=json").json()["checks"]["beat"] == "ok"
    assert client.get("/healthz", headers={"Accept": "application/json"}).json() == {"status": "ok"}
    assert client.post("/readyz").status_code == 405
    assert "no-store" in works["Cache-Control"]


def test_a_migration_that_is_missing_makes_it_unready(at_work: None, client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'members' AND name LIKE '0001%%'")
    found = client.get("/readyz", {"format": "json"})
    assert (found.status_code, found.json()["status"]) == (503, "not ready")
    assert found.json()["checks"]["migrations"] == "1 migration is not applied; run manage.py migrate."


def test_a_broker_that_is_away_is_said_and_not_where_it_is(at_work: None, client: Client) -> None:
    with override_settings(CELERY_BROKER_URL="redis://:s3cret@127.0.0.1:1/0"):
        found = client.get("/readyz")
    assert found.status_code == 503
    assert b"broker: The broker cannot be reached" in found.content
    assert not any(word in found.content for word in (b"s3cret", b"127.0.0.1"))
    assert client.get("/healthz").status_code == 200


def test_silence_is_the_workers_fault_where_tasks_wait_and_else_that_of_beat(at_work: None, broker: str) -> None:
    Pulse.objects.filter(name=health.LOOKS[1]).update(at=clock.now() - health.SILENT - timedelta(seconds=1))
    assert list(wrong()) == ["beat"]
    Celery(broker=broker, set_as_current=False).send_task("journeys.tasks.look", queue="chorale")
    assert list(wrong()) == ["workers"]
    pulses.note([(Pulse.Kind.TASK, health.LOOKS[1])], clock.now())
    assert wrong() == {}


def test_what_is_wrong_elsewhere_leaves_a_process_in_service(at_work: None, client: Client) -> None:
    """The web server can redeem offers all the same; who watches the whole asks strictly."""
    sender = outbox.sender("email", failing_since=clock.now(), failing_words="550 ann@example.com has no account")
    found = client.get("/readyz")
    assert (found.status_code, found.content.splitlines()[0]) == (200, b"degraded")
    assert b"senders: 1 sender fails;" in found.content
    assert b"example.com" not in found.content
    assert client.get("/readyz?strict").status_code == 503
    Sender.objects.filter(pk=sender.pk).update(active=False)
    assert wrong() == {}


def test_a_database_that_is_away_is_said_and_nothing_more_is_asked_of_it(at_work: None) -> None:
    """In a thread, which has a connection of its own."""
    place = connection.settings_dict
    before, place["HOST"] = place["HOST"], "/nowhere/secret"
    try:
        with ThreadPoolExecutor(1) as thread:
            found, lives = thread.map(Client().get, ["/readyz", "/healthz"])
    finally:
        place["HOST"] = before
    assert (found.status_code, lives.status_code) == (503, 200)
    words = (
        b"not ready\ndatabase: The database cannot be reached; make sure that it runs and that DATABASE_URL is right."
    )
    assert found.content == words + b"\nbroker: ok\n"


def test_a_database_that_takes_connections_and_says_nothing_is_away_within_seconds(at_work: None) -> None:
    """As a server that is frozen, or one behind a balancer that has lost it. In a thread, as above."""
    place = connection.settings_dict
    before = dict(place)
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(1) as thread:
        place.update(HOST="127.0.0.1", PORT=str(silent.getsockname()[1]))
        try:
            found = thread.submit(Client().get, "/readyz").result(10)
        finally:
            place.update(before)
            silent.shutdown(socket.SHUT_RDWR)
    assert found.status_code == 503
    assert b"database: The database cannot be reached" in found.content


def test_a_database_that_goes_away_between_two_checks_is_away(at_work: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_asked: object) -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(health, "_senders", gone)
    assert list(wrong()) == ["database"]


def test_a_pulse_never_goes_back_and_those_long_gone_are_forgotten() -> None:
    now = clock.now()
    pulses.note([(Pulse.Kind.HOST, "gone")], now - timedelta(days=2))
    pulses.note([(Pulse.Kind.HOST, "here"), (Pulse.Kind.TASK, "look")], now)
    pulses.note([(Pulse.Kind.HOST, "here")], now - timedelta(seconds=9))
    assert pulses.last(Pulse.Kind.HOST) == {"here": now}
    assert pulses.last(Pulse.Kind.TASK) == {"look": now}
