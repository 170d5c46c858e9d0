"""Follow-ups worked: a result once, in the history, and as a fact that journeys wait for."""

from __future__ import annotations

from decimal import Decimal

import pytest

from channels import delivery, follow_ups
from channels.follow_ups import NotOpen
from channels.models import FollowUp
from channels.vocabulary import FollowUpResult
from content import offers
from members.models import Event, Touchpoint
from tests import cast
from tests.cast import HOUR, NOW
from tests.channels import outbox
from tests.channels.deliveries import granted
from tests.channels.test_desk import call, team

pytestmark = pytest.mark.django_db


@pytest.fixture
def given() -> FollowUp:
    """A call to Ada about an offer, which lies with the team in Berlin."""
    desk, ada = outbox.sender("desk"), cast.ada()
    grant = granted(ada)
    call(ada, team(store=cast.berlin()), offer_id=grant.offer_id)
    assert delivery.deliver(desk, NOW).sent == 1
    return FollowUp.objects.get()


def test_a_result_makes_it_done_and_a_call_in_the_members_history(given: FollowUp) -> None:
    rosa = cast.rep()
    follow_ups.close(given, FollowUpResult.AGREED, "Comes on Friday.", rosa, NOW + HOUR)
    given.refresh_from_db()
    assert (given.state, given.result, given.note) == ("done", "agreed", "Comes on Friday.")
    assert (given.assignee, given.closed_at) == (rosa, NOW + HOUR)
    told = Touchpoint.objects.get(kind="call")
    assert (told.channel, told.direction, told.outcome, told.text) == ("desk", "out", "agreed", "Comes on Friday.")
    assert (told.who, told.who_name, told.store, told.message_id) == (rosa, "Rosa", cast.berlin(), given.message_id)
    assert (told.journey_name, told.offer_name, told.price) == ("First", "Tea at ten", Decimal("10.00"))


def test_a_result_is_a_fact_that_journeys_wait_for(given: FollowUp) -> None:
    follow_ups.close(given, FollowUpResult.NOT_REACHED, "", cast.rep(), NOW)
    fact = Event.objects.get()
    assert (fact.name, fact.member, fact.happened_at) == ("follow_up.not_reached", given.member, NOW)
    assert fact.properties == {
        "team": "recovery",
        "journey": "First",
        "step": "mail",
        "content": "Call",
        "offer": "Tea at ten",
    }


def test_who_comes_second_is_told_who_was_first(given: FollowUp) -> None:
    again = FollowUp.objects.get()
    follow_ups.close(given, FollowUpResult.REACHED, "", cast.rep(), NOW)
    with pytest.raises(NotOpen, match="rosa noted a result at 2026-03-10 11:00 UTC"):
        follow_ups.close(again, FollowUpResult.AGREED, "", cast.administrator(), NOW + HOUR)
    assert FollowUp.objects.get().result == "reached"
    assert Touchpoint.objects.filter(kind="call").count() == 1


def test_one_whose_offer_was_taken_meanwhile_is_over(given: FollowUp) -> None:
    stale = FollowUp.objects.get()
    assert stale.message.grant is not None
    offers.withdraw([stale.message.grant.pk], NOW)
    with pytest.raises(NotOpen, match="its offer was taken"):
        follow_ups.close(stale, FollowUpResult.AGREED, "", cast.rep(), NOW + HOUR)
    assert not Event.objects.exists()
