"""The tick: news, entry, leaving early, steps and sends."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.models import Value
from django.db.models.functions import Concat

from channels import delivery
from channels.models import Message
from content.models import Content
from journeys import audit, counts, days, engine, publishing, work
from journeys.models import Edge, Enrollment
from journeys.vocabulary import JourneyState
from members import facts, locks, segments
from members.models import Member, News
from members.sql import rows
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.channels.outbox import at_most, content, sender
from tests.journeys.drawn import messages, published, segment, stands, tick, told

pytestmark = pytest.mark.django_db

SEND: dict[str, Any] = {"key": "mail", "kind": "send", "content": "hello", "channels": ["email"]}
WAIT: dict[str, Any] = {"key": "rest", "kind": "wait", "duration": {"days": 2}}
LOT: dict[str, Any] = {
    "key": "lot",
    "kind": "split",
    "paths": [{"key": key, "weight": 1, "steps": []} for key in ("a", "b")],
}


@pytest.fixture(autouse=True)
def _house(db: None) -> None:
    sender("email")
    content("hello")


def clean(now: Any = NOW) -> list[str]:
    """The promises that the audit finds broken; nothing is delivered here, so what is over is taken from the queue."""
    delivery.expire(now)
    return [finding.name for finding in audit.run(now) if finding.count]


def invited(count: int) -> list[Member]:
    """So many members to whom the event that lets them in has happened."""
    for who in cast.crowd(count):
        cast.event(who, "go")
    return list(Member.objects.order_by("pk"))


def entered() -> set[int]:
    return set(Enrollment.objects.values_list("member_id", flat=True))


def test_a_fact_enrolls_and_the_member_walks_until_the_end() -> None:
    """Wait two days, get a mail, leave."""
    journey, ada = published([WAIT, SEND]), cast.ada()
    cast.event(ada, "go")
    tick(NOW)
    assert stands(ada, journey) == "rest"
    tick(NOW + 2 * DAY - HOUR)
    assert stands(ada, journey) == "rest"
    tick(NOW + 2 * DAY)
    assert (stands(ada, journey), messages(ada)) == ("finished", [("mail", "queued", "")])
    assert [outcome for _, outcome, _ in told(ada)] == ["entered", "waiting", "next", "queued"]
    assert clean(NOW + 2 * DAY) == []


def test_a_tick_without_work_does_nothing_and_a_second_one_changes_nothing() -> None:
    """Every tick may be repeated."""
    published([WAIT, SEND])
    ada = cast.ada()
    cast.event(ada, "go")
    tick(NOW)
    before = (told(ada), messages(ada))
    assert work.groups(NOW) == []
    for shard in range(64):
        engine.tick([shard], NOW)
    assert (told(ada), messages(ada)) == before


def test_members_who_join_the_segment_enter_and_who_is_in_it_already_only_if_the_entry_says_so() -> None:
    """`include_existing`."""
    who = segment("bergs", {"profile": {"field": "last_name", "op": "eq", "value": "Berg"}})
    old = cast.ada()
    segment_rule_holds(who)
    entry = {"segment": {"key": "bergs"}}
    first = published([WAIT], key="first", entry=entry)
    second = published([WAIT], key="second", entry={"segment": {"key": "bergs", "include_existing": True}})
    tick(NOW)
    assert (stands(old, first), stands(old, second)) == ("nowhere", "rest")
    new = cast.ben(last_name="Berg")
    segment_rule_holds(who)
    tick(NOW + HOUR)
    assert (stands(new, first), stands(new, second)) == ("rest", "rest")


def segment_rule_holds(who: Any) -> None:
    """Ask the segment anew for everybody."""
    segments.refresh(who, NOW)


def test_a_birthday_enrolls_at_the_local_hour_once_a_year() -> None:
    """Ada turns 36 on the 14th at 9:00 in Berlin."""
    journey = published([SEND], entry={"date": {"of": "birthday", "at": "09:00"}}, re_entry="never")
    ada = cast.ada()
    morning = NOW.replace(day=14, hour=8, minute=0)
    for now in (morning - HOUR, morning, morning + HOUR):
        days.name(now)
        tick(now)
    found = Enrollment.objects.get(member=ada, journey=journey)
    assert (found.entry_key, found.entered_at) == ("2026-03-14", morning)
    next_year = morning.replace(year=2027)
    days.name(next_year)
    tick(next_year)
    assert Enrollment.objects.filter(member=ada, journey=journey).count() == 2


def test_a_date_that_an_attribute_holds_is_named_days_before_it_already_in_its_first_year() -> None:
    """A service is due on the 20th; a joining of today is no anniversary."""
    due = {"date": {"of": "attribute:service_due", "offset_days": -7, "at": "09:00"}}
    service = published([SEND], key="service", entry=due)
    anniversary = published([SEND], key="anniversary", entry={"date": {"of": "joined_on", "at": "09:00"}})
    ada = cast.ada(attributes={"service_due": "2026-03-20"}, joined_on=NOW.replace(day=13).date())
    morning = NOW.replace(day=13, hour=8, minute=0)
    for now in (morning - HOUR, morning):
        days.name(now)
        tick(now)
    assert Enrollment.objects.get(member=ada).journey == service
    a_year_later = morning.replace(year=2027)
    days.name(a_year_later)
    tick(a_year_later)
    assert Enrollment.objects.filter(member=ada, journey=anniversary).count() == 1


def test_a_purchase_a_second_ago_reaches_the_goal_before_anything_is_sent() -> None:
    """The message that is queued already is cancelled as well."""
    goal = {"rule": {"purchases": {"measure": "count", "op": "gte", "value": 1}}, "within_days": 14}
    published([SEND, WAIT, {**SEND, "key": "again"}], goal=goal)
    ada = cast.ada()
    cast.purchase(ada, NOW - 5 * DAY)
    cast.event(ada, "go")
    tick(NOW)
    assert messages(ada) == [("mail", "queued", "")]
    cast.purchase(ada, NOW + HOUR)
    tick(NOW + HOUR)
    assert stands(ada) == "goal"
    assert messages(ada) == [("mail", "cancelled", "ended")]
    assert Enrollment.objects.get(member=ada).converted_at == NOW + HOUR
    tick(NOW + 3 * DAY)
    assert len(messages(ada)) == 1
    assert clean(NOW + 3 * DAY) == []


def test_a_goal_counts_after_the_last_step_until_its_deadline() -> None:
    """Finished on the first day, bought on the third, and too late on the twentieth."""
    goal = {"rule": {"purchases": {"measure": "count", "op": "gte", "value": 1}}, "within_days": 14}
    published([SEND], goal=goal)
    ada, ben = cast.ada(), cast.ben()
    for who in (ada, ben):
        cast.event(who, "go")
    tick(NOW)
    cast.purchase(ada, NOW + 3 * DAY)
    tick(NOW + 3 * DAY)
    cast.purchase(ben, NOW + 20 * DAY)
    tick(NOW + 20 * DAY)
    converted = dict(Enrollment.objects.values_list("member__external_id", "converted_at"))
    assert converted == {"M-ADA": NOW + 3 * DAY, "M-BEN": None}


def test_the_exit_rule_ends_whoever_is_under_way_and_keeps_others_out() -> None:
    """A tag that says: leave me alone."""
    published([WAIT, SEND], exit={"tag": {"name": "quiet"}})
    ada, ben = cast.ada(tags=["quiet"]), cast.ben()
    for who in (ada, ben):
        cast.event(who, "go")
    tick(NOW)
    assert told(ada) == [("", "not_entered", "exit_rule")]
    cast.tag(ben, "quiet")
    tick(NOW + 2 * DAY)
    assert (stands(ben), messages(ben)) == ("exit_rule", [])


@pytest.mark.parametrize(("re_entry", "days"), [("never", []), ("after_exit", [1, 2, 9]), ({"after_days": 5}, [9])])
def test_re_entry_admits_as_the_journey_says(re_entry: Any, days: list[int]) -> None:
    """Whoever is not admitted is told why."""
    published([{"key": "out", "kind": "exit"}], re_entry=re_entry)
    ada = cast.ada()
    cast.event(ada, "go")
    tick(NOW)
    for day in (1, 2, 9):
        cast.event(ada, "go", NOW + day * DAY)
        tick(NOW + day * DAY)
    entered = [(at.entered_at - NOW).days for at in Enrollment.objects.filter(member=ada).order_by("id")]
    assert entered == [0, *days]
    refused = [reason for _, outcome, reason in told(ada) if outcome == "not_entered"]
    assert refused == ["not_again"] * (3 - len(days))


def test_two_orders_run_side_by_side_by_their_entry_key() -> None:
    """And the same order does not enter twice."""
    published([WAIT], entry={"fact": {"topic": "event", "name": "order", "key": "number"}}, re_entry="after_exit")
    ada = cast.ada()
    for number in ("A1", "A2", "A1"):
        cast.event(ada, "order", number=number)
        tick(NOW)
    assert sorted(Enrollment.objects.filter(member=ada).values_list("entry_key", flat=True)) == ["A1", "A2"]


def test_the_holdout_is_drawn_once_gets_nothing_and_is_watched_for_the_goal() -> None:
    """Half of two hundred, the same half again, and conversions on both sides."""
    goal = {"rule": {"purchases": {"measure": "count", "op": "gte", "value": 1}}, "within_days": 10}
    journey = published([SEND], holdout=0.5, goal=goal, re_entry="after_exit")
    crowd = cast.crowd(60)
    for who in crowd:
        cast.event(who, "go")
    tick(NOW)
    held = {found.member_id for found in Enrollment.objects.filter(journey=journey, held_out=True)}
    assert 15 <= len(held) <= 45
    assert not Message.objects.filter(member_id__in=held).exists()
    assert Message.objects.count() == len(crowd) - len(held)
    buyer = Member.objects.get(pk=min(held))
    cast.purchase(buyer, NOW + DAY)
    tick(NOW + DAY)
    assert Enrollment.objects.get(member=buyer).converted_at == NOW + DAY
    for who in crowd:
        cast.event(who, "go", NOW + 11 * DAY)
    tick(NOW + 11 * DAY)
    again = Enrollment.objects.filter(journey=journey, held_out=True, entered_at=NOW + 11 * DAY)
    assert {found.member_id for found in again} == held
    assert clean(NOW + 11 * DAY) == []


def test_holdouts_end_when_their_time_is_over_though_nothing_else_happens() -> None:
    published([{"key": "out", "kind": "exit"}], holdout=0.9)
    for who in cast.crowd(12):
        cast.event(who, "go")
    tick(NOW)
    held = Enrollment.objects.filter(held_out=True)
    assert held.filter(ended_at=None).exists()
    assert work.groups(NOW + 30 * DAY - HOUR) == []
    tick(NOW + 30 * DAY)
    assert not held.exclude(end_reason="held_out", ended_at=NOW + 30 * DAY).exists()
    assert work.groups(NOW + 31 * DAY) == []


def test_a_paused_journey_moves_nobody_and_goes_on_where_it_was() -> None:
    """Whoever is named meanwhile is told so."""
    journey, ada, ben = published([WAIT, SEND]), cast.ada(), cast.ben()
    cast.event(ada, "go")
    tick(NOW)
    publishing.pause(journey, NOW)
    cast.event(ben, "go", NOW + DAY)
    tick(NOW + 3 * DAY)
    assert (stands(ada), stands(ben), told(ben)) == ("rest", "nowhere", [("", "not_entered", "paused")])
    assert work.groups(NOW + 3 * DAY) == []
    publishing.resume(journey, NOW + 4 * DAY)
    tick(NOW + 4 * DAY)
    assert messages(ada) == [("mail", "queued", "")]


def test_what_a_member_does_during_a_pause_is_not_forgotten() -> None:
    """The purchase reaches the goal, and nothing is sent after the pause."""
    goal = {"rule": {"purchases": {"measure": "count", "op": "gte", "value": 1}}, "within_days": 14}
    journey, ada = published([WAIT, SEND], goal=goal), cast.ada()
    cast.event(ada, "go")
    tick(NOW)
    publishing.pause(journey, NOW)
    cast.purchase(ada, NOW + DAY)
    tick(NOW + DAY)
    publishing.resume(journey, NOW + 3 * DAY)
    tick(NOW + 3 * DAY)
    assert (stands(ada), messages(ada)) == ("goal", [])


def test_a_stopped_journey_lets_everybody_go_and_cancels_what_has_not_left() -> None:
    """In every shard."""
    journey = published([SEND, WAIT])
    crowd = cast.crowd(5)
    for who in crowd:
        cast.event(who, "go")
    tick(NOW)
    assert publishing.stop(journey, NOW + HOUR) == 5
    journey.refresh_from_db()
    assert journey.state == JourneyState.STOPPED
    assert {stands(who) for who in crowd} == {"stopped"}
    assert set(Message.objects.values_list("state", "reason")) == {("cancelled", "ended")}
    assert clean(NOW + HOUR) == []


def test_the_capped_are_deferred_until_there_is_room_and_dropped_at_their_deadline() -> None:
    """One in seven days; the second journey's mail waits four days, the third's deadline is over before."""
    at_most(1, 7)
    published([SEND], key="first", priority=10)
    published([{**SEND, "deadline": {"days": 9}}], key="second")
    published([{**SEND, "deadline": {"days": 2}}], key="third", priority=60)
    ada = cast.ada()
    cast.event(ada, "go")
    for day in range(9):
        tick(NOW + day * DAY)
    sent = list(Message.objects.order_by("planned_at").values_list("journey_name", "planned_at"))
    assert sent == [("First", NOW), ("Second", NOW + 7 * DAY)]
    reasons = [(outcome, reason) for step, outcome, reason in told(ada) if outcome in ("not_sent", "waiting")]
    assert ("waiting", "lost") in reasons
    assert ("waiting", "capped") in reasons
    assert [reason for outcome, reason in reasons if outcome == "not_sent"] == ["capped"]
    assert clean(NOW + 9 * DAY) == []


def test_waiting_for_a_fact_is_woken_by_its_news_or_times_out() -> None:
    """Ada buys, Ben does not."""
    bought: dict[str, Any] = {
        "key": "bought",
        "kind": "wait_for",
        "fact": {"topic": "purchase"},
        "timeout": {"days": 7},
        "happened": [{"key": "out", "kind": "exit"}],
        "timed_out": [],
    }
    published([bought, SEND])
    ada, ben = cast.ada(), cast.ben()
    for who in (ada, ben):
        cast.event(who, "go")
    tick(NOW)
    cast.purchase(ada, NOW + DAY)
    tick(NOW + DAY)
    assert (stands(ada), stands(ben)) == ("exit_step", "bought")
    tick(NOW + 7 * DAY)
    assert (messages(ada), messages(ben)) == ([], [("mail", "queued", "")])


def test_a_way_back_visits_again_and_every_message_has_its_own_key() -> None:
    """Two rounds, two messages."""
    published([SEND, WAIT, {"key": "back", "kind": "go_to", "step": "mail"}])
    ada = cast.ada()
    cast.event(ada, "go")
    tick(NOW)
    tick(NOW + 2 * DAY)
    found = Message.objects.order_by("id").values_list("step_key", "visit")
    assert list(found) == [("mail", 1), ("mail", 2)]


def test_a_way_back_is_taken_so_many_times_and_then_the_member_goes_on() -> None:
    """A loop of two visits within one of two, then a loop of its own: each counts for itself, and nobody is lost."""
    published(
        [
            {"key": "outside", "kind": "wait", "duration": {"days": 1}},
            {"key": "inside", "kind": "wait", "duration": {"days": 1}},
            {"key": "inner", "kind": "go_to", "step": "inside", "at_most": 2},
            {"key": "outer", "kind": "go_to", "step": "outside", "at_most": 2, "otherwise": [SEND]},
            {"key": "again", "kind": "wait", "duration": {"days": 1}},
            {"key": "third", "kind": "go_to", "step": "again", "at_most": 3},
        ]
    )
    ada = cast.ada()
    cast.event(ada, "go")
    for day in range(12):
        tick(NOW + day * DAY)
    arrived = [step for step, outcome, _ in told(ada) if outcome == "waiting"]
    assert arrived == ["outside", "inside", "inside"] * 2 + ["again"] * 3
    assert stands(ada) == "finished"
    limits = [step for step, outcome, _ in told(ada) if outcome == "limit_reached"]
    assert limits == ["inner", "inner", "outer", "third"]
    assert [message.visit for message in Message.objects.all()] == [4]


def test_a_tick_whose_shard_is_locked_returns_at_once(transactional_db: None) -> None:
    """And the work is done by the one who has the lock, or by the next."""
    sender("email", name="other")
    published([SEND], key="locked")
    ada = cast.ada()
    cast.event(ada, "go")
    locked, release = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            assert locks.try_shards([ada.shard])
            locked.set()
            release.wait(20)
        connections.close_all()

    ada.refresh_from_db()
    holder = threading.Thread(target=hold)
    holder.start()
    assert locked.wait(20)
    assert engine.tick([ada.shard], NOW).batches == 0
    release.set()
    holder.join()
    assert engine.tick([ada.shard], NOW).entered == 1


def test_ten_ticks_of_a_shard_at_once_do_the_work_once(transactional_db: None) -> None:
    """Each on a connection of its own."""
    published([SEND], key="racing")
    crowd = cast.crowd(40)
    for who in crowd:
        cast.event(who, "go")

    def run() -> None:
        for shards in work.groups(NOW):
            engine.tick(shards, NOW)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tick(NOW)
    assert Message.objects.count() == Enrollment.objects.count() == len(crowd)
    assert not News.objects.exists()
    assert clean() == []


def test_shards_are_ticked_together_up_to_so_much_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shard alone may have more; each shard is in one group only."""
    monkeypatch.setattr(work, "TOGETHER", 5)
    published([SEND])
    amounts = Counter(who.shard for who in invited(40))
    groups = work.groups(NOW)
    assert sorted(shard for group in groups for shard in group) == sorted(amounts)
    assert all(len(group) == 1 or sum(amounts[shard] for shard in group) <= 5 for group in groups)
    assert len(groups) < len(amounts)


