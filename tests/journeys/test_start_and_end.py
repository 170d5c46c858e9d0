"""A journey with a first and a last day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from journeys import days, publishing
from journeys.models import Trace
from members import segments
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.journeys.drawn import published, segment, stands, tick, told

pytestmark = pytest.mark.django_db

WAIT: dict[str, Any] = {"key": "rest", "kind": "wait", "duration": {"days": 2}}
VIP = {"tag": {"name": "vip"}}
VIPS = {"segment": {"key": "vips", "include_existing": True}}
SECOND = timedelta(seconds=1)
# By the clock of the house, which is an hour before UTC on both days.
OPENS = datetime(2026, 3, 11, 23, 0, tzinfo=UTC)
CLOSES = datetime(2026, 3, 14, 23, 0, tzinfo=UTC)
RUNS = {"from": "2026-03-12", "until": "2026-03-14"}


@pytest.fixture(autouse=True)
def _clock_of_the_house(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("members.zones.DEFAULT", "Europe/Berlin")


def goes(now: datetime, number: int) -> Any:
    [who] = cast.crowd(1, prefix=f"G{number}-")
    cast.event(who, "go", now)
    tick(now)
    return who


def test_members_enter_from_the_first_day_to_the_last_and_whoever_is_under_way_goes_on() -> None:
    published([WAIT], runs=RUNS)
    early, first, last, late = (
        goes(now, number) for number, now in enumerate((OPENS - SECOND, OPENS, CLOSES - SECOND, CLOSES))
    )
    assert (told(early), told(late)) == ([("", "not_entered", "not_yet")], [("", "not_entered", "over")])
    assert (stands(first), stands(last)) == ("finished", "rest")
    tick(CLOSES + 3 * DAY)
    assert stands(last) == "finished"


def test_whoever_is_in_the_segment_when_the_first_day_begins_enters_then_and_once() -> None:
    """Also who joined after the publication; not who left before."""
    vips = segment("vips", VIP)
    stays, leaves, joins = cast.crowd(3)
    for who in (stays, leaves):
        cast.tag(who, "vip")
    segments.refresh(vips, NOW)
    journey = published([WAIT], entry=VIPS, runs=RUNS, re_entry="after_exit")
    tick(NOW)
    leaves.tags.all().delete()
    cast.tag(joins, "vip")
    segments.refresh(vips, NOW + HOUR)
    tick(NOW + HOUR)
    assert days.name(OPENS - SECOND) == 0
    assert days.name(OPENS + SECOND) == 2
    tick(OPENS + SECOND)
    assert [stands(who, journey) for who in (stays, leaves, joins)] == ["rest", "nowhere", "rest"]
    assert days.name(OPENS + HOUR) == 0


def test_a_pause_over_the_first_day_names_the_existing_ones_when_it_ends() -> None:
    vips = segment("vips", VIP)
    [who] = cast.crowd(1)
    cast.tag(who, "vip")
    segments.refresh(vips, NOW)
    journey = published([WAIT], entry=VIPS, runs={"from": "2026-03-12"})
    publishing.pause(journey, NOW)
    assert days.name(OPENS + HOUR) == 0
    publishing.resume(journey, OPENS + DAY)
    tick(OPENS + DAY)
    assert stands(who, journey) == "rest"
    assert days.name(OPENS + DAY + HOUR) == 0


def test_days_outside_of_the_time_of_a_journey_name_nobody() -> None:
    """Four days without a look, of which three count; the others leave no trace."""
    published([WAIT], entry={"recurring": {"every": "FREQ=DAILY", "from": "2026-03-01", "at": "10:00"}}, runs=RUNS)
    cast.crowd(1)
    assert days.name(OPENS - SECOND) == 0
    assert days.name(CLOSES - SECOND) == 3
    tick(CLOSES - SECOND)
    assert days.name(CLOSES + 5 * DAY) == 0
    assert not Trace.objects.filter(outcome="not_entered").exists()
