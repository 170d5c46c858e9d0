"""Waiting for a fact: what counts, what does not, and what happens when the time is over."""

from datetime import timedelta
from typing import Any

import pytest

from journeys import wording
from journeys.models import Enrollment, Journey
from journeys.steps.wait_for import WaitFor
from members import rules
from members.models import Member
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.journeys.drawn import published
from tests.journeys.shop import step
from tests.journeys.steps.asked import at_step, decide, outcome

pytestmark = pytest.mark.django_db
WEEK = 7 * DAY
SOON = NOW + timedelta(hours=2)
MOVING: list[dict[str, Any]] = [
    {"events": {"name": "x", "op": "gte", "value": 1, "within_days": 3}},
    {"purchases": {"measure": "first_days_ago", "op": "gte", "value": 1}},
    {"touchpoints": {"measure": "last_days_ago", "op": "gte", "value": 1}},
    {"points": {"measure": "balance", "op": "lt", "value": 1}},
    {"standing": {"field": "days_since_purchase", "op": "gte", "value": 1}},
    {"profile": {"field": "days_since_joined", "op": "gte", "value": 1}},
    {"age": {"op": "gte", "value": 1}},
    {"anniversary": {"of": "birthday"}},
    {"grants": {"state": "live", "op": "eq", "value": 0}},
]
STILL: list[dict[str, Any]] = [
    {"events": {"name": "x", "op": "gte", "value": 1}},
    {"points": {"measure": "earned", "op": "gte", "value": 1}},
    {"standing": {"field": "tier", "op": "eq", "value": "gold"}},
    {"grants": {"op": "eq", "value": 0}},
]


def awaiting(who: Member, **fact: str) -> tuple[Journey, Enrollment]:
    """A journey that waits a week for a fact, a purchase unless it is another one, and the member who waits in it."""
    journey = published([step("wait_for", fact=fact or {"topic": "purchase"}, timeout={"days": 7})])
    return journey, at_step(journey, "wait-for", who)


def test_whoever_arrives_rests_until_the_time_is_over() -> None:
    journey, ada = awaiting(cast.ada())
    assert decide(journey, "wait-for")[ada.pk] == (None, NOW + WEEK, "", {})
    assert outcome(journey, "wait-for", ada, NOW + WEEK - timedelta(seconds=1)) is None
    assert outcome(journey, "wait-for", ada, NOW + WEEK) == "timed_out"


def test_a_purchase_ends_the_wait_and_the_trace_says_which() -> None:
    journey, ada = awaiting(cast.ada())
    bought = cast.purchase(ada.member, NOW + HOUR)
    assert decide(journey, "wait-for", SOON)[ada.pk] == ("happened", None, "", {"fact": bought.pk})


@pytest.mark.parametrize(
    ("name", "expected"), [("checkout", "happened"), ("basket", None)], ids=["that event", "another event"]
)
def test_events_are_told_by_their_names(name: str, expected: str | None) -> None:
    journey, ada = awaiting(cast.ada(), topic="event", name="checkout")
    cast.event(ada.member, name, NOW + HOUR)
    assert outcome(journey, "wait-for", ada, SOON) == expected


def test_points_end_a_wait_for_points_alone() -> None:
    journey, ada = awaiting(cast.ada(), topic="points")
    cast.purchase(ada.member, NOW + HOUR)
    assert outcome(journey, "wait-for", ada, SOON) is None
    cast.points(ada.member, 5, NOW + HOUR)
    assert outcome(journey, "wait-for", ada, SOON) == "happened"


def test_a_return_is_no_purchase() -> None:
    journey, ada = awaiting(cast.ada())
    cast.purchase(ada.member, NOW + HOUR, "10.00", cast.line("10.00", quantity=-1))
    assert outcome(journey, "wait-for", ada, SOON) is None


def test_what_was_known_on_arrival_does_not_count() -> None:
    member = cast.ada()
    cast.purchase(member, NOW - HOUR)
    cast.purchase(member, NOW)
    journey, ada = awaiting(member)
    assert outcome(journey, "wait-for", ada, SOON) is None


def test_a_till_that_reports_late_counts_and_the_import_of_an_old_purchase_does_not() -> None:
    journey, ada = awaiting(cast.ada())
    cast.purchase(ada.member, NOW - 2 * DAY, now=NOW + HOUR)
    assert outcome(journey, "wait-for", ada, SOON) is None
    cast.purchase(ada.member, NOW - HOUR, now=NOW + HOUR)
    assert outcome(journey, "wait-for", ada, SOON) == "happened"


def test_a_fact_of_later_does_not_count_yet() -> None:
    journey, ada = awaiting(cast.ada())
    cast.purchase(ada.member, NOW + 3 * HOUR)
    assert outcome(journey, "wait-for", ada, SOON) is None


def test_a_fact_that_is_known_wins_over_a_time_that_is_over() -> None:
    journey, ada = awaiting(cast.ada())
    cast.purchase(ada.member, NOW + 8 * DAY)
    assert outcome(journey, "wait-for", ada, NOW + 9 * DAY) == "happened"


def test_somebody_elses_purchase_is_none_of_mine() -> None:
    journey, ada = awaiting(cast.ada())
    ben = at_step(journey, "wait-for", cast.ben())
    cast.purchase(ben.member, NOW + HOUR)
    decided = decide(journey, "wait-for", SOON)
    assert (decided[ada.pk].outcome, decided[ben.pk].outcome) == (None, "happened")


@pytest.mark.parametrize(
    ("fact", "topic"),
    [
        ({"topic": "purchase"}, "purchase"),
        ({"topic": "points"}, "points"),
        ({"topic": "event", "name": "message.clicked"}, "event:message.clicked"),
    ],
)
def test_news_of_the_fact_wakes_who_waits(fact: dict[str, Any], topic: str) -> None:
    assert WaitFor().topics({"fact": fact}) == {topic}


