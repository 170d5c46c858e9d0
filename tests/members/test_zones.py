"""Local time in every zone of the pinned tzdata: gaps, folds, days that never were."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from members import zones
from members.models import Zone
from members.sql import rows

NAMES = sorted(zones.names())
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)

every_zone = st.sampled_from(NAMES).map(zones.zone)
days = st.dates(date(1970, 1, 5), date(2037, 12, 20))
instants = st.integers(10**8, 2 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
times = st.times().map(lambda at: at.replace(microsecond=0))


def wall(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)


def offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def turns(zone: ZoneInfo, start: datetime, hours: int) -> list[datetime]:
    """The instants from `start` on when the zone's offset changes, found without the code under test."""
    found = []
    for step in range(hours):
        low, high = start + step * HOUR, start + (step + 1) * HOUR
        if offset(zone, low) == offset(zone, high):
            continue
        while high - low > SECOND:
            middle = low + (high - low) // 2 // SECOND * SECOND
            same = offset(zone, middle) == offset(zone, low)
            low, high = (middle, high) if same else (low, middle)
        found.append(high)
    return found


def pieces(zone: ZoneInfo, day: date) -> list[tuple[datetime, datetime]]:
    """The stretches of constant offset around `day`."""
    start = datetime.combine(day, time.min, UTC) - 48 * HOUR
    return list(pairwise([start, *turns(zone, start, 96), start + 96 * HOUR]))


def first_showing(zone: ZoneInfo, at: datetime) -> datetime:
    """The definition itself: the earliest instant at which the wall clock shows `at` or later."""
    for low, high in pieces(zone, at.date()):
        meant = (at - offset(zone, low)).replace(tzinfo=UTC)
        if meant < high:
            return max(meant, low)
    raise AssertionError


def last_showing(zone: ZoneInfo, at: datetime) -> datetime:
    """The definition itself: the last instant at which the wall clock shows `at`, or the end of the gap over it."""
    for low, high in reversed(pieces(zone, at.date())):
        meant = (at - offset(zone, low)).replace(tzinfo=UTC)
        if meant >= low:
            return min(meant, high)
    raise AssertionError


@given(every_zone, days, times)
def test_openings_are_the_first_instant_that_shows_the_time_or_later(zone, day, at):
    assert zones.first_instant(zone, day, at) == first_showing(zone, datetime.combine(day, at))


@given(every_zone, days, times)
def test_closings_are_the_last_instant_that_shows_the_time(zone, day, at):
    assert zones.last_instant(zone, day, at) == last_showing(zone, datetime.combine(day, at))


def unusual_turns() -> dict[tuple[datetime, timedelta, timedelta], ZoneInfo]:
    """Every change of offset in years when many zones did unusual things, once for all zones that did the same."""
    found = {}
    for zone in map(zones.zone, NAMES):
        for year, month in product((1994, 2007, 2011, 2018, 2026), range(1, 13)):
            start = datetime(year, month, 1, tzinfo=UTC)
            offsets = [offset(zone, start + step * 24 * HOUR) for step in range(32)]
            for step, (before, after) in enumerate(pairwise(offsets)):
                if before != after:
                    found[turns(zone, start + step * 24 * HOUR, 24)[0], before, after] = zone
    return found


def test_around_every_change_of_offset_of_unusual_years():
    unusual = unusual_turns()
    assert len(unusual) > 150
    for (turn, before, after), zone in unusual.items():
        last, first = ((turn + change).replace(tzinfo=None) for change in (before, after))
        middle = min(last, first) + abs(after - before) / 2 // SECOND * SECOND
        for shown in (last, first, middle, last - SECOND, first - SECOND, first + SECOND):
            assert zones.first_instant(zone, shown.date(), shown.time()) == first_showing(zone, shown)
            assert zones.last_instant(zone, shown.date(), shown.time()) == last_showing(zone, shown)