def test_busy_shards_are_ticked_in_a_few_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Members lie scattered over the shards: a batch of several finds many of its rows on each page."""
    monkeypatch.setattr(work, "TOGETHER", 1)
    monkeypatch.setattr(work, "AT_ONCE", 3)
    published([SEND])
    busy = {who.shard for who in invited(40)}
    groups = work.groups(NOW)
    assert sorted(shard for group in groups for shard in group) == sorted(busy)
    assert 3 <= len(groups) <= 4


def test_a_group_leaves_out_the_shard_that_is_locked(transactional_db: None) -> None:
    """The others get theirs at once, and the next look finds what was left."""
    published([SEND])
    crowd = invited(12)
    taken = crowd[0].shard
    locked, release = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            assert locks.try_shards([taken]) == [taken]
            locked.set()
            release.wait(20)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    assert locked.wait(20)
    tick(NOW)
    assert entered() == {who.pk for who in crowd if who.shard != taken}
    release.set()
    holder.join()
    tick(NOW)
    assert entered() == {who.pk for who in crowd}


def test_what_one_shard_raises_does_not_stop_those_that_are_ticked_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is tried alone, and the error is told when all are done."""
    published([SEND])
    crowd = invited(12)
    refresh = segments.refresh_for

    def refresh_for(changed: Any, now: Any) -> Any:
        if any(member == crowd[0].pk for member, _ in changed):
            raise RuntimeError("damaged")
        return refresh(changed, now)

    monkeypatch.setattr(segments, "refresh_for", refresh_for)
    [group] = work.groups(NOW)
    with pytest.raises(RuntimeError, match="damaged"):
        engine.tick(group, NOW)
    assert entered() == {who.pk for who in crowd if who.shard != crowd[0].shard}


