"""Facts that become known about the time when a member comes to wait for them; clocks and commits keep no order."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from channels.models import Message
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.channels.outbox import at_most, content, sender
from tests.journeys.drawn import published, stands, tick

SECOND = timedelta(seconds=1)
SEND: dict[str, Any] = {"key": "mail", "kind": "send", "content": "hello", "channels": ["email"]}
BOUGHT: dict[str, Any] = {
    "key": "bought",
    "kind": "wait_for",
    "fact": {"topic": "purchase"},
    "timeout": {"days": 7},
    "happened": [{"key": "out", "kind": "exit"}],
}


@pytest.fixture(autouse=True)
def words(db: None) -> None:
    content("hello")


@pytest.mark.parametrize("known", [NOW - 2 * SECOND, NOW], ids=["a slow commit or another clock", "the same instant"])
def test_a_purchase_that_is_committed_while_the_member_is_moved_ends_the_wait(known: datetime) -> None:
    """Its time lies before the arrival, its commit after it."""
    published([BOUGHT, SEND])
    ada = cast.ada()
    cast.event(ada, "go")
    tick(NOW)
    cast.purchase(ada, known)
    tick(NOW + SECOND)
    assert stands(ada) == "exit_step"


def test_the_purchase_of_a_till_whose_clock_is_fast_ends_the_wait() -> None:
    """It was recorded before the arrival and counts from its own time on, which is after it."""
    published([BOUGHT, SEND])
    ada = cast.ada()
    cast.purchase(ada, NOW + HOUR, now=NOW - SECOND)
    cast.event(ada, "go")
    tick(NOW)
    assert stands(ada) == "bought"
    tick(NOW + HOUR)
    assert stands(ada) == "exit_step"


def test_a_purchase_that_let_the_member_in_is_not_the_one_that_is_waited_for() -> None:
    published([BOUGHT, SEND], entry={"fact": {"topic": "purchase"}})
    ada = cast.ada()
    cast.purchase(ada, NOW)
    tick(NOW)
    assert stands(ada) == "bought"
    tick(NOW + SECOND)
    assert stands(ada) == "bought"
    cast.purchase(ada, NOW + HOUR)
    tick(NOW + HOUR)
    assert stands(ada) == "exit_step"


def test_a_clock_that_is_set_back_after_the_arrival_hides_no_purchase() -> None:
    published([BOUGHT, SEND])
    ada = cast.ada()
    cast.event(ada, "go")
    tick(NOW + 40 * DAY)
    cast.purchase(ada, NOW + HOUR)
    tick(NOW + HOUR)
    assert stands(ada) == "exit_step"


def test_facts_that_come_one_by_one_and_a_rule_are_all_heard_of_by_news() -> None:
    """The engine wakes who waits: for all of two facts, the second days after the first, then for a rule."""
    out = [{"key": "out", "kind": "exit"}]
    facts = [{"topic": "purchase"}, {"topic": "event", "name": "visit"}]
    both = {"key": "both", "kind": "wait_for", "all": facts, "timeout": {"days": 7}, "timed_out": [SEND]}
    rule = {"points": {"measure": "earned", "op": "gte", "value": 5}}
    published([both, {"key": "rich", "kind": "wait_for", "rule": rule, "timeout": {"days": 90}, "happened": out}])
    ada = cast.ada()
    cast.event(ada, "go")
    tick(NOW)
    cast.event(ada, "visit", NOW + HOUR)
    tick(NOW + HOUR)
    assert stands(ada) == "both"
    cast.purchase(ada, NOW + 2 * DAY)
    tick(NOW + 2 * DAY)
    assert stands(ada) == "rich"
    cast.points(ada, 5, NOW + 3 * DAY)
    tick(NOW + 3 * DAY)
    assert stands(ada) == "exit_step"


@pytest.mark.parametrize("again", [False, True], ids=["the first time", "in a round of a loop"])
def test_whoever_pays_while_the_message_before_is_put_off_is_not_reminded(again: bool) -> None:
    """Nobody drew that wait: the messages of another journey had left no room for this one."""
    sender("email")
    at_most(1, 1)
    ada = cast.ada()
    paid = {"key": "paid", "kind": "wait_for", "fact": {"topic": "event", "name": "paid", "key": "id"}}
    ends = {"timeout": {"hours": 1 if again else 48}, "happened": [{"key": "out", "kind": "exit"}]}
    remind = {**SEND, "key": "remind"}
    on = [{"key": "again", "kind": "go_to", "step": "mail", "at_most": 3}] if again else [remind]
    published([SEND], key="other", entry={"fact": {"topic": "event", "name": "come"}})
    published([SEND, {**paid, **ends}, *on], entry={"fact": {"topic": "event", "name": "order", "key": "id"}})
    if not again:
        cast.event(ada, "come")
        tick(NOW)
    cast.event(ada, "order", NOW + HOUR, id="A")
    for now in (NOW + HOUR, NOW + 2 * HOUR):
        tick(now)  # put off for a day, at the first visit or at the second
    cast.event(ada, "paid", NOW + 3 * HOUR, id="A")
    for hours in (3, 24, 25, 26, 49, 73, 97):
        tick(NOW + hours * HOUR)
    assert stands(ada) == "exit_step"
    assert not Message.objects.filter(step_key="remind").exists()
    assert Message.objects.filter(journey_name="First").count() == 1 + again


def test_what_came_before_a_drawn_wait_is_known_on_arrival_though_a_message_was_put_off_before() -> None:
    sender("email")
    at_most(1, 1)
    ada = cast.ada()
    published([SEND], key="other", entry={"fact": {"topic": "event", "name": "come"}})
    published([SEND, {"key": "rest", "kind": "wait", "duration": {"hours": 5}}, BOUGHT, SEND | {"key": "late"}])
    for name in ("come", "go"):
        cast.event(ada, name)
        tick(NOW)
    cast.purchase(ada, NOW + 2 * HOUR)
    for hours in (2, 24, 29, 30):
        tick(NOW + hours * HOUR)
    assert stands(ada) == "bought"


def test_points_that_the_journey_gave_itself_are_not_those_that_it_waits_for() -> None:
    """Their news is read when the member waits already."""
    gift = {"key": "gift", "kind": "update", "earn_points": {"points": 5}}
    published([gift, {**BOUGHT, "fact": {"topic": "points"}}, SEND])
    ada = cast.ada()
    cast.event(ada, "go")
    tick(NOW)
    tick(NOW + HOUR)
    assert stands(ada) == "bought"
    cast.points(ada, 7, NOW + 2 * HOUR)
    tick(NOW + 2 * HOUR)
    assert stands(ada) == "exit_step"


def test_a_purchase_while_a_message_was_put_off_is_thanked_for_once_and_not_in_every_round() -> None:
    """Each round sends at once what there is room for; the same purchase must not end two waits."""
    sender("email")
    policy = at_most(1, 1)
    ada = cast.ada()
    published([SEND], key="other", entry={"fact": {"topic": "event", "name": "come"}})
    waits = {**BOUGHT, "happened": [{"key": "again", "kind": "go_to", "step": "mail", "at_most": 9}]}
    published([SEND, waits])
    for name in ("come", "go"):
        cast.event(ada, name)
        tick(NOW)
    cast.purchase(ada, NOW + HOUR)
    tick(NOW + HOUR)
    policy.delete()
    for days in (1, 2, 3):
        tick(NOW + days * DAY)
    assert stands(ada) == "bought"
    thanked = Message.objects.filter(journey_name="First")
    assert list(thanked.order_by("visit").values_list("visit", flat=True)) == [1, 2]
