"""A step that calls another system: what it is told, once a visit, and what does not limit it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from channels import delivery
from channels.models import Message, PressurePolicy, Sender
from journeys import definitions, publishing, reports
from journeys.definitions import BadDefinition
from members.models import Touchpoint
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.channels.webhook.receiver import SECRET, listening, subscription, webhooks
from tests.content.promises import granted, offer
from tests.journeys.drawn import published, stands, tick, told
from tests.journeys.shop import definition, step

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def club() -> Sender:
    made = subscription("http://127.0.0.1:9999/hooks", "journey.step")
    subscription("http://127.0.0.1:9999/others", "journey.step")  # hears of nothing: no step names it
    return made


def calling(club: Sender, **settings: Any) -> dict[str, Any]:
    return step("webhook", key="call", receiver=club.name, **settings)


def test_a_call_says_who_where_and_what_the_step_names(club: Sender) -> None:
    promised = offer("ten-off", price="7.50")
    profile = ["first_name", "birthday", "store", "sms", "attribute:level", "attribute:none"]
    call = calling(club, profile=profile, offer="ten-off", data={"bonus": 5, "vip": True})
    journey = published([call], entry={"fact": {"topic": "event", "name": "go", "key": "order"}})
    ada, ben = cast.ada(attributes={"level": {"at": 2}}), cast.ben()
    [given] = granted(promised, ada)
    for who in (ada, ben):
        cast.event(who, "go", order="A7")
    tick(NOW)
    [message] = webhooks()
    assert message.payload is not None
    data = message.payload["data"]
    assert (message.payload["type"], message.sender, message.visit) == ("journey.step", club, 1)
    assert (data["member"], data["external_id"]) == (str(ada.public_id), "M-ADA")
    assert (data["journey"], data["version"], data["step"], data["entry_key"]) == ("first", 1, "call", "A7")
    assert data["profile"] == {
        "first_name": "Ada",
        "birthday": "1990-03-14",
        "store": "berlin",
        "sms": "+4915550100001",
        "level": {"at": 2},
        "none": None,
    }
    assert (data["grant"]["grant"], data["grant"]["price"]) == (str(given.public_id), "7.50")
    assert given.code not in str(message.payload)
    assert data["data"] == {"bonus": 5, "vip": True}
    assert told(ada)[-1] == ("call", "queued", "")
    assert told(ben)[-1] == ("call", "not_sent", "no_grant")
    assert reports.journey(journey).messages["queued"] == 0
    assert reports.steps(journey)[0].messages["queued"] == 1


def test_neither_quiet_hours_nor_contact_pressure_nor_consent_limit_it_and_no_visit_calls_twice(club: Sender) -> None:
    PressurePolicy.objects.update_or_create(pk=1, defaults={"messages": 0, "days": 7})
    rest = step("wait", key="rest", duration={"days": 1})
    journey = published([calling(club), rest, step("go_to", step="call", at_most=2)])
    dora = cast.dora()
    cast.event(dora, "go")
    tick(NOW)
    enrollment = dora.enrollments.get()
    enrollment.step = journey.current.steps.get(key="call")  # type: ignore[union-attr]
    enrollment.save()
    tick(NOW + SECOND)
    enrollment.refresh_from_db()
    assert [message.visit for message in webhooks()] == [1]
    for day in (1, 2, 3):
        tick(NOW + day * DAY + HOUR)
    assert [(message.visit, message.purpose) for message in webhooks()] == [(1, "transactional"), (2, "transactional")]
    assert stands(dora) == "finished"


def test_a_receiver_that_is_switched_off_is_told_nothing_and_the_member_takes_otherwise(club: Sender) -> None:
    published([calling(club, otherwise=[step("exit", key="out")])])
    Sender.objects.filter(pk=club.pk).update(active=False)
    ada = cast.ada()
    cast.event(ada, "go")
    tick(NOW)
    assert (told(ada)[-2], stands(ada), webhooks()) == (("call", "not_sent", "no_sender"), "exit_step", [])


def test_a_call_is_delivered_signed_and_stands_in_no_history() -> None:
    with listening() as receiver:
        club = subscription(receiver.url, "journey.step")
        published([calling(club)])
        cast.event(cast.ada(), "go")
        tick(NOW)
        delivery.deliver(club, NOW + SECOND)
    assert [message.state for message in webhooks()] == ["sent"]
    [call] = receiver.calls
    assert call.told["type"] == "journey.step"
    assert call.is_signed_with(SECRET)
    assert not Touchpoint.objects.exists()
    assert not Message.objects.to_members().exists()


def test_a_pause_keeps_a_call_back_and_a_stop_cancels_it(club: Sender) -> None:
    journey = published([calling(club), step("wait", key="rest", duration={"days": 9})])
    cast.event(cast.ada(), "go")
    tick(NOW)
    publishing.pause(journey, NOW)
    assert delivery.deliver(club, NOW + SECOND).claimed == 0
    publishing.stop(journey, NOW + HOUR)
    assert [(message.state, message.reason) for message in webhooks()] == [("cancelled", "ended")]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "steps[0]: the setting `receiver` is missing; add it."),
        ({"receiver": "Clubb"}, "steps[0].receiver: there is no receiver `Clubb` of webhooks; did you mean `Club`?"),
        ({"receiver": "Deaf"}, "steps[0].receiver: the receiver `Deaf` does not listen to `journey.step`;"),
        ({"receiver": "Club", "profile": ["surname"]}, "steps[0].profile[0]: `surname` is not known here;"),
        ({"receiver": "Club", "profile": ["zone", "zone"]}, "steps[0].profile: name each field once, and at most 30."),
        ({"receiver": "Club", "data": {"a": [1]}}, "steps[0].data.a: this must be a text, a number, `true` or"),
        ({"receiver": "Club", "offer": "none"}, "steps[0].offer: there is no offer `none`; create it first"),
    ],
)
def test_what_is_wrong_with_a_call_is_told(settings: dict[str, Any], sentence: str) -> None:
    for name, event in (("Club", "journey.step"), ("Deaf", "message.sent")):
        made = subscription("http://127.0.0.1:9999/hooks", event)
        Sender.objects.filter(pk=made.pk).update(name=name)
    with pytest.raises(BadDefinition) as caught:
        definitions.check(definition(step("webhook", **settings)))
    assert str(caught.value).startswith(sentence)