def test_a_fact_that_comes_during_a_tick_is_worked_on_by_it_or_by_the_next(transactional_db: None) -> None:
    """News committed while the lock is held is not lost."""
    published([WAIT], key="meanwhile")
    ada = cast.ada()
    ada.refresh_from_db()
    with transaction.atomic():
        assert locks.try_shards([ada.shard])

        def tell() -> None:
            cast.event(ada, "go")
            connections.close_all()

        teller = threading.Thread(target=tell)
        teller.start()
        teller.join(20)
        assert not teller.is_alive()  # the insert of news waits for nobody
    tick(NOW)
    assert stands(ada) == "rest"


def test_counts_say_who_stands_where() -> None:
    """Arrived less left, per step."""
    journey, crowd = published([WAIT, SEND]), cast.crowd(3)
    for who in crowd:
        cast.event(who, "go")
    tick(NOW)
    assert counts.by_step(journey.pk)["rest"] == {"arrived": 3}
    tick(NOW + timedelta(days=2))
    assert counts.by_step(journey.pk)["rest"] == {"arrived": 3, "next": 3, "left": 3}
    counts.compact(NOW + timedelta(days=4))
    assert counts.by_step(journey.pk)["mail"] == {"arrived": 3, "queued": 3, "left": 3}


@pytest.mark.parametrize("column", ["version", "step"])
def test_an_enrollment_that_refers_to_nothing_stops_nobody_else(column: str) -> None:
    """Somebody deleted rows past the product. The audit says so; the others of the shard go on."""
    journey = published([WAIT, SEND])
    ada, ben = cast.ada(), cast.ben()
    for who in (ada, ben):
        cast.event(who, "go")
    tick(NOW)
    Enrollment.objects.filter(member=ada).update(**{f"{column}_id": 0})
    for who in (ada, ben):
        cast.event(who, "go", NOW + HOUR)
    shards = sorted({*Enrollment.objects.values_list("shard", flat=True)})
    engine.tick(shards, NOW + 2 * DAY)
    assert stands(ben, journey) == "finished"
    assert "refers_to" in {one.name for one in audit.run(NOW + 2 * DAY) if one.count}


