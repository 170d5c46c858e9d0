"""Quiet hours, right through the gaps and folds of time zones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest

from channels import quiet
from channels.models import QuietHours
from members import countries, zones
from members.sql import rows
from tests import cast
from tests.cast import NOW
from tests.channels.outbox import ask, candidate, content, sender
from tests.channels.outbox import quiet as set_quiet

BERLIN, YORK = zones.zone("Europe/Berlin"), zones.zone("America/New_York")


def leaves(zone: ZoneInfo, opens: str, closes: str, now: datetime) -> tuple[datetime, timedelta]:
    """The departure, and how long the channel stays open then."""
    at, closing = quiet.departure(zone, time.fromisoformat(opens), time.fromisoformat(closes), now)
    return at, closing - at


def closed(now: datetime) -> list[tuple[str, str, datetime]]:
    """The zones, and countries of stores, where a channel is closed, and when it opens."""
    relation = quiet.closed(now).relation
    return [(zone, country, opens) for _channel, zone, country, opens, _spread in rows(relation.text, relation.params)]


def test_an_open_channel_departs_now_and_a_closed_one_at_the_next_opening() -> None:
    noon, night = datetime(2026, 6, 1, 10, tzinfo=UTC), datetime(2026, 6, 1, 21, tzinfo=UTC)
    assert leaves(BERLIN, "09:00", "20:00", noon) == (noon, timedelta(hours=8))
    assert leaves(BERLIN, "09:00", "20:00", night)[0] == datetime(2026, 6, 2, 7, tzinfo=UTC)


def test_a_window_may_run_overnight() -> None:
    after_midnight = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)  # 1:30 in Berlin
    assert leaves(BERLIN, "20:00", "02:00", after_midnight) == (after_midnight, timedelta(minutes=30))
    morning = datetime(2026, 6, 2, 6, tzinfo=UTC)
    assert leaves(BERLIN, "20:00", "02:00", morning)[0] == datetime(2026, 6, 2, 18, tzinfo=UTC)


def test_in_a_gap_the_window_opens_at_the_first_instant_after_it() -> None:
    # On 8 March 2026 New York's clocks go from 2:00 to 3:00.
    before = datetime(2026, 3, 8, 6, 30, tzinfo=UTC)
    assert leaves(YORK, "02:30", "05:00", before)[0] == datetime(2026, 3, 8, 7, 0, tzinfo=UTC)


def test_in_a_fold_the_window_opens_with_the_first_and_closes_with_the_second_occurrence() -> None:
    # On 1 November 2026 New York's clocks show 1:00 to 2:00 twice.
    opening = leaves(YORK, "01:30", "05:00", datetime(2026, 11, 1, 4, 0, tzinfo=UTC))
    assert opening[0] == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    second = datetime(2026, 11, 1, 6, 15, tzinfo=UTC)  # 1:15 for the second time
    assert leaves(YORK, "00:30", "01:30", second) == (second, timedelta(minutes=15))


WINDOWS = [("09:00", "20:00"), ("20:00", "02:00"), ("01:30", "02:30"), ("02:15", "01:45"), ("00:00", "00:00")]
STEP = timedelta(minutes=15)


def test_a_departure_is_the_first_open_instant_around_every_change_of_every_zones_clocks() -> None:
    """All gaps, folds and lost days from 1990 to 2040, held against a walk along the wall clock by quarters of an hour.

    Zones that change alike, from the same offset to the same one at the same local time, are one case.
    """
    files = {resources.files("tzdata.zoneinfo").joinpath(*name.split("/")).read_bytes(): name for name in zones.names()}
    cases = {change[1:]: (name, change[0]) for name in files.values() for change in _changes(zones.zone(name))}
    assert len(cases) > 150
    assert any(after - before >= timedelta(hours=23) for before, after, _wall in cases), "somewhere a day is lost"
    for name, at in cases.values():
        walls = _walls(zones.zone(name), at)
        for opens, closes in WINDOWS:
            is_open = _hours(walls, time.fromisoformat(opens), time.fromisoformat(closes))
            for hours in (-26, -3, -1, 0, 1, 2):
                now = at + timedelta(hours=hours)
                found = leaves(zones.zone(name), opens, closes, now)[0]
                first = next(then for then in walls if then >= now and is_open(then))
                assert found == first, f"{name}, {opens} to {closes}, asked at {now}"
                assert found - now < timedelta(hours=50)


def _changes(zone: ZoneInfo) -> Iterator[tuple[datetime, timedelta, timedelta, time]]:
    """When a zone's offset changes, from what to what, and what clocks show just then."""
    week, then = timedelta(days=7), datetime(1990, 1, 1, tzinfo=UTC)
    before = _offset(zone, then)
    while then.year < 2040:
        after = _offset(zone, then + week)
        if before != after:
            low, high = then, then + week
            while high - low > STEP:
                middle = low + (high - low) // 2 // STEP * STEP
                low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
            yield high, before, _offset(zone, high), high.astimezone(zone).time()
        then, before = then + week, after


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _walls(zone: ZoneInfo, around: datetime) -> dict[datetime, datetime]:
    """What the clock shows in the days around an instant."""
    first = around - timedelta(days=3)
    return {at: at.astimezone(zone).replace(tzinfo=None) for at in (first + STEP * n for n in range(96 * 7))}


