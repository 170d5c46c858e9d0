"""Entering by a segment: what counts is where the member is when the journeys look, not only that they joined."""

from __future__ import annotations

from datetime import timedelta

import pytest

from members import segments
from tests import cast
from tests.cast import NOW
from tests.channels.outbox import sender
from tests.journeys.drawn import published, segment, stands, tick, told
from tests.journeys.shop import furnish, send

pytestmark = pytest.mark.django_db


def test_who_joined_the_lapsed_in_the_night_and_bought_a_second_ago_does_not_enter() -> None:
    """Both are told before the journeys have looked; the others who joined enter."""
    furnish()
    sender("email")
    lapsed = segment("lapsed", {"purchases": {"measure": "count", "op": "eq", "value": 0}})
    journey = published([send()], entry={"segment": {"key": "lapsed"}})
    ada, ben = cast.ada(), cast.ben()
    segments.refresh(lapsed, NOW)
    cast.purchase(ada, NOW + timedelta(seconds=1))
    tick(NOW + timedelta(seconds=2))
    assert (stands(ada, journey), stands(ben, journey)) == ("nowhere", "finished")
    assert told(ada) == [("", "not_entered", "left_segment")]


def test_who_buys_between_the_fact_that_made_them_join_and_the_tick_has_reached_the_goal() -> None:
    """The segment knows nothing of purchases; the one of before the fact reached nothing."""
    furnish()
    sender("email")
    segment("left-carts", {"events": {"name": "cart", "measure": "count", "op": "gte", "value": 1}})
    bought = {"rule": {"purchases": {"measure": "count", "op": "gte", "value": 1}}}
    journey = published([send()], entry={"segment": {"key": "left-carts"}}, goal=bought)
    ada, ben = cast.ada(), cast.ben()
    for who, cart, purchase in ((ada, 1, 2), (ben, 2, 1)):
        cast.event(who, "cart", NOW + timedelta(seconds=cart))
        cast.purchase(who, NOW + timedelta(seconds=purchase))
    tick(NOW + timedelta(seconds=5))
    assert (stands(ada, journey), stands(ben, journey)) == ("goal", "finished")
