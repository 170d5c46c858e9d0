"""Beat outlives a database that goes away, and sends looks where they find something."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import OperationalError
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from config.beat import LOOKS, SIGN_OF_LIFE, Scheduler
from config.celery import app
from config.watch import health
from members import pulses
from members.models import News
from tests import cast
from tests.cast import NOW
from tests.channels import outbox
from tests.channels.deliveries import message

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scheduler closes old connections, and so the one that holds the test's transaction."""
    monkeypatch.setattr("django_celery_beat.schedulers.close_old_connections", lambda: None)


def names(scheduler: Scheduler) -> set[str]:
    """What is scheduled, of Chorale's own."""
    return {name for name in scheduler.schedule if name.startswith("journeys.")}


def test_beat_goes_on_with_its_schedule_while_the_database_is_away_and_reads_the_new_one_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scheduler = Scheduler(app=app)
    known = names(scheduler)
    assert "journeys.tasks.look" in known
    PeriodicTask.objects.filter(name="journeys.tasks.look").update(enabled=False)

    def away() -> list[PeriodicTask]:
        raise OperationalError("terminating connection due to administrator command")

    monkeypatch.setattr(scheduler, "schedule_changed", lambda: True)
    with monkeypatch.context() as gone:
        gone.setattr(scheduler, "enabled_models", away)
        assert names(scheduler) == known
    monkeypatch.setattr(scheduler, "schedule_changed", lambda: False)
    assert names(scheduler) == known - {"journeys.tasks.look"}


def test_a_beat_that_starts_while_the_database_is_away_says_why_and_begins_once_it_is_back(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away() -> list[PeriodicTask]:
        raise OperationalError("connection refused")

    with monkeypatch.context() as gone:
        gone.setattr(Scheduler, "enabled_models", lambda _self: away())
        gone.setattr("django_celery_beat.schedulers.ModelEntry.from_entry", lambda *_args, **_fields: away())
        scheduler = Scheduler(app=app)
        assert 0 < scheduler.tick() <= scheduler.max_interval
        assert names(scheduler) == set()
    assert "sends nothing until it can: connection refused" in caplog.text
    monkeypatch.setattr(scheduler, "apply_entry", lambda entry, producer=None: None)
    scheduler.tick()
    assert "journeys.tasks.look" in names(scheduler)
    assert any(event.entry.name == "journeys.tasks.look" for event in scheduler._heap)
    scheduler.sync()  # else it is tried when the program ends, and the database is gone


class Sent(list[str]):
    """The tasks that a scheduler sent, which none of these tests hands to a broker."""


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """What the parent would send."""
    found = Sent()
    monkeypatch.setattr("config.beat.close_old_connections", lambda: None)
    monkeypatch.setattr(DatabaseScheduler, "apply_entry", lambda _self, entry, producer=None: found.append(entry.task))
    return found


@pytest.mark.parametrize("task", sorted(LOOKS))
def test_a_look_that_would_find_nothing_is_sent_as_a_sign_of_life_alone(
    sent: Sent, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    scheduler = Scheduler(app=app)
    now = [1_000.0]
    monkeypatch.setattr("config.beat.time.monotonic", lambda: now[0])
    for _second in range(30):
        scheduler.apply_entry(scheduler.schedule[task])
        now[0] += 1.0
    assert sent == [task] * 3
    assert timedelta(seconds=SIGN_OF_LIFE) + timedelta(seconds=pulses.EVERY) < health.SILENT


def test_a_look_that_finds_something_is_sent_every_second(sent: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.beat.clock.now", lambda: NOW)
    outbox.sender("email")
    ada, scheduler = cast.ada(), Scheduler(app=app)
    message(ada, outbox.content(), channels=["email"])
    News.objects.create(member=ada, topic="profile", recorded_at=NOW)
    for _second in range(3):
        for task in sorted(LOOKS):
            scheduler.apply_entry(scheduler.schedule[task])
    assert sent == sorted(LOOKS) * 3


def test_beat_that_cannot_ask_leaves_it_to_the_workers(sent: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_now: datetime) -> bool:
        raise OperationalError("terminating connection due to administrator command")

    scheduler = Scheduler(app=app)
    monkeypatch.setattr("config.beat.LOOKS", dict.fromkeys(LOOKS, away))
    for _second in range(3):
        scheduler.apply_entry(scheduler.schedule["journeys.tasks.look"])
    assert len(sent) == 3


def test_everything_else_is_sent_whenever_it_is_due(sent: Sent) -> None:
    scheduler = Scheduler(app=app)
    for _time in range(3):
        scheduler.apply_entry(scheduler.schedule["channels.tasks.recover"])
    assert sent == ["channels.tasks.recover"] * 3
