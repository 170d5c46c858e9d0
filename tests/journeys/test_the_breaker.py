"""The circuit breaker: a journey that is about to send too much is held before anything of that leaves."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from channels import claims
from channels.models import Hold, Message
from journeys import audit, breaker, engine, home, publishing, ramp, work
from journeys.breaker import NotHeld
from journeys.models import BreakerHold, Enrollment, Journey, SendDay
from journeys.publishing import Terms
from members import segments
from members.models import AuditEntry, Member, Tag
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.channels.outbox import quiet, sender
from tests.journeys.drawn import messages, published, segment, stands, tick
from tests.journeys.shop import definition, furnish, path, send, step, wait

pytestmark = pytest.mark.django_db
MIDNIGHT = datetime(2026, 3, 10, 23, 0, tzinfo=UTC)
VIP = {"tag": {"name": "vip"}}


@pytest.fixture(autouse=True)
def shop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("members.zones.DEFAULT", "Europe/Berlin")
    furnish()
    sender("email")


def limited(most: int, *steps: dict[str, Any], key: str = "first", **head: Any) -> Journey:
    return published([*steps] or [send(), wait()], key=key, daily_maximum=most, **head)


def entered(*who: Member, now: datetime = NOW) -> None:
    for one in who:
        cast.event(one, "go", now)
    tick(now)


def alarms(now: datetime = NOW) -> list[str]:
    return [alarm.sentence for alarm in home.alarms(now)]


def foretold(*steps: dict[str, Any], now: datetime = NOW, **head: Any) -> breaker.Forecast:
    found, _new = Journey.objects.get_or_create(key="first", defaults={"name": "First", "kind": "greeting"})
    return publishing.plan(found, definition(*steps, **head), now).forecast


def test_as_many_leave_as_the_maximum_says_and_what_would_be_more_is_held_with_an_alarm(
    caplog: pytest.LogCaptureFixture,
) -> None:
    journey = limited(5)
    entered(*cast.crowd(5))
    assert (Message.objects.count(), breaker.used(journey.pk, NOW), alarms()) == (5, 5, [])
    with caplog.at_level(logging.ERROR, "journeys.breaker"):
        entered(cast.ada())
    said = "It would send more than its 5 messages a day: 5 were queued, 1 more were due."
    assert alarms() == [f"“First” is held by its circuit breaker. {said}"]
    assert [record.getMessage() for record in caplog.records] == [f"The circuit breaker holds journey first: {said}"]
    assert (Hold.objects.get().reason, Hold.objects.get().scope) == (said, "journey")
    assert AuditEntry.objects.filter(deed="paused", detail=said).count() == 1
    assert Message.objects.count() == 5
    # Nothing of it leaves, not even what was within the maximum; and nobody is lost.
    assert claims.claim(Message.objects.all()[0].sender, NOW + HOUR, 100).messages == []
    assert (stands(Member.objects.get(external_id="M-ADA")), Journey.objects.get().state) == ("mail", "live")
    assert [finding.name for finding in audit.run(NOW + DAY) if finding.count] == []


def test_a_batch_that_is_too_large_leaves_no_part_of_it_and_other_journeys_go_on() -> None:
    limited(3, key="small")
    limited(90, key="large")
    entered(*cast.crowd(4))
    assert set(Message.objects.values_list("journey_name", flat=True)) == {"Large"}
    assert (Message.objects.count(), SendDay.objects.count()) == (
        4,
        SendDay.objects.filter(journey__key="large").count(),
    )
    assert Enrollment.objects.filter(journey__key="small", state="live").count() == 4


def test_who_gets_no_message_counts_for_nothing() -> None:
    limited(2)
    entered(cast.ada(), cast.ben(), cast.dora(), cast.chidi())  # the last two cannot be reached by e-mail
    assert (Message.objects.count(), alarms()) == (2, [])


def test_a_person_releases_it_and_may_raise_the_maximum_of_today() -> None:
    journey = limited(2)
    entered(*cast.crowd(2))
    entered(*cast.crowd(3, "N-"))
    with pytest.raises(NotHeld, match="has queued 2 messages today: say a greater maximum for today, or release it to"):
        breaker.release(journey, NOW + HOUR)
    breaker.release(journey, NOW + HOUR, cast.marketer(), 5)
    assert (Hold.objects.count(), alarms(NOW + HOUR)) == (0, [])
    assert AuditEntry.objects.get(deed="resumed").detail == "released; at most 5 today"
    tick(NOW + HOUR)
    assert (Message.objects.count(), breaker.most_today(journey, NOW + HOUR)) == (5, 5)
    entered(cast.ada(), now=NOW + 2 * HOUR)
    assert len(alarms(NOW + 2 * HOUR)) == 1
    # On the next day of the house there is room again, and the usual maximum.
    breaker.release(journey, MIDNIGHT, cast.marketer())
    tick(MIDNIGHT)
    assert (Message.objects.count(), breaker.most_today(journey, MIDNIGHT), alarms(MIDNIGHT)) == (6, 2, [])
    with pytest.raises(NotHeld, match="“First” is not held by its circuit breaker"):
        breaker.release(journey, MIDNIGHT)


def test_pausing_and_resuming_release_nothing_and_stopping_ends_it() -> None:
    journey = limited(1)
    entered(*cast.crowd(2))
    publishing.pause(journey, NOW)
    breaker.release(journey, NOW, most_today=3)
    assert Hold.objects.get().reason == "The journey is paused."
    publishing.resume(journey, NOW)
    entered(*cast.crowd(3, "N-"))
    publishing.pause(journey, NOW)
    publishing.resume(journey, NOW + HOUR)
    tick(NOW + HOUR)
    assert (Hold.objects.count(), Message.objects.count(), len(alarms(NOW + HOUR))) == (1, 0, 1)
    publishing.stop(journey, NOW + HOUR)
    assert (Hold.objects.count(), alarms(NOW + HOUR)) == (0, [])
    publishing.publish(journey, journey.draft, NOW + 2 * HOUR)
    assert Journey.objects.get().state == "live"


def test_members_enter_a_held_journey_and_go_on_when_it_is_released() -> None:
    journey = limited(1)
    entered(*cast.crowd(2))
    ada = cast.ada()
    entered(ada, now=NOW + HOUR)
    assert (stands(ada), messages(ada)) == ("mail", [])
    breaker.release(journey, NOW + HOUR, most_today=50)
    tick(NOW + HOUR)
    assert messages(ada) == [("mail", "queued", "")]


def test_a_member_who_would_get_a_step_again_within_the_limit_is_named_and_gets_nothing() -> None:
    """The journey let members in again after each exit; its new version says after 30 days, and takes those along."""
    steps = [send(), wait()]
    journey = published([wait("first"), *steps], re_entry="after_exit")
    ada, ben = cast.ada(), cast.ben()
    entered(ada)
    tick(NOW + DAY)
    tick(NOW + 2 * DAY)
    entered(ada, ben, now=NOW + 3 * DAY)
    assert (stands(ada), stands(ben), messages(ada)) == ("first", "first", [("mail", "queued", "")])
    text = {**Journey.objects.get().draft, "re_entry": {"after_days": 30}}
    publishing.publish(journey, text, NOW + 3 * DAY, terms=Terms({"*": ":same"}))
    tick(NOW + 4 * DAY)
    said = "It would send “mail” again to 1 member within its re-entry limit. They are: M-ADA."
    assert alarms(NOW + 4 * DAY) == [f"“First” is held by its circuit breaker. {said}"]
    assert (len(messages(ada)), len(messages(ben))) == (1, 0)
    assert Hold.objects.get().reason == "It would send “mail” again to 1 member within its re-entry limit."
    # Whoever releases it lets them have it until the day is over.
    breaker.release(journey, NOW + 4 * DAY, cast.marketer())
    tick(NOW + 4 * DAY)
    assert (len(messages(ada)), len(messages(ben))) == (2, 1)


def test_ways_back_other_orders_and_entries_after_the_limit_are_no_repetition() -> None:
    published(
        [send(), wait(), step("branch", paths=[path("round", step("go_to", step="mail"), when=VIP)]), wait("last")],
        entry={"fact": {"topic": "event", "name": "order", "key": "order"}},
        re_entry={"after_days": 10},
    )
    ada = cast.ada(tags=["vip"])
    for order, now in (("1", NOW), ("2", NOW), ("1", NOW + 20 * DAY)):
        cast.event(ada, "order", now, order=order)
        tick(now)
        if order == "2":
            tick(NOW + DAY)  # both go round
            Tag.objects.all().delete()
            for days in range(2, 6):
                tick(NOW + days * DAY)
    assert len(messages(ada)) == 5
    assert alarms(NOW + 20 * DAY) == []


def test_who_comes_back_on_time_repeats_nothing_though_the_first_message_waited_for_the_morning() -> None:
    """A segment that is refreshed at night has members back to the second, and the outbox keeps both until eight."""
    quiet("email", "08:00", "20:00")
    published([send()], re_entry={"after_days": 30})
    ada, night = cast.ada(), NOW - 9 * HOUR
    for now in (night, night + 30 * DAY):
        entered(ada, now=now)
    assert [one.planned_at.hour for one in Message.objects.order_by("pk")] == [7, 6]  # Berlin's clocks went forward
    assert alarms(night + 30 * DAY) == []


def test_a_runaway_is_stopped_before_it_leaves() -> None:
    """mautic #16262: one e-mail was sent 11,500 times to 100 contacts.

    Here a fault of ours would have to forge enrollments that nothing admits; even that is held at twice the forecast.
    """
    crowd = cast.crowd(10)
    for who in crowd:
        cast.event(who, "go", NOW - DAY, now=NOW - DAY)
    journey = published([send()], now=NOW)
    assert journey.daily_maximum == 20
    for turn in range(12):
        now = NOW + turn * timedelta(minutes=1)
        version, first = journey.current, journey.current.steps.get()  # type: ignore[union-attr]
        Enrollment.objects.bulk_create(
            Enrollment(
                member=who,
                journey=journey,
                version=version,
                step=first,
                state="live",
                entry_key=str(turn),
                entered_at=now,
                arrived_at=now,
                due_at=now,
            )
            for who in crowd
        )
        tick(now)
    assert Message.objects.count() == 20
    assert len(alarms(NOW + HOUR)) == 1


def test_workers_side_by_side_queue_exactly_as_much_as_the_maximum_says(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight workers over all shards, one journey reaches its maximum to the last message, one would pass it."""
    monkeypatch.setattr("journeys.breaker.counting.BESIDE_OTHERS", 3)
    exact = limited(40, send(), key="exact")
    passed = limited(30, send(), key="passed")
    for who in cast.crowd(40):
        cast.event(who, "go")
    errors: list[Exception] = []

    def run(place: int) -> None:
        try:
            for later in range(6):
                for shards in work.groups(NOW + later * timedelta(seconds=1)):
                    for shard in shards if place % 2 else reversed(shards):
                        engine.tick([shard], NOW + later * timedelta(seconds=1))
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for later in range(10):
        tick(NOW + timedelta(minutes=1, seconds=later))
    assert not errors
    assert Message.objects.filter(journey_id=exact.pk).count() == 40 == breaker.used(exact.pk, NOW)
    assert Message.objects.filter(journey_id=passed.pk).count() <= 30
    assert breaker.used(passed.pk, NOW) == Message.objects.filter(journey_id=passed.pk).count()
    assert [hold.journey_id for hold in BreakerHold.objects.all()] == [passed.pk]


