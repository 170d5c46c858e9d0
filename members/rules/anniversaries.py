"""Anniversaries of an instant: the first purchase, whose day depends on the zone of the member who asks.

No statement converts instants to local dates. Instead Python says, for every zone and every year back, between which
two instants a day lies whose anniversary is in the window; SQL compares instants. Most zones share these stretches with
others, so they travel once for each pattern: some fifty patterns instead of six hundred zones.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from members import zones
from members.rules.looks import Look, calendar
from members.sql import Sql

YEARS = 30  # older first purchases have no anniversary here

# From an instant on, up to before another one, and how many years the anniversary is away.
Stretch = tuple[int, datetime, datetime]

# The year is there for the join alone: PostgreSQL hashes it, and compares instants with one or two stretches instead of
# with all. Django's sessions are in UTC, and a stretch stands in each year that it touches there.
_ROUND = """(
    SELECT here.member_id, stretch.years
    FROM {calendar} here
    JOIN (SELECT member_id, min(happened_at) AS first_at FROM members_purchase
          WHERE quantity > 0 AND happened_at <= %(now)s GROUP BY member_id) began ON began.member_id = here.member_id
    JOIN unnest(%(zones)s::text[], %(patterns)s::int[]) AS pattern(zone, number) ON pattern.zone = here.zone
    JOIN unnest(%(numbers)s::int[], %(touched)s::int[], %(years)s::int[], %(opens)s::timestamptz[],
                %(closes)s::timestamptz[]) AS stretch(number, touched, years, opens, closes)
      ON stretch.number = pattern.number AND stretch.touched = extract(year FROM began.first_at)::int
         AND began.first_at >= stretch.opens AND began.first_at < stretch.closes
) round"""


def first_purchase(now: datetime, from_days: int, to_days: int) -> Look:
    """Return a look for which anniversary of the first purchase is in the window: 1 for the first; else unknown."""
    here = calendar(now)
    params = {**here.params, **_patterns(now, from_days, to_days), "now": now}
    return Look(Sql("round.years"), Sql(_ROUND.format(calendar=here.text), params), "round.member_id")


def _patterns(now: datetime, from_days: int, to_days: int) -> dict[str, list[Any]]:
    numbers: dict[tuple[Stretch, ...], int] = {}
    of_zone = {}
    for name in sorted(zones.names()):
        today = now.astimezone(zones.zone(name)).date()
        stretches = _stretches(name, today + timedelta(from_days), today + timedelta(to_days))
        of_zone[name] = numbers.setdefault(stretches, len(numbers))
    rows = [(number, *row) for stretches, number in numbers.items() for row in _by_year(stretches)]
    columns = zip(*rows, strict=True)
    names = ("numbers", "touched", "years", "opens", "closes")
    return {
        "zones": list(of_zone),
        "patterns": list(of_zone.values()),
        **{name: list(column) for name, column in zip(names, columns, strict=True)},
    }


def _by_year(stretches: tuple[Stretch, ...]) -> Iterator[tuple[int, int, datetime, datetime]]:
    for years, opens, closes in stretches:
        for touched in range(opens.year, closes.year + 1):
            yield touched, years, opens, closes


@lru_cache(maxsize=4096)  # all zones with the dates of today and tomorrow, for a few rules
def _stretches(zone: str, opens: date, closes: date) -> tuple[Stretch, ...]:
    """Return when in the past a zone's calendar showed days with an anniversary from `opens` to `closes`."""
    pinned = zones.zone(zone)
    return tuple(
        (
            years,
            zones.first_instant(pinned, first_day(opens, years), time.min).astimezone(UTC),
            zones.first_instant(pinned, last_day(closes, years) + timedelta(1), time.min).astimezone(UTC),
        )
        for years in range(1, YEARS + 1)
    )


def first_day(day: date, years: int) -> date:
    """Return the first day whose anniversary, so many years later, is on this day or after."""
    if (day.month, day.day) == (2, 29) and not _leap(day.year - years):
        return date(day.year - years, 3, 1)
    return day.replace(year=day.year - years)


def last_day(day: date, years: int) -> date:
    """Return the last day whose anniversary, so many years later, is on this day or before."""
    if day.month == 2 and day.day >= 28:
        ends = 29 if _leap(day.year - years) and (day.day == 29 or not _leap(day.year)) else 28
        return date(day.year - years, 2, ends)
    return day.replace(year=day.year - years)


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
