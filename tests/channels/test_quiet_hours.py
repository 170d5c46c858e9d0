"""Quiet hours, right through the gaps and folds of time zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels import quiet
from channels.models import QuietHours
from members import zones
from members.sql import rows
from tests.channels.outbox import quiet as set_quiet

BERLIN, YORK = zones.zone("Europe/Berlin"), zones.zone("America/New_York")


def leaves(zone: ZoneInfo, opens: str, closes: str, now: datetime) -> tuple[datetime, timedelta]:
    """The departure, and how long the channel stays open then."""
    at, closing = quiet.departure(zone, time.fromisoformat(opens), time.fromisoformat(closes), now)
    return at, closing - at


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


@given(
    zone=st.sampled_from(sorted(zones.names())),
    minutes=st.integers(0, 3 * 365 * 24 * 60),
    opens=st.integers(0, 23),
    closes=st.integers(0, 23),
)
def test_a_departure_is_never_before_now_never_closed_and_never_later_than_needed(
    zone: str, minutes: int, opens: int, closes: int
) -> None:
    """Held against a walk through the minutes in steps of a quarter of an hour."""
    now = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    at, closing = quiet.departure(zones.zone(zone), time(opens), time(closes), now)
    assert now <= at < closing
    probe = now
    while probe < at:
        assert not _open(zone, opens, closes, probe)
        probe += timedelta(minutes=15)
    assert _open(zone, opens, closes, at)


def _open(zone: str, opens: int, closes: int, at: datetime) -> bool:
    """Whether the wall clock stands within the window, or between the two occurrences of its closing time."""
    wall = at.astimezone(zones.zone(zone))
    pinned = zones.zone(zone)
    for offset in (-2, -1, 0):
        opening, closing = quiet.window(pinned, wall.date() + timedelta(days=offset), time(opens), time(closes))
        if opening <= at < closing:
            return True
    return False


@pytest.mark.django_db
def test_only_zones_where_the_channel_is_closed_are_named() -> None:
    set_quiet("sms", "09:00", "20:00")
    closed = quiet.closed(datetime(2026, 6, 1, 10, tzinfo=UTC))
    named = {zone: opens for _channel, zone, opens, _spread in rows(closed.text, closed.params)}
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
        closed = quiet.closed(now)
        named = {zone for _channel, zone, _opens, _spread in rows(closed.text, closed.params)}
        for zone in ("Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"):
            wall = now.astimezone(zones.zone(zone)).time()
            assert (zone in named) is not (time(9) <= wall < time(20))
        now += timedelta(minutes=13)
    QuietHours.objects.update(opens=time(0), closes=time(0))
    closed = quiet.closed(now)
    assert rows(closed.text, closed.params) == []