def test_whoever_enters_is_written_once_where_they_first_rest() -> None:
    """However many steps they go before that: an enrollment stands in six indexes."""
    published([LOT, SEND, WAIT])
    ada = cast.ada()
    cast.event(ada, "go")
    written = "SELECT n_tup_ins, n_tup_upd FROM pg_stat_xact_user_tables WHERE relname = 'journeys_enrollment'"
    [(inserted, updated)] = rows(written, {})
    tick(NOW)
    assert (stands(ada), messages(ada)) == ("rest", [("mail", "queued", "")])
    assert rows(written, {}) == [(inserted + 1, updated)]
    assert clean() == []


def test_whoever_reached_the_goal_in_the_batch_that_lets_them_in_gets_nothing() -> None:
    """They are in another journey too, whose goal it is not, and in one that asks who leaves it."""
    rule = {"tag": {"name": "settled"}}
    first, second = published([SEND], goal={"rule": rule}), published([WAIT, SEND], key="second")
    third = published([WAIT, SEND], key="third", exit={"tag": {"name": "gone"}})
    ada, ben = cast.ada(), cast.ben()
    for who in (ada, ben):
        cast.event(who, "go")
    facts.upsert_members([facts.MemberRecord(ada.external_id, tags=["settled"])], NOW)
    tick(NOW)
    assert [stands(ada, each) for each in (first, second, third)] == ["goal", "rest", "rest"]
    assert [stands(ben, each) for each in (first, second, third)] == ["finished", "rest", "rest"]
    assert (messages(ada), len(messages(ben))) == ([], 1)
    assert clean() == []


