"""Granting an offer from a journey: who has it afterwards, who has not, and why not."""

from datetime import timedelta
from typing import Any

import pytest

from content.models import Grant, Offer
from journeys.models import Enrollment, Journey
from members.models import Member
from tests import cast
from tests.cast import HOUR, NOW
from tests.content.promises import granted, offer
from tests.journeys.drawn import published, stands, tick, told
from tests.journeys.shop import step, wait
from tests.journeys.steps.asked import Decided, act, at_step, decide

pytestmark = pytest.mark.django_db


def granting(who: Member, **fields: Any) -> tuple[Journey, Enrollment]:
    """A journey that grants an offer, and the member who stands there."""
    offer("ten-off", **fields)
    journey = published([step("grant_offer", offer="ten-off")])
    return journey, at_step(journey, "grant-offer", who)


def decided(journey: Journey, who: Enrollment) -> Decided:
    act(journey, "grant-offer")
    return decide(journey, "grant-offer")[who.pk]


def test_a_member_whose_slot_is_free_is_granted_the_offer() -> None:
    journey, ada = granting(cast.ada())
    found = decided(journey, ada)
    grant = Grant.objects.get(member=ada.member)
    assert found == ("granted", None, "", {"grant": grant.pk})
    assert (grant.origin_kind, grant.origin_id, grant.step_key, grant.visit) == ("enrollment", ada.pk, "grant-offer", 1)


def test_a_repeat_finds_the_first_grant() -> None:
    journey, ada = granting(cast.ada())
    assert decided(journey, ada) == decided(journey, ada)
    assert Grant.objects.count() == 1


def test_a_live_grant_of_the_same_offer_serves_as_well() -> None:
    journey, ada = granting(cast.ada())
    [grant] = granted(Offer.objects.get(key="ten-off"), ada.member)
    assert decided(journey, ada) == ("granted", None, "", {"grant": grant.pk})


def test_another_offer_in_the_slot_stands_in_the_way_and_is_named() -> None:
    journey, ada = granting(cast.ada())
    granted(offer("twenty-off", name="Twenty off"), ada.member)
    assert decided(journey, ada) == ("not_granted", None, "slot_taken", {"taken_by": "Twenty off"})


@pytest.mark.parametrize(
    "fields",
    [{"active": False}, {"starts_at": NOW + HOUR}, {"ends_at": NOW - HOUR}],
    ids=["switched off", "not yet", "no more"],
)
def test_an_offer_that_is_not_to_be_had(fields: dict[str, Any]) -> None:
    journey, ada = granting(cast.ada(), **fields)
    assert decided(journey, ada) == ("not_granted", None, "offer_over", {})


def test_an_expired_grant_is_no_grant_and_takes_no_slot() -> None:
    journey, ada = granting(cast.ada())
    granted(Offer.objects.get(key="ten-off"), ada.member, now=NOW - timedelta(days=30))
    Grant.objects.update(state="expired")
    assert decided(journey, ada).outcome == "granted"
    assert Grant.objects.filter(state="live").count() == 1


def test_a_cohort_is_decided_together() -> None:
    journey, ada = granting(cast.ada())
    others = [at_step(journey, "grant-offer", who) for who in cast.crowd(5)]
    granted(offer("twenty-off"), others[0].member)
    act(journey, "grant-offer")
    found = decide(journey, "grant-offer")
    assert [found[one.pk].outcome for one in (ada, *others)] == ["granted", "not_granted", *["granted"] * 4]


def test_who_does_not_get_it_takes_the_other_path() -> None:
    offer("ten-off", active=False)
    granting = step("grant_offer", offer="ten-off", otherwise=[wait("sorry")])
    published([granting, wait("glad")])
    ada = cast.ada()
    cast.event(ada, "go")
    tick(NOW)
    assert stands(ada) == "sorry"
    assert ("grant-offer", "not_granted", "offer_over") in told(ada)
