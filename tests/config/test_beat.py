"""Beat outlives a database that goes away."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django_celery_beat.models import PeriodicTask

from config.beat import Scheduler
from config.celery import app

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


def test_beat_without_a_first_schedule_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> list[PeriodicTask]:
        raise OperationalError("connection refused")

    monkeypatch.setattr(Scheduler, "enabled_models", lambda _self: away())
    with pytest.raises(OperationalError, match="refused"):
        Scheduler(app=app)
