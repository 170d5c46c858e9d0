"""Anniversaries of an instant: the first purchase, whose day depends on the zone of the member who asks.

No statement converts instants to local dates. Instead Python says, for every zone and every year back, between which
two instants those days lie whose anniversary is in the window; SQL compares instants. Most zones share these stretches
with others, so they travel once for each pattern: about a hundred patterns instead of six hundred zones.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from members import zones
from members.rules.looks import Look
from members.sql import Sql

YEARS = 30  # older first purchases have no anniversary here

# From which instant on, and up to which, a first purchase has an anniversary in the window: the first, the second …
Stretches = tuple[tuple[datetime, datetime], ...]

# `opens` and `closes` hold the stretches of pattern 0, of pattern 1 … one after the other. Only those few are compared
# that lie near the year of the purchase; whichever zone the session's year is of, the neighbours are among them.
_ROUND = f"""(
    SELECT m.id AS member_id, stretch.years
    FROM members_member m {zones.MEMBER_ZONE_JOIN}
    JOIN unnest(%(zones)s::text[], %(patterns)s::int[]) AS pattern(zone, number) ON pattern.zone = {zones.MEMBER_ZONE}
    JOIN (SELECT member_id, min(happened_at) AS first_at FROM members_purchase
          WHERE quantity > 0 AND happened_at <= %(now)s GROUP BY member_id) began ON began.member_id = m.id
    CROSS JOIN LATERAL generate_series(
        greatest(1, %(first_year)s - 1 - extract(year FROM began.first_at)::int),
        least({YEARS}, %(last_year)s + 1 - extract(year FROM began.first_at)::int)
    ) AS stretch(years)
    WHERE began.first_at >= (%(opens)s::timestamptz[])[pattern.number * {YEARS} + stretch.years]
      AND began.first_at < (%(closes)s::timestamptz[])[pattern.number * {YEARS} + stretch.years]
) round"""


def first_purchase(now: datetime, from_days: int, to_days: int) -> Look:
    """Return a look for which anniversary of the first purchase is in the window: 1 for the first; else unknown."""
    params = {**_patterns(now, from_days, to_days), "default_zone": zones.DEFAULT, "now": now}
    return Look(Sql("round.years"), Sql(_ROUND, params), "round.member_id")


def _patterns(now: datetime, from_days: int, to_days: int) -> dict[str, Any]:
    numbers: dict[Stretches, int] = {}
    of_zone = {}
    for name in sorted(zones.names()):
        today = now.astimezone(zones.zone(name)).date()
        stretches = _stretches(name, today + timedelta(from_days), today + timedelta(to_days))
        of_zone[name] = numbers.setdefault(stretches, len(numbers))
    return {
        "zones": list(of_zone),
        "patterns": list(of_zone.values()),
        "opens": [opens for stretches in numbers for opens, _ in stretches],
        "closes": [closes for stretches in numbers for _, closes in stretches],
        # Local dates lie within a day of that in UTC.
        "first_year": (now + timedelta(from_days - 1)).year,
        "last_year": (now + timedelta(to_days + 1)).year,
    }


@lru_cache(maxsize=4096)  # all zones with the dates of today and tomorrow, for a few rules
def _stretches(zone: str, opens: date, closes: date) -> Stretches:
    """Return when in the past a zone's calendar showed days with an anniversary from `opens` to `closes`."""
    pinned = zones.zone(zone)
    return tuple(
        (
            zones.first_instant(pinned, first_day(opens, years), time.min),
            zones.first_instant(pinned, last_day(closes, years) + timedelta(1), time.min),
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
