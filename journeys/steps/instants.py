"""The instant that a wait ends at, for one zone and date: times of day, windows, dates and their returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from channels import quiet
from journeys.steps import dates
from journeys.steps.base import StepText
from members import zones
from members.rules.given import as_date

DEFAULT_TIME = "09:00"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MOMENT = timedelta(microseconds=1)
_DAY = timedelta(days=1)
# The window of the day before yesterday may be open yet where a day is missing; the next one comes within a week, or
# within two where the clocks skip it.
_AROUND = range(-2, 16)


@dataclass(frozen=True)
class Asked:
    """What an instant depends on: a zone, a date as text, and whether this is a further visit."""

    zone: ZoneInfo
    given: str
    again: bool


Until = Callable[[Asked], datetime | None]


def until(settings: StepText, now: datetime) -> Until:
    """Return how a wait's end is found for whoever arrives `now`; None means that the member has no such date."""
    if "local_time" in settings:
        at = time.fromisoformat(settings["local_time"])
        # Who comes round once more waits for the next day's time, however quick the way round was.
        return lambda asked: zones.next_local(asked.zone, now + _MOMENT if asked.again else now, at)
    if "window" in settings:
        return lambda asked: next_open(settings["window"], asked.zone, now)
    at = time.fromisoformat(settings.get("at", DEFAULT_TIME))
    if "until_date" in settings:
        day = date.fromisoformat(settings["until_date"])
        return lambda asked: zones.first_instant(asked.zone, day, at)
    dated = settings.get("member_date") or settings["fact_date"]
    offset = timedelta(days=dated.get("offset_days", 0))
    after = now if dates.returns(settings) else None
    return lambda asked: _dated(asked, offset, at, after)


def next_open(window: StepText, zone: ZoneInfo, now: datetime) -> datetime:
    """Return the first instant not before `now` that lies in a weekly window, `now` itself where it is open.

    A window belongs to the day on which it opens; one that ends no later than it begins lasts into the next day. Of an
    hour that the clocks show twice, openings take the first and closings the second; what they skip altogether is not
    there on that day.
    """
    days = {WEEKDAYS.index(day) for day in window.get("days", WEEKDAYS)}
    opens, closes = (time.fromisoformat(window.get(name, "00:00")) for name in ("from", "until"))
    today = now.astimezone(zone).date()
    for ahead in _AROUND:
        day = today + ahead * _DAY
        if day.weekday() in days and zones.exists(zone, day):
            opening, closing = quiet.window(zone, day, opens, closes)
            if now < closing and opening < closing:
                return max(now, opening)
    raise ValueError(f"The window {window} never opens in {zone}.")


def local_days(zone: ZoneInfo, utc_day: str) -> list[tuple[date, datetime, datetime]]:
    """Return the local days that overlap a day in UTC, each with its first instant and that of the next day."""
    middle = date.fromisoformat(utc_day)
    begins = datetime.combine(middle, time.min, UTC)
    around = [middle + ahead * _DAY for ahead in (-1, 0, 1)]
    first, after = ([zones.first_instant(zone, day + ahead, time.min) for day in around] for ahead in (0 * _DAY, _DAY))
    spans = zip(around, first, after, strict=True)
    return [span for span in spans if max(begins, span[1]) < min(begins + _DAY, span[2])]


def _dated(asked: Asked, offset: timedelta, at: time, returns_after: datetime | None) -> datetime | None:
    """Return when a date comes: its next return if it returns, else the date itself; None for no date."""
    day = _day(asked.given)
    if day is None:
        return None
    try:
        if returns_after is None:
            return zones.first_instant(asked.zone, day + offset, at)
        return _next_return(asked.zone, day, offset, at, returns_after)
    except (ValueError, OverflowError):  # beyond the calendar
        return None


def _day(text: str) -> date | None:
    """Return the date that a text holds, such as 2026-05-20; of a date with a time, the date as it is written."""
    return as_date(text[:10]) if text[10:11] in ("", "T", " ") else None


def _next_return(zone: ZoneInfo, day: date, offset: timedelta, at: time, now: datetime) -> datetime:
    year = (now - offset).astimezone(UTC).year
    returns = (zones.first_instant(zone, _in_year(day, year + ahead) + offset, at) for ahead in range(-1, 3))
    return next(instant for instant in returns if instant >= now)


def _in_year(day: date, year: int) -> date:
    """Return the day's return in a year; the 29th of February returns on the 28th where there is none."""
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)
