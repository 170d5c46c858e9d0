"""Waiting for a fact: what counts, what does not, and what happens when the time is over."""

from datetime import timedelta
from typing import Any

import pytest

from journeys.models import Enrollment, Journey
from journeys.steps.wait_for import WaitFor
from members.models import Member
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.journeys.drawn import published
from tests.journeys.shop import step
from tests.journeys.steps.asked import at_step, decide, outcome

pytestmark = pytest.mark.django_db
WEEK = 7 * DAY
SOON = NOW + timedelta(hours=2)


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