def test_the_default_is_twice_the_forecast_and_what_is_said_holds_instead() -> None:
    for number, who in enumerate(cast.crowd(7)):
        cast.event(who, "go", NOW - (number % 2) * 3 * DAY - HOUR)
    two = [send(), wait(), send("again", content="letter")]
    journey = published(two)
    assert journey.daily_maximum == 2 * 2 * 4
    publishing.publish(journey, {**journey.draft, "daily_maximum": 70}, NOW)
    assert Journey.objects.get().daily_maximum == 70
    publishing.publish(journey, Journey.objects.get().draft, NOW, terms=Terms(daily_maximum=9))
    assert Journey.objects.get().daily_maximum == 9


def test_a_forecast_counts_who_comes_on_a_busy_day_and_who_is_under_way() -> None:
    crowd = cast.crowd(6, birthday=date(1990, 3, 20))
    joins = segment("vips", VIP, NOW - 9 * DAY)
    for who in crowd[:4]:
        cast.tag(who, "vip", NOW - 9 * DAY)
    segments.refresh(joins, NOW - 5 * DAY)
    cast.tag(crowd[4], "vip", NOW - DAY)
    segments.refresh(joins, NOW - DAY)
    assert foretold(entry={"segment": {"key": "vips"}}).entering == 1  # those of its first filling are no growth
    assert foretold(entry={"segment": {"key": "vips", "include_existing": True}}).entering == 1 + 5
    assert foretold(entry={"date": {"of": "birthday"}}).entering == 6
    assert foretold(entry={"date": {"of": "birthday", "offset_days": -20}}).known is False
    day = {"every": "FREQ=YEARLY", "from": "2026-12-01"}
    assert foretold(entry={"recurring": {**day, "rule": VIP}}).entering == 5
    assert foretold(entry={"recurring": day}, ramp=4).entering == 4
    for count, who in enumerate(crowd):
        cast.event(who, "order", NOW - 2 * DAY, total=count)
    few = {"fact": {"topic": "event", "name": "order", "where": [{"property": "total", "op": "gte", "value": 4}]}}
    assert foretold(entry=few, holdout=0.5).messages == 1
    # Paths count by the longest; whoever cannot be foretold is everybody.
    branch = step("branch", paths=[path("vip", send(), send("b"), when=VIP)], otherwise=[send("c")])
    unknown = foretold(branch, send("d"), entry={"fact": {"topic": "event", "name": "never"}})
    assert (unknown.sends, unknown.known, unknown.entering) == (3, False, 1000)


def test_what_was_counted_for_past_days_is_forgotten() -> None:
    limited(5, ramp=3)
    entered(*cast.crowd(1))
    assert (SendDay.objects.count(), ramp.taken(Journey.objects.get().pk, NOW)) == (1, 1)
    assert (breaker.forget(NOW + 20 * DAY), ramp.forget(NOW + 20 * DAY)) == (0, 0)
    assert (breaker.forget(NOW + 40 * DAY), ramp.forget(NOW + 40 * DAY)) == (1, 1)
