"""Tier: the top 5 %, the next 15 %, the rest; or fixed thresholds."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from members.models import StandingPolicy
from members.standing.purchases import year_before
from members.vocabulary import Tier
from tests.members.standing.ledger import bought, member, members, refreshed, table

pytestmark = pytest.mark.django_db


def test_of_twenty_members_one_is_gold_and_the_next_three_are_silver() -> None:
    for number, who in enumerate(members(f"m{number:02}" for number in range(1, 21)).values(), start=1):
        bought(who, (30, f"{number * 10}.00"))

    found = table(refreshed(), "tier", "spend", "to_next_tier")

    # Gold is who spends more than the second (190.00), silver who spends more than the fifth (160.00).
    assert found["m20"] == (Tier.GOLD, Decimal("200.00"), None)
    assert found["m19"] == (Tier.SILVER, Decimal("190.00"), Decimal("0.01"))
    assert found["m17"] == (Tier.SILVER, Decimal("170.00"), Decimal("20.01"))
    assert found["m16"] == (Tier.BASE, Decimal("160.00"), Decimal("0.01"))
    assert found["m01"] == (Tier.BASE, Decimal("10.00"), Decimal("150.01"))
    assert [row[0] for row in found.values()].count(Tier.SILVER) == 3


def test_a_tie_that_would_exceed_the_share_falls_to_the_lower_tier() -> None:
    for number, who in enumerate(members(f"m{number:02}" for number in range(1, 21)).values(), start=1):
        bought(who, (30, "100.00" if number > 15 else "50.00"))

    found = table(refreshed(), "tier", "to_next_tier")

    # Five members share the top: none of them fits into one place of gold or four of silver.
    assert set(found.values()) == {(Tier.BASE, Decimal("0.01")), (Tier.BASE, Decimal("50.01"))}


def test_members_without_spend_are_base_even_where_a_share_has_room_for_them() -> None:
    everybody = members(f"m{number:02}" for number in range(1, 21))
    bought(everybody["m01"], (10, "5.00"))
    bought(everybody["m02"], (10, "7.00"), (9, "-7.00"))

    found = table(refreshed(), "tier", "spend", "to_next_tier")

    assert found["m01"] == (Tier.GOLD, Decimal("5.00"), None)
    assert found["m02"] == (Tier.BASE, Decimal("0.00"), Decimal("0.01"))
    assert found["m03"] == (Tier.BASE, Decimal("0.00"), Decimal("0.01"))


def test_fixed_thresholds_include_their_amount() -> None:
    StandingPolicy.objects.filter(pk=1).update(scheme="thresholds", gold_spend=Decimal(1000), silver_spend=Decimal(300))
    for name, total in {"none": "0.00", "less": "299.99", "silver": "300.00", "gold": "1000.00"}.items():
        bought(member(name), (1, total))

    assert table(refreshed(), "tier", "to_next_tier") == {
        "none": (Tier.BASE, Decimal("300.00")),
        "less": (Tier.BASE, Decimal("0.01")),
        "silver": (Tier.SILVER, Decimal("700.00")),
        "gold": (Tier.GOLD, None),
    }


def test_spend_is_of_the_trailing_twelve_months_in_the_house_currency_with_returns_taken_off() -> None:
    who = member("ada")
    bought(who, (0, "1.00"), (364.9, "10.00"), (100, "-0.50"), (365, "100.00"), (-1, "1000.00"))
    bought(who, (5, "10000.00"), currency="USD")

    standing = refreshed()["ada"]

    assert (standing.spend, standing.purchases) == (Decimal("10.50"), 4)


def test_a_year_before_a_leap_day_is_the_28th_of_february() -> None:
    assert year_before(datetime(2028, 2, 29, 7, tzinfo=UTC)) == datetime(2027, 2, 28, 7, tzinfo=UTC)
    assert year_before(datetime(2026, 6, 15, tzinfo=UTC)) == datetime(2025, 6, 15, tzinfo=UTC)