BIG = {"topic": "purchase", "where": {"min_total": 50}}
HAPPY = {"topic": "event", "name": "survey", "where": [{"property": "score", "op": "gte", "value": 8}]}


def test_a_fact_that_does_not_fit_the_conditions_is_none() -> None:
    journey = published([step("wait_for", fact=HAPPY, timeout={"days": 7})])
    ada, ben = (at_step(journey, "wait-for", who) for who in (cast.ada(), cast.ben()))
    cast.event(ada.member, "survey", NOW + HOUR, score=7)
    cast.event(ben.member, "survey", NOW + HOUR, score=7)
    fitting = cast.event(ben.member, "survey", NOW + HOUR, score=9)
    decided = decide(journey, "wait-for", SOON)
    assert (decided[ada.pk].outcome, decided[ben.pk].detail) == (None, {"fact": fitting.pk})


def test_any_of_several_facts_is_enough_and_the_trace_says_which() -> None:
    journey = published([step("wait_for", any=[BIG, HAPPY], timeout={"days": 7})])
    ada, ben, dora = (at_step(journey, "wait-for", who) for who in (cast.ada(), cast.ben(), cast.dora()))
    small, big = cast.purchase(ada.member, NOW + HOUR, "49.99"), cast.purchase(ada.member, NOW + HOUR, "50.00")
    told = cast.event(ben.member, "survey", NOW + HOUR, score=10)
    decided = decide(journey, "wait-for", SOON)
    assert decided[ada.pk].outcome == "happened"
    assert decided[ada.pk].detail == {"facts": [big.pk, None]} != {"facts": [small.pk, None]}
    assert (decided[ben.pk].outcome, decided[ben.pk].detail) == ("happened", {"facts": [None, told.pk]})
    assert decided[dora.pk] == (None, NOW + WEEK, "", {})


def test_all_of_several_facts_are_remembered_however_they_come() -> None:
    journey = published([step("wait_for", all=[BIG, HAPPY], timeout={"days": 7})])
    ada = at_step(journey, "wait-for", cast.ada())
    told = cast.event(ada.member, "survey", NOW + HOUR, score=8)
    assert decide(journey, "wait-for", SOON)[ada.pk] == (None, NOW + WEEK, "", {})
    bought = cast.purchase(ada.member, NOW + 3 * DAY, "80.00")
    later = NOW + 3 * DAY
    assert decide(journey, "wait-for", later)[ada.pk] == ("happened", None, "", {"facts": [bought.pk, told.pk]})
    ben = at_step(journey, "wait-for", cast.ben())
    cast.purchase(ben.member, NOW + HOUR, "80.00")
    assert outcome(journey, "wait-for", ben, NOW + WEEK) == "timed_out"


QUIET = {"purchases": {"measure": "last_days_ago", "op": "gte", "value": 10}}
TAGGED = {"tag": {"name": "vip"}}


def test_a_rule_that_time_alone_makes_true_is_asked_every_hour() -> None:
    journey = published([step("wait_for", rule=QUIET, timeout={"days": 7})])
    member = cast.ada()
    cast.purchase(member, NOW - 9 * DAY)
    ada, ben = at_step(journey, "wait-for", member), at_step(journey, "wait-for", cast.ben())
    assert decide(journey, "wait-for")[ada.pk] == (None, NOW + HOUR, "", {})
    assert decide(journey, "wait-for", NOW + DAY)[ada.pk] == ("happened", None, "", {})
    last = NOW + WEEK - HOUR / 2
    assert decide(journey, "wait-for", last)[ben.pk].rest_until == NOW + WEEK
    assert outcome(journey, "wait-for", ben, NOW + WEEK) == "timed_out"


def test_a_rule_that_only_news_makes_true_is_left_alone_until_then() -> None:
    journey = published([step("wait_for", rule=TAGGED, timeout={"days": 7})])
    ada, ben = at_step(journey, "wait-for", cast.ada()), at_step(journey, "wait-for", cast.ben(tags=["vip"]))
    decided = decide(journey, "wait-for")
    assert decided[ada.pk] == (None, NOW + WEEK, "", {})
    assert decided[ben.pk].outcome == "happened"  # true already
    assert WaitFor().topics({"rule": {"any": [TAGGED, QUIET]}}) == {"tag", "purchase"}


@pytest.mark.parametrize("rule", [*MOVING, *STILL])
def test_which_rules_time_moves(rule: dict[str, Any]) -> None:
    assert rules.parse({"all": [TAGGED, rule]}).moves_by_time() == (rule in MOVING)


def test_people_read_what_is_waited_for_and_until_when() -> None:
    kind, week = WaitFor(), {"timeout": {"days": 7}}
    assert kind.resting({"all": [{"topic": "points"}, HAPPY]}) == (
        "waits for a change of points and “survey” (score at least 8)"
    )
    assert kind.resting({"any": [{"topic": "points"}, {"topic": "purchase"}]}).endswith("points or a purchase")
    assert kind.resting({"rule": TAGGED}) == "waits until the tag “vip” is set"
    assert kind.over_at(week, NOW) == NOW + WEEK


def test_screens_say_when_the_time_is_over_and_not_when_the_rule_is_asked_again() -> None:
    journey = published([step("wait_for", rule=QUIET, timeout={"days": 7})])
    ada = at_step(journey, "wait-for", cast.ada(), due_at=NOW + HOUR)
    assert "until 2026-03-17 11:00 or until something happens" in wording.under_way(ada)
    assert wording.rests(ada, "Europe/Berlin", NOW).endswith("at least 10, until 2026-03-17 12:00 (Europe/Berlin)")
