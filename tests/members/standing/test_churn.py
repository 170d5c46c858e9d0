"""Churn: the silence against the member's own typical gap."""

from decimal import Decimal

import pytest

from members.models import StandingPolicy
from members.vocabulary import Churn
from tests.members.standing.ledger import bought, member, refreshed, table

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("silence", "level"),
    [
        (39.9, Churn.NONE),
        (40, Churn.LIGHT),
        (79.9, Churn.LIGHT),
        (80, Churn.MODERATE),
        (159.9, Churn.MODERATE),
        (160, Churn.SEVERE),
        (4000, Churn.SEVERE),
    ],
)
def test_levels_begin_at_two_four_and_eight_gaps(silence: float, level: str) -> None:
    # Gaps of 10, 30 and 20 days: the median is 20.
    bought(member("ada"), *((silence + before, "1.00") for before in (0, 10, 40, 60)))

    assert table(refreshed(), "churn", "typical_gap") == {"ada": (level, Decimal("20.00"))}


def test_the_policy_moves_the_levels() -> None:
    StandingPolicy.objects.filter(pk=1).update(light_gaps=1, moderate_gaps=2, severe_gaps=Decimal("2.5"))
    for name, silence in {"none": 9, "light": 10, "moderate": 24, "severe": 25}.items():
        bought(member(name), (silence, "1.00"), (silence + 10, "1.00"))

    assert table(refreshed(), "churn") == {level.value: (level,) for level in Churn}


def test_one_purchase_is_measured_in_the_median_of_the_typical_gaps_of_the_others() -> None:
    bought(member("often"), (1, "1.00"), (21, "1.00"), (41, "1.00"), (61, "1.00"))  # a typical gap of 20
    bought(member("seldom"), (1, "1.00"), (41, "1.00"))  # of 40: the median of both is 30
    for name, silence in {"none": 59, "light": 60, "moderate": 120, "severe": 240}.items():
        bought(member(name), (silence, "1.00"))

    found = table(refreshed(), "churn", "typical_gap")

    assert {name: found[name] for name in ("none", "light", "moderate", "severe")} == {
        level.value: (level, None) for level in Churn
    }


def test_purchases_within_a_day_are_one_visit() -> None:
    bought(member("ada"), (30, "1.00"), (30.5, "1.00"), (30.9, "1.00"), (60.9, "1.00"))
    bought(member("bob"), (200, "1.00"), (200, "1.00"))

    # Ada's only gap is the 30 days; Bob has none, and 200 days are six of Ada's.
    assert table(refreshed(), "churn", "typical_gap") == {
        "ada": (Churn.NONE, Decimal("30.00")),
        "bob": (Churn.MODERATE, None),
    }


def test_returns_make_no_gap_and_break_no_silence() -> None:
    bought(member("ada"), (100, "1.00"), (60, "1.00"), (55, "-1.00"), (1, "-1.00"))

    assert table(refreshed(), "churn", "typical_gap", "purchases") == {"ada": (Churn.NONE, Decimal("40.00"), 2)}


def test_without_a_purchase_or_without_anybody_who_came_back_there_is_no_churn() -> None:
    member("silent")
    bought(member("once"), (900, "1.00"))

    assert table(refreshed(), "churn") == {"silent": (Churn.NONE,), "once": (Churn.NONE,)}
