"""Time zones from the pinned `tzdata` alone, and the instants at which a wall clock shows a time.

The system's rules, PostgreSQL's and the package's disagree about several zones. So local time is computed here, once
per zone, and joined as a relation; no statement says AT TIME ZONE about members.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from members.models import Member, Zone
from members.sql import Sql

DEFAULT: str = settings.CHORALE_TIME_ZONE
# The zone of a member `m`, as SQL: the own one, the home store's, the setting's. Needs MEMBER_ZONE_JOIN.
MEMBER_ZONE = "COALESCE(m.zone_id, s.zone_id, %(default_zone)s)"
MEMBER_ZONE_JOIN = "LEFT JOIN members_store s ON s.id = m.home_store_id"

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


class BadZone(ValueError):
    """There is no such zone; the message is a sentence that says what would be right."""


@cache
def names() -> frozenset[str]:
    """Return the names of all zones of the pinned tzdata."""
    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    return frozenset(listed.split()) - {"Factory"}  # Factory stands for "not set up"


def zone(name: str) -> ZoneInfo:
    """Return a zone by its name, such as Europe/Paris. Raises BadZone."""
    if name not in names():
        near = get_close_matches(name, names(), n=1)
        hint = near[0] if near else "Europe/Paris"
        raise BadZone(_("There is no zone “%(name)s”; write a name such as %(hint)s.") % {"name": name, "hint": hint})
    return _load(name)


@cache
def _load(name: str) -> ZoneInfo:
    # ZoneInfo(name) would prefer the system's files over the package's.
    with resources.files("tzdata.zoneinfo").joinpath(*name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def sync(using: str = "default") -> int:
    """Add the zones that the table of a database lacks and return how many; tzdata keeps every name it ever had."""
    table = Zone.objects.using(using)
    missing = [Zone(name=name) for name in sorted(names() - set(table.values_list("name", flat=True)))]
    table.bulk_create(missing, ignore_conflicts=True)
    return len(missing)


def relation(columns: Mapping[str, str], compute: Callable[[ZoneInfo], Sequence[Any]]) -> Sql:
    """Return a SELECT with a row for every zone: `zone`, then the columns (name → SQL type) as `compute` gives them."""
    ordered = sorted(names())
    table = [compute(_load(name)) for name in ordered]
    values = {column: [row[place] for row in table] for place, column in enumerate(columns)}
    arrays = "".join(f", %({column})s::{kind}[]" for column, kind in columns.items())
    listed = ", ".join(["zone", *columns])
    text = f"SELECT {listed} FROM unnest(%(zone)s::text[]{arrays}) AS local({listed})"
    return Sql(text, {"zone": ordered, **values})


def local_dates(now: datetime) -> Sql:
    """Return a SELECT of `(zone, local_date)`: the date that calendars show at `now`, in every zone."""
    return relation({"local_date": "date"}, lambda pinned: (now.astimezone(pinned).date(),))


def first_instant(pinned: ZoneInfo, day: date, at: time) -> datetime:
    """Return the first instant (UTC) when the wall clock shows this time or later.

    In a gap that is the first instant after it, in a fold the first of the two: right for what opens or begins.
    """
    wall = datetime.combine(day, at)
    found = wall.replace(tzinfo=pinned, fold=0).astimezone(UTC)
    return found if _wall(found, pinned) == wall else _after_gap(wall, pinned)


def last_instant(pinned: ZoneInfo, day: date, at: time) -> datetime:
    """Return the last instant (UTC) when the wall clock shows this time.

    In a gap that is the first instant after it, in a fold the second of the two: right for what closes or ends.
    """
    wall = datetime.combine(day, at)
    found = wall.replace(tzinfo=pinned, fold=1).astimezone(UTC)
    return found if _wall(found, pinned) == wall else _after_gap(wall, pinned)


def name_of(member: Member) -> str:
    """Return the name of a member's zone: the own one, the home store's, else the setting's, as MEMBER_ZONE says."""
    return member.zone_id or (member.home_store.zone_id if member.home_store else DEFAULT)


def wall(instant: datetime, name: str) -> str:
    """Return what people in a zone call an instant: its date and time there, and the zone's name."""
    return f"{instant.astimezone(zone(name)):%Y-%m-%d %H:%M} ({name})"


def next_local(pinned: ZoneInfo, after: datetime, at: time) -> datetime:
    """Return the first instant (UTC), not before `after`, that is some day's first instant of this wall time.

    Every day that the zone's calendar has gives one instant; Samoa's calendar has no 30 December 2011.
    """
    day = after.astimezone(pinned).date() - _DAY
    while True:
        found = first_instant(pinned, day, at)
        if found >= after and exists(pinned, day):
            return found
        day += _DAY


def exists(pinned: ZoneInfo, day: date) -> bool:
    """Return whether a zone's calendar has a day; Samoa's has no 30 December 2011."""
    return _wall(first_instant(pinned, day, time.min), pinned).date() == day


def _wall(instant: datetime, pinned: ZoneInfo) -> datetime:
    return instant.astimezone(pinned).replace(tzinfo=None)


def _after_gap(wall: datetime, pinned: ZoneInfo) -> datetime:
    # In a gap, fold=1 reads the offset after it and gives an instant before the jump; fold=0 gives one after it.
    before = wall.replace(tzinfo=pinned, fold=1).astimezone(UTC).replace(microsecond=0)
    after = wall.replace(tzinfo=pinned, fold=0).astimezone(UTC).replace(microsecond=0) + _SECOND
    while after - before > _SECOND:
        middle = before + (after - before) // 2 // _SECOND * _SECOND
        before, after = (before, middle) if _wall(middle, pinned) >= wall else (middle, after)
    return after
