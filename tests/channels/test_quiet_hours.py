"""Quiet hours, right through the gaps and folds of time zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels import quiet
from channels.models import QuietHours
from members import zones
from tests.channels.outbox import quiet as set_quiet

BERLIN, YORK = zones.zone("Europe/Berlin"), zones.zone("America/New_York")


def hours(opens: str, closes: str) -> QuietHours:
    return QuietHours(channel="sms", opens=time.fromisoformat(opens), closes=time.fromisoformat(closes))


def test_an_open_channel_departs_now_and_a_closed_one_at_the_next_opening() -> None:
    day = hours("09:00", "20:00")
    noon, night = datetime(2026, 6, 1, 10, tzinfo=UTC), datetime(2026, 6, 1, 21, tzinfo=UTC)
    assert quiet.departure(BERLIN, day, noon) == (noon, timedelta(hours=8))
    assert quiet.departure(BERLIN, day, night)[0] == datetime(2026, 6, 2, 7, tzinfo=UTC)


def test_a_window_may_run_overnight() -> None:
    late = hours("20:00", "02:00")
    after_midnight = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)  # 1:30 in Berlin
    assert quiet.departure(BERLIN, late, after_midnight) == (after_midnight, timedelta(minutes=30))
    morning = datetime(2026, 6, 2, 6, tzinfo=UTC)
    assert quiet.departure(BERLIN, late, morning)[0] == datetime(2026, 6, 2, 18, tzinfo=UTC)


def test_in_a_gap_the_window_opens_at_the_first_instant_after_it() -> None:
    # On 8 March 2026 New York's clocks go from 2:00 to 3:00.
    before = datetime(2026, 3, 8, 6, 30, tzinfo=UTC)
    assert quiet.departure(YORK, hours("02:30", "05:00"), before)[0] == datetime(2026, 3, 8, 7, 0, tzinfo=UTC)


def test_in_a_fold_the_window_opens_with_the_first_and_closes_with_the_second_occurrence() -> None:
    # On 1 November 2026 New York's clocks show 1:00 to 2:00 twice.
    opening = quiet.departure(YORK, hours("01:30", "05:00"), datetime(2026, 11, 1, 4, 0, tzinfo=UTC))
    assert opening[0] == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    second = datetime(2026, 11, 1, 6, 15, tzinfo=UTC)  # 1:15 for the second time
    assert quiet.departure(YORK, hours("00:30", "01:30"), second) == (second, timedelta(minutes=15))


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
    found = QuietHours(channel="sms", opens=time(opens), closes=time(closes))
    now = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    leaves, remaining = quiet.departure(zones.zone(zone), found, now)
    assert leaves >= now
    assert remaining > timedelta(0)
    probe = now
    while probe < leaves:
        assert not _open(zone, found, probe)
        probe += timedelta(minutes=15)
    assert _open(zone, found, leaves)


def _open(zone: str, found: QuietHours, at: datetime) -> bool:
    """Whether the wall clock stands within the window, or between the two occurrences of its closing time."""
    wall = at.astimezone(zones.zone(zone))
    pinned = zones.zone(zone)
    for offset in (-2, -1, 0):
        opens, closes = quiet.window(pinned, wall.date() + timedelta(days=offset), found.opens, found.closes)
        if opens <= at < closes:
            return True
    return False


@pytest.mark.django_db
def test_only_zones_where_the_channel_is_closed_are_named() -> None:
    from members.sql import rows

    set_quiet("sms", "09:00", "20:00")
    closed = quiet.closed(datetime(2026, 6, 1, 10, tzinfo=UTC))
    named = {zone: opens for _channel, zone, opens, _spread in rows(closed.text, closed.params)}
    assert "Europe/Berlin" not in named
    assert named["America/Los_Angeles"] == datetime(2026, 6, 1, 16, tzinfo=UTC)


def test_days_that_a_calendar_lacks_have_no_window_of_their_own() -> None:
    """Samoa went from 29 to 31 December 2011."""
    apia = zones.zone("Pacific/Apia")
    found = hours("09:00", "20:00")
    late = datetime(2011, 12, 30, 7, 0, tzinfo=UTC)  # 21:00 on the 29th
    leaves, _ = quiet.departure(apia, found, late)
    assert leaves.astimezone(apia).date() == date(2011, 12, 31)
