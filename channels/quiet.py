"""Quiet hours: when a channel may next be used, zone by zone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from channels.models import QuietHours
from members import zones
from members.sql import Sql

SPREAD = timedelta(minutes=30)
_DAY = timedelta(days=1)


@lru_cache(maxsize=20_000)
def window(zone: ZoneInfo, day: date, opens: time, closes: time) -> tuple[datetime, datetime]:
    """Return the opening and closing instants of the window that opens on a local day.

    Openings take the first occurrence of an ambiguous local time, closings the second; equal times mean always open.
    """
    closing_day = day if opens < closes else day + _DAY
    return zones.first_instant(zone, day, opens), zones.last_instant(zone, closing_day, closes)


def departure(zone: ZoneInfo, opens: time, closes: time, now: datetime) -> tuple[datetime, datetime]:
    """Return the first instant not before `now` when a channel is open in a zone, and when it closes then."""
    today = now.astimezone(zone).date()
    # Two days back: an overnight window of the day before may still be open, and a day can be missing altogether.
    for offset in range(-2, 4):
        opening, closing = window(zone, today + offset * _DAY, opens, closes)
        if now < closing and opening < closing:
            return max(now, opening), closing
    raise ValueError(f"Quiet hours from {closes} to {opens} never end in {zone}.")


def after_opening(member: str, step: str, closed: str) -> str:
    """Return when a message leaves after quiet hours, as SQL: the opening, spread by a hash of member and step.

    `closed` is the alias of a row of `closed`; the others are SQL expressions.
    """
    spread = f"((hashint8({member}) # hashtext({step})) & 2147483647)::bigint %% GREATEST({closed}.spread_seconds, 1)"
    return f"{closed}.opens_at + make_interval(secs => {spread})"


def closed(now: datetime) -> Sql:
    """Return a relation (channel, zone, opens_at, spread_seconds) of the zones where a channel is closed at `now`.

    Departures after the opening are spread over `spread_seconds`: half an hour, or half the window when that is less.
    """
    hours = tuple(QuietHours.objects.order_by("channel").values_list("channel", "opens", "closes"))
    found = _known.get(hours)
    if found is None or not found.since <= now < found.until:
        _known.clear()
        found = _known[hours] = _found(hours, now)
    return found.relation


_Hours = tuple[tuple[str, time, time], ...]


@dataclass(frozen=True)
class _Found:
    """The relation, which stays the same from `since` until a channel opens or closes somewhere."""

    since: datetime
    until: datetime
    relation: Sql


# Every tick with a send asks for all zones of the world (10 ms); the answer changes about every quarter of an hour.
_known: dict[_Hours, _Found] = {}


def _found(hours: _Hours, now: datetime) -> _Found:
    shut: list[tuple[str, str, datetime, int]] = []
    changes = [now + _DAY]
    for channel, opening, closing_time in hours:
        for name in zones.names():
            leaves, closing = departure(zones.zone(name), opening, closing_time, now)
            changes.append(leaves if leaves > now else closing)
            if leaves > now:
                shut.append((channel, name, leaves, int(min(SPREAD, (closing - leaves) / 2).total_seconds())))
    # As literals, once: as lists they would be written out anew for each statement that joins them.
    channels, names, opens, spreads = (_array(row[index] for row in shut) for index in range(4))
    relation = Sql(
        "SELECT * FROM unnest(%(channels)s::text[], %(zones)s::text[], %(opens)s::timestamptz[], %(spreads)s::int[])"
        " AS closed(channel, zone, opens_at, spread_seconds)",
        {"channels": channels, "zones": names, "opens": opens, "spreads": spreads},
    )
    return _Found(now, min(changes), relation)


def _array(values: Iterable[object]) -> str:
    """Return a PostgreSQL array literal of values that need no escaping: names, times, numbers."""
    return "{" + ",".join(f'"{value}"' for value in values) + "}"
