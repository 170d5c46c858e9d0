"""Wanting a message: what the outbox is asked for, and where the journey goes on with its answer."""

from datetime import timedelta
from typing import Any

import pytest

from channels.models import Message, Team
from content.models import Content, Grant, Offer
from journeys.models import Enrollment, Journey
from journeys.steps.base import SendingKind, kinds
from members.models import Consent
from members.sql import rows
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.channels.outbox import sender
from tests.journeys.drawn import messages, published, stands, tick, told
from tests.journeys.shop import furnish, send, step, wait
from tests.journeys.steps.asked import at_step, cohort, step_at

pytestmark = pytest.mark.django_db
NAMES = (
    *("origin_kind", "origin_id", "step_key", "visit", "member_id", "content_id", "offer_id", "channels", "priority"),
    *("expires_at", "journey_id", "journey_name", "once_key", "team_id", "losing"),
)


@pytest.fixture(autouse=True)
def shop() -> None:
    furnish()


def wanted(journey: Journey, key: str) -> dict[int, dict[str, Any]]:
    """What the step asks the outbox for, by enrollment."""
    at = step_at(journey, key)
    kind = kinds()[at.kind]
    assert isinstance(kind, SendingKind)
    found = kind.candidates(at, cohort(journey, key), NOW + HOUR)
    listed = rows(f"SELECT {', '.join(NAMES)} FROM ({found.text}) w", found.params)
    return {row[1]: dict(zip(NAMES, row, strict=True)) for row in listed}


def standing(journey: Journey, key: str, **fields: Any) -> Enrollment:
    return at_step(journey, key, cast.ada(), **fields)


def test_a_message_is_wanted_with_everything_the_outbox_asks() -> None:
    journey = published([send()], name="First contact", priority=20)
    ada = standing(journey, "mail", visit=3)
    assert wanted(journey, "mail")[ada.pk] == {
        "origin_kind": "enrollment",
        "origin_id": ada.pk,
        "step_key": "mail",
        "visit": 3,
        "member_id": ada.member_id,
        "content_id": Content.objects.get(key="hello").pk,
        "offer_id": None,
        "channels": ["preferred", "email"],
        "priority": 20,
        "expires_at": NOW + 3 * DAY,
        "journey_id": journey.pk,
        "journey_name": "First contact",
        "once_key": "",
        "team_id": None,
        "losing": "defer",
    }


def test_the_step_may_say_it_differently() -> None:
    settings: dict[str, Any] = {"deadline": {"hours": 6}, "losing": "drop", "priority": 5}
    journey = published([send(content="promise", offer="five-off", **settings)])
    ada = standing(journey, "mail")
    found = wanted(journey, "mail")[ada.pk]
    assert found["offer_id"] == Offer.objects.get(key="five-off").pk
    assert (found["expires_at"], found["losing"], found["priority"]) == (NOW + 6 * HOUR, "drop", 5)


def test_a_message_speaks_of_the_offer_granted_before() -> None:
    journey = published([step("grant_offer", offer="ten-off"), send(content="promise")])
    ada = standing(journey, "mail")
    assert wanted(journey, "mail")[ada.pk]["offer_id"] == Offer.objects.get(key="ten-off").pk


def test_a_follow_up_goes_to_its_team_by_the_desk_alone_and_to_every_member() -> None:
    journey = published([step("follow_up", content="script", team="recovery", due_in={"days": 1})])
    ada = standing(journey, "follow-up")
    found = wanted(journey, "follow-up")[ada.pk]
    assert (found["channels"], found["team_id"]) == (["desk"], Team.objects.get(key="recovery").pk)
    assert (found["expires_at"], found["once_key"]) == (NOW + DAY, None)


def test_queued_messages_lead_on_and_refused_ones_along_the_other_path() -> None:
    sender("email")
    published([send(otherwise=[wait("elsewhere")]), wait("onward")])
    ada, ben = cast.ada(), cast.ben()
    Consent.objects.filter(member=ben).delete()
    for who in (ada, ben):
        cast.event(who, "go")
    tick(NOW)
    assert (stands(ada), stands(ben)) == ("onward", "elsewhere")
    assert messages(ada) == [("mail", "queued", "")]
    assert ("mail", "not_sent", "no_consent") in told(ben)


def test_a_message_carries_the_price_that_was_granted() -> None:
    sender("email")
    published([step("grant_offer", offer="ten-off"), send(content="promise"), wait()])
    ada = cast.ada()
    cast.event(ada, "go")
    tick(NOW)
    message = Message.objects.get(member=ada)
    grant = Grant.objects.get(member=ada)
    assert (message.grant, message.price, message.currency) == (grant, grant.price, grant.currency)


def test_a_follow_up_becomes_a_message_to_people() -> None:
    sender("desk")
    published([step("follow_up", content="script", team="recovery"), wait()])
    dora = cast.dora()
    cast.event(dora, "go")
    tick(NOW)
    message = Message.objects.get(member=dora)
    assert (message.channel, message.team_id) == ("desk", Team.objects.get().pk)
    assert message.expires_at == NOW + timedelta(days=3)