def _hours(walls: dict[datetime, datetime], opens: time, closes: time) -> Callable[[datetime], bool]:
    """Whether a channel is open at an instant, from the words alone.

    It opens when a day's opening time is first reached, and closes when its closing time is last shown; one
    that no clock shows is over as soon as clocks show only what comes later.
    """
    reached = dict(zip(walls, accumulate(walls.values(), max), strict=True))
    ahead = dict(zip(reversed(walls), accumulate(reversed(walls.values()), min), strict=True))
    shown_last = {wall: at for at, wall in walls.items()}
    first, last = min(walls.values()).date(), max(walls.values()).date()
    overnight = timedelta(days=0 if opens < closes else 1)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    windows = [(datetime.combine(day, opens), datetime.combine(day + overnight, closes)) for day in days]

    def is_over(end: datetime, at: datetime) -> bool:
        return at >= shown_last[end] if end in shown_last else ahead[at] >= end

    return lambda at: any(begin <= reached[at] and not is_over(end, at) for begin, end in windows)


@pytest.mark.django_db
def test_only_zones_where_the_channel_is_closed_are_named() -> None:
    set_quiet("sms", "09:00", "20:00")
    named = {zone: opens for zone, _country, opens in closed(datetime(2026, 6, 1, 10, tzinfo=UTC))}
    assert "Europe/Berlin" not in named
    assert named["America/Los_Angeles"] == datetime(2026, 6, 1, 16, tzinfo=UTC)


def test_days_that_a_calendar_lacks_have_no_window_of_their_own() -> None:
    """Samoa went from 29 to 31 December 2011."""
    apia = zones.zone("Pacific/Apia")
    late = datetime(2011, 12, 30, 7, 0, tzinfo=UTC)  # 21:00 on the 29th
    at, _ = leaves(apia, "09:00", "20:00", late)
    assert at.astimezone(apia).date() == date(2011, 12, 31)


@pytest.mark.django_db
def test_the_zones_that_are_closed_follow_the_time_and_the_settings() -> None:
    """What is kept from one tick to the next is never older than the next opening or closing."""
    set_quiet("sms", "09:00", "20:00")
    now = datetime(2026, 6, 1, tzinfo=UTC)
    for _ in range(200):
        named = {zone for zone, _country, _opens in closed(now)}
        for zone in ("Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"):
            wall = now.astimezone(zones.zone(zone)).time()
            assert (zone in named) is not (time(9) <= wall < time(20))
        now += timedelta(minutes=13)
    QuietHours.objects.update(opens=time(0), closes=time(0))
    assert closed(now) == []


@pytest.mark.django_db
def test_a_country_has_hours_of_its_own() -> None:
    """France begins later; Guernsey, whose clocks are joined to London's, never sleeps; the others as everywhere."""
    set_quiet("sms", "09:00", "20:00")
    set_quiet("sms", "10:00", "20:00", country="FR")
    set_quiet("sms", "00:00", "00:00", country="GG")
    named = {zone for zone, _country, _opens in closed(datetime(2026, 1, 15, 8, 30, tzinfo=UTC))}
    assert {"Europe/Paris", "Europe/London"} <= named
    assert not {"Europe/Berlin", "Europe/Luxembourg", "Europe/Guernsey"} & named


@pytest.mark.django_db
def test_who_has_no_zone_lives_in_the_country_of_the_home_store() -> None:
    """A store in Andorra may keep the clocks of Madrid; whoever has a zone of their own lives where that is."""
    set_quiet("email", "00:00", "00:00")
    set_quiet("email", "15:00", "20:00", country="AD")
    store = cast.store("andorra", zone="Europe/Madrid", country="AD")
    sender("email")
    there = cast.member("M-AND", email="and@example.com", home_store=store, agreed=["email"])
    elsewhere = cast.member("M-ESP", email="esp@example.com", zone="Europe/Madrid", home_store=store, agreed=["email"])
    hello = content()
    waits, leaves_now = (one.planned_at for one in ask(candidate(there, hello), candidate(elsewhere, hello)))
    assert leaves_now == NOW
    assert timedelta() <= waits - datetime(2026, 3, 10, 14, tzinfo=UTC) < quiet.SPREAD
    assert quiet.opening("email", "Europe/Madrid", "AD") == quiet.opening("email", "Europe/Andorra") == time(15)
    assert quiet.opening("email", "Europe/Madrid") == time(0)


def test_every_zone_that_is_in_a_country_names_it() -> None:
    """Also by its old names, and not by the country whose clocks it shares."""
    known = countries.of_zones()
    told = ("Europe/Luxembourg", "Iceland", "US/Pacific", "Asia/Calcutta", "Africa/Asmera", "GB")
    assert [known[name] for name in told] == ["LU", "IS", "US", "IN", "ER", "GB"]
    nowhere = {name for name in zones.names() - set(known) if not name.startswith("Etc/")}
    assert {"CET", "EST", "EST5EDT", "UTC", "GMT", "WET"} <= nowhere
    assert all(len(name) <= 9 and "/" not in name for name in nowhere)
    assert countries.names()["DE"] == "Germany"
