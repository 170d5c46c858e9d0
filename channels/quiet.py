"""Quiet hours: when a channel may next be used, zone by zone and country by country."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from channels.models import QuietHours
from members import countries, zones
from members.models import Store
from members.sql import Sql, rows

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


def closed(now: datetime) -> Closed:
    """Return the zones and countries where a channel is closed at `now`, and how members are joined to them."""
    hours = tuple(
        QuietHours.objects.order_by("channel", "country").values_list("channel", "country", "opens", "closes")
    )
    stores: tuple[tuple[str, str], ...] = ()
    if any(country for _channel, country, _opens, _closes in hours):
        stores = tuple(Store.objects.exclude(country="").values_list("zone_id", "country").order_by().distinct())
    found = _known.get((hours, stores))
    if found is None or not found.since <= now < found.until:
        _known.clear()
        found = _known[hours, stores] = _found(hours, stores, now)
    return found.closed


_LEAVES = """
SELECT {after_opening} FROM channels_message x JOIN members_member m ON m.id = x.member_id {zone_join}
JOIN ({closed}) q ON q.channel = x.channel AND q.zone = {zone} AND q.country = {country}
WHERE x.id = %(id)s
"""


def leaves(message_id: int, now: datetime) -> datetime | None:
    """Return when the channel of a message opens for its member, as its claim would find; None where it is open."""
    found = closed(now)
    away = found.relation.prefixed("q_")
    text = _LEAVES.format(
        after_opening=after_opening("x.member_id", "x.step_key", "q"),
        zone_join=zones.MEMBER_ZONE_JOIN,
        zone=zones.MEMBER_ZONE,
        closed=away.text,
        country=found.country,
    )
    answer = rows(text, {**away.params, "id": message_id, "default_zone": zones.DEFAULT})
    return answer[0][0] if answer else None


def opening(channel: str, zone: str, country: str = "") -> time:
    """Return when a channel opens in a zone by the wall clock there; `country` where it is known better than by it."""
    hours = dict(QuietHours.objects.filter(channel=channel).values_list("country", "opens"))
    return hours.get(country or countries.of_zones().get(zone, ""), hours.get("", time.min))


@dataclass(frozen=True)
class Closed:
    """Where channels are closed.

    `relation` has (channel, zone, country, opens_at, spread_seconds): departures after the opening are spread over so
    many seconds, half an hour, or half the window when that is less. `country` is what to join its country with, as SQL
    over a member `m` and the home store `s`: empty where the zone says it, so that members who have a zone of their own
    live in its country, and others in their store's.
    """

    relation: Sql
    country: str


_Hours = tuple[tuple[str, str, time, time], ...]
_Stores = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Found:
    """What is closed, which stays the same from `since` until a channel opens or closes somewhere."""

    since: datetime
    until: datetime
    closed: Closed


# Every tick with a send asks for all zones of the world (10 ms); the answer changes about every quarter of an hour.
_known: dict[tuple[_Hours, _Stores], _Found] = {}
_COUNTRY = "CASE WHEN m.zone_id IS NULL THEN COALESCE(s.country, '') ELSE '' END"


def _found(hours: _Hours, stores: _Stores, now: datetime) -> _Found:
    shut: list[tuple[str, str, str, datetime, int]] = []
    changes = [now + _DAY]
    said = {(channel, country): (opens, closes) for channel, country, opens, closes in hours}
    # Keyed as members are joined: a country is given only where it is the store's.
    places = [(name, "", countries.of_zones().get(name, "")) for name in zones.names()]
    places += [(name, country, country) for name, country in stores]
    for channel in {channel for channel, _country in said}:
        for name, key, country in places:
            window_there = said.get((channel, country)) or said.get((channel, ""))
            if window_there is None:
                continue
            leaves, closing = departure(zones.zone(name), *window_there, now)
            changes.append(leaves if leaves > now else closing)
            if leaves > now:
                shut.append((channel, name, key, leaves, int(min(SPREAD, (closing - leaves) / 2).total_seconds())))
    return _Found(now, min(changes), Closed(_relation(shut), _COUNTRY if stores else "''"))


def _relation(shut: Sequence[tuple[object, ...]]) -> Sql:
    # As literals, once: as lists they would be written out anew for each statement that joins them.
    names = ("channels", "zones", "countries", "opens", "spreads")
    return Sql(
        "SELECT * FROM unnest(%(channels)s::text[], %(zones)s::text[], %(countries)s::text[], %(opens)s::timestamptz[],"
        " %(spreads)s::int[]) AS closed(channel, zone, country, opens_at, spread_seconds)",
        {name: _array(row[place] for row in shut) for place, name in enumerate(names)},
    )


def _array(values: Iterable[object]) -> str:
    """Return a PostgreSQL array literal of values that need no escaping: names, times, numbers."""
    return "{" + ",".join(f'"{value}"' for value in values) + "}"
