"""Dividing a cohort: by rules, and by lot."""

from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from journeys.models import Journey
from members.models import Member
from tests import cast
from tests.cast import DAY, NOW
from tests.journeys.drawn import published
from tests.journeys.shop import TAGGED, path, step
from tests.journeys.steps.asked import at_step, decide, outcome

pytestmark = pytest.mark.django_db
BOUGHT = {"purchases": {"measure": "count", "op": "gte", "value": 1}}
GOLD = {"standing": {"field": "tier", "op": "eq", "value": "gold"}}


def branching(**rules: Any) -> Journey:
    return published([step("branch", paths=[path(key, when=rule) for key, rule in rules.items()])])


def taken(journey: Journey, key: str, who: Member, now: datetime = NOW, **fields: Any) -> str | None:
    return outcome(journey, key, at_step(journey, key, who, since=now, **fields), now)


def test_everybody_takes_the_first_path_that_fits() -> None:
    journey = branching(bought=BOUGHT, vip=TAGGED)
    both, tagged, neither = cast.ada(tags=["vip"]), cast.ben(tags=["vip"]), cast.chidi()
    cast.purchase(both, NOW - DAY)
    assert [taken(journey, "branch", who) for who in (both, tagged, neither)] == ["bought", "vip", "otherwise"]


def test_a_rule_is_asked_as_of_now() -> None:
    journey, ada = branching(bought=BOUGHT), cast.ada()
    cast.purchase(ada, NOW + DAY)
    enrollment = at_step(journey, "branch", ada)
    assert outcome(journey, "branch", enrollment) == "otherwise"
    assert outcome(journey, "branch", enrollment, NOW + DAY) == "bought"


def test_a_rule_that_nobody_can_answer_fits_nobody() -> None:
    assert taken(branching(gold=GOLD), "branch", cast.ada()) == "otherwise"


def splitting(*weights: int) -> Journey:
    paths = [path(f"p{number}", weight=weight) for number, weight in enumerate(weights)]
    return published([step("split", paths=paths)])


def drawn(journey: Journey, members: list[Member], key: str = "split", **fields: Any) -> list[str | None]:
    enrollments = [at_step(journey, key, who, **fields) for who in members]
    decided = decide(journey, key)
    return [decided[enrollment.pk].outcome for enrollment in enrollments]


def test_members_are_spread_by_weight() -> None:
    found = Counter(drawn(splitting(3, 1), cast.crowd(400)))
    # 300 expected; five standard deviations are 43.
    assert set(found) == {"p0", "p1"}
    assert abs(found["p0"] - 300) < 43


def test_a_path_of_weight_0_is_closed() -> None:
    assert set(drawn(splitting(0, 2, 0), cast.crowd(40))) == {"p1"}


def test_a_member_takes_the_same_path_in_every_enrollment_and_visit() -> None:
    journey, members = splitting(1, 1), cast.crowd(60)
    first = drawn(journey, members)
    assert first == drawn(journey, members, entry_key="another", visit=2)
    assert len(set(first)) == 2


def test_two_splits_draw_independently() -> None:
    members = cast.crowd(200)
    journey = published(
        [step("split", key=key, paths=[path("a", weight=1), path("b", weight=1)]) for key in ("x", "y")]
    )
    here, there = drawn(journey, members, "x"), drawn(journey, members, "y", entry_key="y")
    same = sum(one == other for one, other in zip(here, there, strict=True))
    # Half of 200 expected; five standard deviations are 35.
    assert abs(same - 100) < 36
