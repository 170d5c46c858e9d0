"""Times as a rep says them: in the member's zone, and in the own one where that differs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from channels.counter import words
from members import zones
from members.models import Member


@dataclass(frozen=True)
class Moment:
    """An instant for two people: `theirs` is the member's wall clock with its zone, `own` the rep's; empty if alike."""

    at: datetime
    theirs: str
    own: str


def moment(at: datetime, member: Member, own: str, now: datetime) -> Moment:
    """Return an instant as the member calls it, and a rep in the zone `own`."""
    zone = zones.name_of(member)
    theirs = f"{words.moment(at, now, zones.zone(zone))} ({zone})"
    alike = at.astimezone(zones.zone(zone)).replace(tzinfo=None) == at.astimezone(zones.zone(own)).replace(tzinfo=None)
    return Moment(at, theirs, "" if alike else f"{words.moment(at, now, zones.zone(own))} ({own})")


def said(at: datetime, own: str, now: datetime) -> str:
    """Return an instant as a rep in the zone `own` says it."""
    return words.moment(at, now, zones.zone(own))


def instant(day: date, at: time, zone: str) -> datetime:
    """Return the instant that a wall clock in a zone shows; in a gap the first after it, in a fold the first of two.

    Raises OverflowError for days at the ends of all calendars.
    """
    return zones.first_instant(zones.zone(zone), day, at)


def is_near(day: date, now: datetime) -> bool:
    """Say whether a day lies within what anybody agrees on: from yesterday (it is that still somewhere) to a year."""
    return timedelta(days=-2) <= day - now.date() <= timedelta(days=368)
