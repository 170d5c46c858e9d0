"""Entry by a fact with conditions over the fact itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from channels.models import Message
from journeys import whys
from journeys.models import Enrollment, Journey, Trace
from journeys.steps.base import kinds
from members.models import Member, Purchase
from tests import cast
from tests.cast import DAY, NOW
from tests.channels.outbox import content, sender
from tests.journeys.drawn import messages, published, stands, tick

pytestmark = pytest.mark.django_db

WAIT: dict[str, Any] = {"key": "rest", "kind": "wait", "duration": {"days": 2}}
SECOND = timedelta(seconds=1)
SEND: dict[str, Any] = {"key": "mail", "kind": "send", "content": "hello", "channels": ["email"]}


def order(where: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    return {"fact": {"topic": "event", "name": "order", **({"where": where} if where is not None else {}), **more}}


def bought(who: Member, *lines: Any, **more: Any) -> None:
    cast.purchase(who, NOW, "0", *lines, **more)


def keys() -> list[str]:
    return sorted(Enrollment.objects.values_list("entry_key", flat=True))


def test_only_the_event_whose_properties_fit_lets_in_and_the_others_leave_no_trace() -> None:
    """Each filter must hold for the same event; what is no number is no large number."""
    large: list[dict[str, Any]] = [
        {"property": "total", "op": "gte", "value": 50},
        {"property": "channel", "op": "in", "value": ["web", "app"]},
    ]
    published([WAIT], entry=order(large, key="order_id"))
    ada, ben = cast.ada(), cast.ben()
    cast.event(ada, "order", order_id="A-1", total=60, channel="web")
    cast.event(ada, "order", order_id="A-2", total=60, channel="till")
    cast.event(ada, "order", order_id="A-3", total=10, channel="web")
    cast.event(ada, "order", order_id="A-4", total="60", channel="web")
    cast.event(ada, "order", order_id="A-5", total=50, channel="app")
    cast.event(ben, "order", order_id="B-1")
    tick(NOW)
    assert keys() == ["A-1", "A-5"]
    assert not Trace.objects.filter(member=ben).exists()
    assert not Trace.objects.filter(outcome="not_entered").exists()


def test_two_open_orders_of_a_member_run_side_by_side_and_the_same_order_never_twice() -> None:
    """The key tells them apart, in whatever batch they arrive."""
    published([WAIT], entry=order([], key="order_id"), re_entry="after_exit")
    ada = cast.ada()
    cast.event(ada, "order", order_id="A-1")
    cast.event(ada, "order", order_id="A-2")
    cast.event(ada, "order", order_id="A-2")
    tick(NOW)
    cast.event(ada, "order", NOW + DAY, order_id="A-1")
    tick(NOW + DAY)
    assert keys() == ["A-1", "A-2"]
    tick(NOW + 2 * DAY)
    cast.event(ada, "order", NOW + 3 * DAY, order_id="A-1")
    tick(NOW + 3 * DAY)
    assert keys() == ["A-1", "A-1", "A-2"]


def test_a_purchase_lets_in_by_its_own_total_store_and_lines() -> None:
    """A line must match all that is asked of lines; a member's other purchases do not count."""
    where = {"category": "tea", "sku": ["tea-1", "tea-2"], "min_total": 20, "store": "berlin"}
    journey = published([WAIT], entry={"fact": {"topic": "purchase", "where": where}})
    ada, ben, chidi = cast.ada(), cast.ben(), cast.chidi()
    berlin, lisbon = cast.berlin(), cast.lisbon()
    bought(ada, cast.line("25", sku="tea-2"), shop=berlin)
    bought(ben, cast.line("15", sku="tea-2"), shop=berlin)
    bought(ben, cast.line("30", sku="tea-3"), cast.line("30", sku="tea-1", category="cup"), shop=berlin)
    bought(chidi, cast.line("25", sku="tea-2"), shop=lisbon)
    tick(NOW)
    assert [stands(who, journey) for who in (ada, ben, chidi)] == ["rest", "nowhere", "nowhere"]


def test_a_return_lets_nobody_in() -> None:
    """It is recorded as a purchase and is none; nor is a line that was given back within a purchase."""
    every = published([WAIT], key="every", entry={"fact": {"topic": "purchase"}})
    tea = published([WAIT], key="tea", entry={"fact": {"topic": "purchase", "where": {"category": "tea"}}})
    ada, ben = cast.ada(), cast.ben()
    bought(ada, cast.line("25", quantity=-1))
    bought(ben, cast.line("5", quantity=-1), cast.line("30", quantity=2, category="cup"))
    assert Purchase.objects.count() == 2
    tick(NOW)
    assert [stands(ada, every), stands(ada, tea)] == ["nowhere", "nowhere"]
    assert [stands(ben, every), stands(ben, tea)] == ["rest", "nowhere"]


@pytest.mark.parametrize(
    ("where", "changes", "fitting"),
    [
        ({"kind": "spent"}, [40, -40], [-40]),
        ({"min_points": 50}, [49, 50, -49, -70], [50, -70]),
        ({"kind": "earned", "min_points": 50}, [49, 50, -70], [50]),
    ],
)
def test_points_let_in_by_their_kind_and_number(where: dict[str, Any], changes: list[int], fitting: list[int]) -> None:
    """Spent points are kept as negative numbers, and 70 are more than 50."""
    published([WAIT], entry={"fact": {"topic": "points", "where": where}})
    crowd = cast.crowd(len(changes))
    for who, change in zip(crowd, changes, strict=True):
        cast.points(who, change)
    tick(NOW)
    entered = set(Enrollment.objects.values_list("member_id", flat=True))
    assert [change for who, change in zip(crowd, changes, strict=True) if who.pk in entered] == fitting


