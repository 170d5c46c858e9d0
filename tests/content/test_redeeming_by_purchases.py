"""Redeeming by purchases: what was really bought inside the validity takes the offer, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest

from content import offers
from content.models import Grant, Redemption
from members.models import Purchase, Touchpoint
from members.sql import Sql
from members.vocabulary import Channel
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.content.promises import granted, offer


def ids(purchases: Iterable[Purchase]) -> Sql:
    return Sql("SELECT unnest(%(ids)s::bigint[])", {"ids": [purchase.pk for purchase in purchases]})


@pytest.mark.django_db
def test_a_purchase_inside_the_validity_redeems_at_the_price_of_the_grant() -> None:
    ada, store = cast.ada(), cast.berlin()
    [grant] = granted(offer(), ada)
    bought = cast.purchase(ada, NOW + HOUR, "12.00", shop=store)

    assert offers.redeem_by_purchases(ids([bought]), NOW + DAY) == [grant.pk]

    taken = Redemption.objects.get()
    assert (taken.grant_id, taken.purchase_id, taken.request_key) == (grant.pk, bought.pk, f"purchase:{bought.pk}")
    assert (taken.happened_at, taken.recorded_at) == (NOW + HOUR, NOW + DAY)
    assert (taken.price, taken.currency, taken.channel, taken.store_id) == (
        Decimal("10.00"),
        "EUR",
        "counter",
        store.pk,
    )
    grant.refresh_from_db()
    assert (grant.state, grant.closed_at) == ("redeemed", NOW + DAY)
    contact = Touchpoint.objects.get(kind="redeemed")
    assert (contact.grant_id, contact.price, contact.happened_at) == (grant.pk, Decimal("10.00"), NOW + HOUR)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "line", "fits"),
    [
        ({}, {}, True),
        ({"sku": "tea-100"}, {}, True),
        ({"sku": "tea-200"}, {}, False),
        ({"category": "tea"}, {}, True),
        ({"category": "coffee"}, {}, False),
        ({"sku": "tea-100", "category": "coffee"}, {}, False),
        ({}, {"quantity": -1}, False),
        ({"sku": "tea-100"}, {"quantity": -1}, False),
    ],
    ids=["any", "sku", "other sku", "category", "other category", "only one fits", "a return", "a return of the sku"],
)
def test_an_offer_is_taken_by_what_it_is_for(fields: dict[str, Any], line: dict[str, Any], fits: bool) -> None:
    ada = cast.ada()
    granted(offer(**fields), ada)
    bought = cast.purchase(ada, NOW + HOUR, "1.00", cast.line("5.00", **line))

    assert len(offers.redeem_by_purchases(ids([bought]), NOW + DAY)) == fits


@pytest.mark.django_db
def test_sku_and_category_must_be_on_the_same_line_and_a_returned_line_does_not_count() -> None:
    ada, ben = cast.ada(), cast.ben()
    granted(offer(sku="tea-100", category="gift"), ada, ben)
    apart = cast.purchase(ada, NOW + HOUR, "1", cast.line("1.00", sku="tea-100"), cast.line("2.00", 1, "box", "gift"))
    returned = cast.purchase(
        ben, NOW + HOUR, "1", cast.line("1.00", -1, "tea-100", "gift"), cast.line("2.00", 3, "box", "gift")
    )

    assert offers.redeem_by_purchases(ids([apart, returned]), NOW + DAY) == []


@pytest.mark.django_db
def test_purchases_outside_the_validity_or_of_others_take_nothing() -> None:
    ada, ben = cast.ada(), cast.ben()
    granted(offer(valid_days=2), ada)
    outside = [
        cast.purchase(ada, NOW - HOUR),
        cast.purchase(ada, NOW + 2 * DAY),
        cast.purchase(ben, NOW + HOUR),
    ]

    assert offers.redeem_by_purchases(ids(outside), NOW + 3 * DAY) == []
    assert Grant.objects.get().state == "live"


@pytest.mark.django_db
def test_a_purchase_reported_late_redeems_what_was_live_when_it_happened() -> None:
    ada = cast.ada()
    [grant] = granted(offer(valid_days=2), ada)
    late = cast.purchase(ada, NOW + DAY, now=NOW + 5 * DAY)

    assert offers.redeem_by_purchases(ids([late]), NOW + 5 * DAY) == [grant.pk]


@pytest.mark.django_db
def test_of_several_purchases_the_earliest_takes_the_offer() -> None:
    ada = cast.ada()
    granted(offer(), ada)
    bought = [cast.purchase(ada, NOW + hours * HOUR) for hours in (3, 1, 2)]

    offers.redeem_by_purchases(ids(bought), NOW + DAY)

    assert Redemption.objects.get().purchase_id == bought[1].pk


@pytest.mark.django_db
def test_one_purchase_takes_one_grant_a_slot_and_never_a_second_one_later() -> None:
    ada = cast.ada()
    bought = cast.purchase(ada, NOW + HOUR)
    [main] = granted(offer("main"), ada, step_key="main")
    [gift] = granted(offer("gift", slot="gift"), ada, step_key="gift")

    assert offers.redeem_by_purchases(ids([bought]), NOW + HOUR) == [main.pk, gift.pk]

    # A new grant of the slot at the very instant of the purchase: it was not what this purchase was for.
    granted(offer("next"), ada, now=NOW + HOUR, step_key="next")
    assert offers.redeem_by_purchases(ids([bought]), NOW + DAY) == []


@pytest.mark.django_db
def test_a_grant_redeemed_at_the_counter_is_not_redeemed_again_by_its_purchase() -> None:
    ada = cast.ada()
    [grant] = granted(offer(), ada)
    offers.redeem(grant.pk, request_key="tap", channel=Channel.COUNTER, now=NOW + HOUR)
    bought = cast.purchase(ada, NOW + HOUR)

    assert offers.redeem_by_purchases(ids([bought]), NOW + DAY) == []
    assert Redemption.objects.get().request_key == "tap"


@pytest.mark.django_db
def test_a_cohort_of_purchases_is_redeemed_at_once(django_assert_max_num_queries: Any) -> None:
    crowd = cast.crowd(20)
    grants = granted(offer(), *crowd)
    bought = [cast.purchase(member, NOW + HOUR) for member in crowd]

    with django_assert_max_num_queries(6):  # the statement, the savepoint around it, and who listens
        redeemed = offers.redeem_by_purchases(ids(bought), NOW + DAY)

    assert redeemed == sorted(grant.pk for grant in grants)
