"""Which days the demo shows: the log's days moved by whole days, so that the last one was yesterday at first load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from journeys.demo.dataset import Bought
from journeys.models import Playback

LENGTH = timedelta(days=28)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Days:
    """The play begins at `start` and ends at `end`, both midnight in UTC; `end` follows the last purchase's day."""

    shift: timedelta
    start: datetime
    end: datetime

    def moved(self, log: Sequence[Bought]) -> list[Bought]:
        """Return the log with its days moved."""
        return [replace(bought, day=bought.day + self.shift) for bought in log]


def days(log: Sequence[Bought], now: datetime) -> Days:
    """Return the days of this database; the first call decides them and has the database remember."""
    last = max(bought.day for bought in log)
    yesterday = now.astimezone(UTC).date() - _DAY
    playback, _ = Playback.objects.get_or_create(pk=1)
    if playback.shift_days is None:
        playback.shift_days = (yesterday - last).days
        playback.save(update_fields=["shift_days"])
    shift = playback.shift_days * _DAY
    end = _midnight(last + shift + _DAY)
    return Days(shift, end - LENGTH, end)


def loaded() -> bool:
    """Say whether the purchases before the play are in the database."""
    return Playback.objects.filter(pk=1, loaded_at__isnull=False).exists()


def note_loaded(now: datetime) -> None:
    """Remember that they are."""
    Playback.objects.filter(pk=1).update(loaded_at=now)


def is_demo() -> bool:
    """Say whether this database holds the demo, or as much of it as was loaded before it was interrupted."""
    return Playback.objects.filter(pk=1, shift_days__isnull=False).exists()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