def test_a_step_that_fails_at_once_keeps_whoever_entered() -> None:
    """What the step did is undone; that they are in, and since when, is not."""
    damaged = published([LOT, WAIT])
    ways = Edge.objects.filter(step__version__journey=damaged, step__key="lot")
    ways.update(outcome=Concat(Value("lost-"), "outcome"))
    ada = cast.ada()
    cast.event(ada, "go")
    tick(NOW)
    found = Enrollment.objects.get(member=ada)
    assert (found.state, found.entered_at, found.due_at) == ("live", NOW, NOW + engine.RETRY)
    assert [outcome for _, outcome, _ in told(ada)] == ["entered"]


def test_a_damaged_step_stops_neither_the_shard_nor_the_other_journeys(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever stands there is put off, and goes on once it is mended."""
    damaged, sound = published([WAIT, SEND], key="damaged"), published([SEND], key="sound")
    way = Edge.objects.filter(step__version__journey=damaged, step__key="rest")
    way.update(outcome="lost")
    ada = cast.ada()
    cast.event(ada, "go")
    tick(NOW)
    tick(NOW + 2 * DAY)
    assert (stands(ada, damaged), stands(ada, sound)) == ("rest", "finished")
    assert "Step rest" in caplog.text
    way.update(outcome="next")
    tick(NOW + 2 * DAY + HOUR)
    assert stands(ada, damaged) == "finished"


def test_a_content_that_was_deleted_is_a_reason_and_no_endless_tick() -> None:
    """Nobody is left standing without an answer."""
    published([SEND])
    Content.objects.get(key="hello").delete()
    ada = cast.ada()
    cast.event(ada, "go")
    tick(NOW)
    assert told(ada)[-1] == ("mail", "not_sent", "no_variant")
