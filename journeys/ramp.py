"""The ramp: how many members a journey takes in on one day of the house, to the last one and whoever asks at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from journeys.plan import Plan
from members import zones
from members.sql import execute, rows

KEPT = timedelta(days=35)

_TAKEN = "SELECT taken FROM journeys_rampday WHERE journey_id = %(journey)s AND day = %(day)s"
# The first to ask on a day counts who entered on it already: the ramp may be younger than the day.
_BEGIN = """
INSERT INTO journeys_rampday (journey_id, day, taken)
SELECT %(journey)s, %(day)s, count(*) FROM journeys_enrollment
WHERE journey_id = %(journey)s AND entered_at >= %(begins)s AND entered_at < %(ends)s
ON CONFLICT (journey_id, day) DO NOTHING
"""
_TAKE = "UPDATE journeys_rampday SET taken = taken + %(more)s WHERE journey_id = %(journey)s AND day = %(day)s"


@dataclass(frozen=True)
class Today:
    """A day of the house: from `begins` on, before `ends`."""

    day: date
    begins: datetime
    ends: datetime


def today(now: datetime) -> Today:
    """Return the day that it is at `now` where the house is."""
    home = zones.zone(zones.DEFAULT)
    day = now.astimezone(home).date()
    begins, ends = (zones.first_instant(home, one, time.min) for one in (day, day + timedelta(days=1)))
    return Today(day, begins, ends)


def room(plan: Plan, now: datetime) -> int:
    """Return how many more members the journey may take in today, and keep everybody else from asking until commit.

    The row is locked by a statement of its own, so that what follows sees what the last holder took. Whoever asks of
    several journeys in one transaction asks in the order of their ids. Where there is no room, nothing is locked.
    """
    params = {"journey": plan.journey_id, **vars(today(now))}
    most = plan.ramp or 0
    found = rows(_TAKEN, params)
    if not found:
        execute(_BEGIN, params)
    if found and found[0][0] >= most:
        return 0
    [(taken,)] = rows(f"{_TAKEN} FOR UPDATE", params)
    return max(0, most - int(taken))


def taken(journey_id: int, now: datetime) -> int | None:
    """Return how many members a journey took in today; None where it has counted none."""
    found = rows(_TAKEN, {"journey": journey_id, "day": today(now).day})
    return int(found[0][0]) if found else None


def forget(now: datetime) -> int:
    """Delete the days that nothing asks for any more; return how many."""
    return execute("DELETE FROM journeys_rampday WHERE day < %(day)s", {"day": (now - KEPT).date()})


def take(plan: Plan, more: int, now: datetime) -> None:
    """Note that so many members entered, in the transaction that asked for room."""
    execute(_TAKE, {"journey": plan.journey_id, "day": today(now).day, "more": more})