def test_the_member_is_told_by_which_fact_it_began() -> None:
    """With the conditions, for the rep who is asked."""
    sender("email")
    content("hello")
    published([SEND], entry=order([{"property": "total", "op": "gte", "value": 50}]))
    ada = cast.ada()
    cast.event(ada, "order", total=80)
    tick(NOW)
    assert messages(ada) == [("mail", "queued", "")]
    [told] = whys.explain(list(Message.objects.to_members().filter(member=ada))).values()
    assert told.endswith("It began with “order” (total at least 50).")


GOAL: dict[str, Any] = {"rule": {"purchases": {"measure": "count", "op": "gte", "value": 1}}, "within_days": 14}


def seconds(number: int) -> Any:
    return NOW + number * SECOND


def test_who_buys_between_the_fact_and_the_tick_has_reached_the_goal_and_is_not_written_to() -> None:
    """What counts is when the fact happened, however late the tick; the purchase that lets in is no goal of its own."""
    content("hello")
    sender("email")
    once = published([SEND], goal=GOAL, holdout=0)
    again = published([SEND], key="again", entry={"fact": {"topic": "purchase"}}, goal=GOAL)
    ada, ben = cast.ada(), cast.ben()
    cast.event(ada, "go", seconds(0))
    cast.purchase(ada, seconds(1))
    cast.purchase(ben, seconds(1))
    cast.event(ben, "go", seconds(2))
    tick(seconds(5))
    assert [stands(ada, once), stands(ada, again)] == ["goal", "finished"]
    assert [stands(ben, once), stands(ben, again)] == ["finished", "finished"]
    assert sorted(messages(ada) + messages(ben)) == [("mail", "queued", "")] * 3


def test_a_goal_whose_news_was_read_before_that_of_the_entry_counts_all_the_same() -> None:
    """The shop tells late of what let the member in; of a tag that was there all along the goal was not reached."""
    published([WAIT], goal=GOAL)
    published([WAIT], key="tagged", goal={"rule": {"tag": {"name": "vip"}}})
    ada = cast.ada(tags=["vip"])
    cast.purchase(ada, seconds(1))
    tick(seconds(2))
    cast.event(ada, "go", seconds(0), now=seconds(5))
    tick(seconds(5))
    assert [stands(ada, one) for one in Journey.objects.order_by("pk")] == ["goal", "rest"]


def test_who_buys_while_the_ramp_has_no_room_has_reached_the_goal() -> None:
    """A day later nobody remembers the purchase but the goal."""
    journey = published([WAIT], goal=GOAL, ramp=1)
    first, second = cast.crowd(2)
    for who in (first, second):
        cast.event(who, "go", seconds(0))
    tick(seconds(5))
    (late,) = [who for who in (first, second) if stands(who, journey) == "nowhere"]
    cast.purchase(late, seconds(60))
    tick(seconds(61))
    tick(NOW + DAY)
    assert stands(late, journey) == "goal"


def test_what_is_waited_for_may_happen_between_the_fact_and_the_tick() -> None:
    """Who has paid before anybody looked is not reminded to; the order itself is not what is waited for."""
    paid = {"key": "paid", "kind": "wait_for", "fact": {"topic": "event", "name": "paid"}, "timeout": {"days": 1}}
    another = {"key": "more", "kind": "wait_for", "fact": {"topic": "event", "name": "go"}, "timeout": {"days": 1}}
    one, other = published([paid], key="one"), published([another], key="other")
    ada, ben = cast.ada(), cast.ben()
    cast.event(ada, "go", seconds(0))
    cast.event(ada, "paid", seconds(1))
    cast.event(ben, "paid", seconds(0))
    cast.event(ben, "go", seconds(1))
    tick(seconds(5))
    assert [stands(ada, one), stands(ada, other)] == ["finished", "more"]
    assert [stands(ben, one), stands(ben, other)] == ["paid", "more"]


def test_the_payment_of_one_open_order_does_not_end_the_wait_of_the_other() -> None:
    """Nor is a date of the one that of the other; a key that is a number is the same as a text."""
    paid = {"topic": "event", "name": "paid", "key": "order"}
    steps: list[dict[str, Any]] = [
        {"key": "paid", "kind": "wait_for", "fact": paid, "timeout": {"days": 2}},
        {"key": "due", "kind": "wait", "fact_date": {"fact": paid, "of": "property:ships"}, "at": "10:00"},
    ]
    journey = published(steps, entry=order([], key="order_id"))
    ada = cast.ada()
    for number in (1, 2, 3):
        cast.event(ada, "order", seconds(0), order_id=number)
    cast.event(ada, "paid", seconds(1), order="2", ships="2026-03-20")
    tick(seconds(5))
    cast.event(ada, "paid", seconds(6), order=3, ships="2026-03-25")
    tick(seconds(7))
    found = Enrollment.objects.filter(journey=journey).order_by("entry_key")
    assert [(one.entry_key, one.step and one.step.key) for one in found] == [("1", "paid"), ("2", "due"), ("3", "due")]
    assert [one.rest_until and one.rest_until.day for one in found] == [12, 20, 25]
    assert kinds()["wait_for"].resting(steps[0]) == "waits for “paid” with the same “order”"
