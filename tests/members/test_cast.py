"""The cast itself: everybody can be made, by the same ways in that the product uses."""

from decimal import Decimal

import pytest

from members.models import Event, PurchaseLine
from tests import cast

pytestmark = pytest.mark.django_db


def test_everybody_can_be_made():
    made = [cast.ada(), cast.ben(), cast.chidi(), cast.dora(), *cast.crowd(3)]
    assert len({member.external_id for member in made}) == 7
    assert {cast.marketer(), cast.rep(), cast.clerk(), cast.administrator()}


def test_a_member_buys_earns_and_does_things():
    ada = cast.ada()
    purchase = cast.purchase(ada, cast.NOW, "12.50", shop=cast.lisbon())
    assert (purchase.total, purchase.quantity, purchase.store) == (Decimal("12.50"), 1, cast.lisbon())
    assert PurchaseLine.objects.get().purchase == purchase
    assert cast.points(ada, -5).points == -5
    cast.event(ada, "checkout", order="17")
    assert Event.objects.get().properties == {"order": "17"}
