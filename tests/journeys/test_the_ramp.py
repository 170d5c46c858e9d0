"""A journey takes in so many members a day at most, and loses none of the others."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from journeys import audit, engine, entering, publishing, work
from journeys.models import Enrollment, Journey, RampDay, Trace
from journeys.vocabulary import NotEntered
from members import segments
from members.models import Member, News
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.journeys.drawn import published, segment, stands, tick, told

pytestmark = pytest.mark.django_db

WAIT: dict[str, Any] = {"key": "rest", "kind": "wait", "duration": {"days": 90}}
VIP = {"tag": {"name": "vip"}}
SECOND = timedelta(seconds=1)
# By the clock of the house.
MIDNIGHT = datetime(2026, 3, 10, 23, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _clock_of_the_house(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("members.zones.DEFAULT", "Europe/Berlin")


def invited(count: int, prefix: str = "M-", now: datetime = NOW) -> list[Member]:
    crowd = cast.crowd(count, prefix=prefix)
    for who in crowd:
        cast.event(who, "go", now)
    return crowd


def entries_of(day: datetime) -> int:
    return Enrollment.objects.filter(entered_at__gte=day, entered_at__lt=day + DAY).count()


def clean(now: datetime) -> list[str]:
    return [finding.name for finding in audit.run(now) if finding.count]


def test_so_many_enter_a_day_and_the_others_on_the_next_days_told_once() -> None:
    """The holdout counts among them; the day is that of the house."""
    published([WAIT], ramp=3, holdout=0.4)
    crowd = invited(7)
    for now in (NOW, NOW + HOUR, MIDNIGHT - SECOND):
        tick(now)
        assert Enrollment.objects.count() == 3
    assert Trace.objects.filter(outcome="not_entered", reason="ramp").count() == 4
    tick(MIDNIGHT)
    assert Enrollment.objects.count() == 6
    tick(MIDNIGHT + DAY)
    assert Enrollment.objects.count() == 7
    assert set(Enrollment.objects.values_list("member_id", flat=True)) == {who.pk for who in crowd}
    assert Trace.objects.filter(outcome="not_entered").count() == 4
    assert list(RampDay.objects.order_by("day").values_list("taken", flat=True)) == [3, 3, 1]
    assert not News.objects.exists()
    assert clean(MIDNIGHT + DAY) == []


def test_those_who_waited_come_before_those_who_are_named_on_the_day() -> None:
    """Where a batch has both."""
    published([WAIT], ramp=1)
    [newcomer] = cast.crowd(1, prefix="A-")
    first, waits = invited(2)
    tick(NOW)
    assert (stands(first), stands(waits)) == ("rest", "nowhere")
    cast.event(newcomer, "go", MIDNIGHT)
    engine.tick(sorted({newcomer.shard, waits.shard}), MIDNIGHT)
    assert (stands(waits), stands(newcomer)) == ("rest", "nowhere")
    tick(MIDNIGHT + DAY)
    assert stands(newcomer) == "rest"


def test_whoever_left_the_segment_or_fits_no_more_when_there_is_room_does_not_enter() -> None:
    """And the next one gets the room."""
    vips = segment("vips", VIP)
    crowd = cast.crowd(4)
    journey = published([WAIT], entry={"segment": {"key": "vips"}}, ramp=1, exit={"tag": {"name": "quiet"}})
    for who in crowd:
        cast.tag(who, "vip")
    segments.refresh(vips, NOW)
    tick(NOW)
    left, quiet, stays = (who for who in crowd if stands(who, journey) == "nowhere")
    left.tags.all().delete()
    segments.refresh(vips, NOW + HOUR)
    cast.tag(quiet, "quiet")
    tick(MIDNIGHT)
    assert [stands(who, journey) for who in (left, quiet, stays)] == ["nowhere", "nowhere", "rest"]
    assert told(left)[-1] == ("", "not_entered", "left_segment")
    assert told(quiet)[-1] == ("", "not_entered", "exit_rule")


def test_no_segment_stands_against_whoever_was_named_by_the_api_when_there_is_room() -> None:
    """They need not be in it to enter on the day, nor on the next."""
    segment("vips", VIP)
    journey = published([WAIT], entry={"segment": {"key": "vips"}}, ramp=1)
    ada, ben = cast.ada(), cast.ben()
    for who in (ada, ben):
        who.refresh_from_db()
        entering.enter(journey, who, "", NOW)
    tick(MIDNIGHT)
    assert (stands(ben), [reason for _, outcome, reason in told(ben) if outcome == "not_entered"]) == ("rest", ["ramp"])


def test_two_orders_of_a_member_wait_side_by_side_and_keep_their_keys() -> None:
    """A key may be as long as an entry key is."""
    entry = {"fact": {"topic": "event", "name": "order", "key": "order_id"}}
    published([WAIT], ramp=1, entry=entry)
    ada = cast.ada()
    keys = sorted(letter * 128 for letter in "abc")
    for key in keys:
        cast.event(ada, "order", order_id=key)
    for day in range(3):
        tick(MIDNIGHT + day * DAY)
    assert sorted(Enrollment.objects.values_list("entry_key", flat=True)) == keys


def test_a_pause_or_a_version_without_a_ramp_loses_nobody() -> None:
    """They are named again until the journey goes on."""
    journey = published([WAIT], ramp=1)
    invited(3)
    tick(NOW)
    publishing.pause(journey, NOW + HOUR)
    definition = {name: value for name, value in Journey.objects.get().draft.items() if name != "ramp"}
    publishing.publish(journey, definition, NOW + HOUR)
    tick(MIDNIGHT)
    tick(MIDNIGHT + DAY)
    publishing.resume(journey, MIDNIGHT + DAY + HOUR)
    tick(MIDNIGHT + 2 * DAY)
    assert Enrollment.objects.count() == 3
    assert Trace.objects.filter(outcome="not_entered").count() == 2


def test_the_journeys_end_loses_them_and_says_so() -> None:
    published([WAIT], ramp=1, runs={"until": "2026-03-10"})
    waits = invited(2)[1]
    tick(NOW)
    tick(MIDNIGHT)
    assert [reason for _, _, reason in told(waits)] == ["ramp", "over"]
    assert not News.objects.exists()


def test_a_ramp_that_is_published_in_the_middle_of_a_day_counts_who_entered_before() -> None:
    journey = published([WAIT])
    invited(3)
    tick(NOW)
    publishing.publish(journey, {**Journey.objects.get().draft, "ramp": 4}, NOW + HOUR)
    invited(3, "N-", NOW + HOUR)
    tick(NOW + HOUR)
    assert Enrollment.objects.count() == 4


def test_the_api_is_told_that_the_day_is_full_and_the_member_enters_on_the_next() -> None:
    journey = published([WAIT], ramp=1)
    ada, ben = cast.ada(), cast.ben()
    for who in (ada, ben):
        who.refresh_from_db()
    assert entering.enter(journey, ada, "", NOW).reason is None
    assert entering.enter(journey, ben, "", NOW).reason == NotEntered.RAMP
    tick(MIDNIGHT)
    assert stands(ben) == "rest"


def test_ticks_side_by_side_let_in_exactly_as_many_as_the_ramps_say(transactional_db: None) -> None:
    """Two journeys, eight workers over all shards, two days."""
    first = published([WAIT], key="first", ramp=17)
    second = published([WAIT], key="second", ramp=29)
    invited(60)
    errors: list[Exception] = []

    def run(now: datetime, place: int) -> None:
        try:
            groups = work.groups(now)
            for shards in groups[place:] + groups[:place]:
                for shard in shards if place % 2 else reversed(shards):
                    engine.tick([shard], now)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            errors.append(error)
        finally:
            connection.close()

    for now, taken in ((NOW, (17, 29)), (MIDNIGHT, (34, 58)), (MIDNIGHT + DAY, (51, 60))):
        threads = [threading.Thread(target=run, args=(now, place)) for place in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        tick(now)
        assert not errors
        assert tuple(Enrollment.objects.filter(journey=one).count() for one in (first, second)) == taken
    tick(MIDNIGHT + 2 * DAY)
    assert Enrollment.objects.count() == 120
    assert Trace.objects.filter(reason="ramp").count() == (60 - 17) + (60 - 29)