@given(every_zone, instants, times)
def test_the_next_local_time_is_at_hand_and_shows_the_time_or_the_end_of_a_gap(zone, after, at):
    found = zones.next_local(zone, after, at)
    assert after <= found <= after + 50 * HOUR
    shown = wall(found, zone)
    assert shown.time() == at or found in turns(zone, found - 2 * HOUR, 4)


@pytest.mark.parametrize(
    ("name", "day", "at", "first", "last"),
    [
        # a gap of an hour, a fold of an hour
        ("Europe/Berlin", "2026-03-29", "02:30", "2026-03-29T01:00", "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T00:30", "2026-10-25T01:30"),
        # a gap at midnight, in the southern spring
        ("Africa/Cairo", "2026-04-24", "00:00", "2026-04-23T22:00", "2026-04-23T22:00"),
        ("America/Santiago", "2026-09-06", "00:30", "2026-09-06T04:00", "2026-09-06T04:00"),
        # half an hour
        ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45", "2026-04-04T15:15"),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30", "2026-10-03T15:30"),
        # a day that never was
        ("Pacific/Apia", "2011-12-30", "09:00", "2011-12-30T10:00", "2011-12-30T10:00"),
    ],
)
def test_instants_known_from_the_calendar(name, day, at, first, last):
    given_time = zones.zone(name), date.fromisoformat(day), time.fromisoformat(at)
    assert zones.first_instant(*given_time) == datetime.fromisoformat(f"{first}+00:00")
    assert zones.last_instant(*given_time) == datetime.fromisoformat(f"{last}+00:00")


def test_microseconds_in_a_gap_end_at_the_jump():
    found = zones.first_instant(zones.zone("Europe/Berlin"), date(2026, 3, 29), time(2, 0, 0, 1))
    assert found == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_the_next_nine_o_clock_in_samoa_skips_the_day_that_never_was():
    apia = zones.zone("Pacific/Apia")
    after = zones.first_instant(apia, date(2011, 12, 29), time(9, 1))
    assert wall(zones.next_local(apia, after, time(9)), apia) == datetime.fromisoformat("2011-12-31T09:00")


def test_a_repeated_hour_gives_one_instant_a_day():
    berlin = zones.zone("Europe/Berlin")
    first = zones.first_instant(berlin, date(2026, 10, 25), time(2, 30))
    assert zones.next_local(berlin, first, time(2, 30)) == first
    assert wall(zones.next_local(berlin, first + SECOND, time(2, 30)), berlin) == datetime.fromisoformat(
        "2026-10-26T02:30"
    )


def test_an_unknown_zone_is_refused_with_the_name_that_is_near():
    with pytest.raises(zones.BadZone, match="Europe/Berlin"):
        zones.zone("Europe/Berlim")
    with pytest.raises(zones.BadZone, match="no zone"):
        zones.zone("../../etc/passwd")


def test_rules_come_from_the_pinned_package_and_not_from_the_system(monkeypatch, tmp_path):
    monkeypatch.setattr("zoneinfo.TZPATH", (str(tmp_path),))
    assert zones.zone("Europe/Berlin") is zones.zone("Europe/Berlin")
    assert zones.zone("Europe/Berlin") is not ZoneInfo("Europe/Berlin")


@pytest.mark.django_db
def test_the_table_holds_every_zone_and_is_filled_once():
    assert set(Zone.objects.values_list("name", flat=True)) == zones.names()
    assert zones.sync() == 0
    Zone.objects.filter(name="Pacific/Apia").delete()
    assert zones.sync() == 1


@pytest.mark.django_db
def test_local_dates_differ_around_the_globe_at_one_instant():
    relation = zones.local_dates(datetime(2026, 3, 10, 10, 30, tzinfo=UTC))
    found = dict(rows(relation.text, relation.params))
    assert found.keys() == zones.names()
    assert found["Pacific/Kiritimati"] == date(2026, 3, 11)
    assert found["Europe/Berlin"] == date(2026, 3, 10)
    assert found["Pacific/Niue"] == date(2026, 3, 9)
