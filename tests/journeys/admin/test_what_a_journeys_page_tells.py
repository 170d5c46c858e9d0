"""What stands on a journey's page beside its text: state, versions and numbers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from channels import delivery
from channels.models import Message, Sender
from journeys import drafts, publishing
from journeys.models import Enrollment, Journey
from tests import cast
from tests.cast import DAY, NOW
from tests.journeys.drawn import published, tick

SEND: dict[str, Any] = {"key": "mail", "kind": "send", "content": "hello", "channels": ["email"]}
WAIT: dict[str, Any] = {"key": "rest", "kind": "wait", "duration": {"days": 2}}


def page(client: Client, journey: Journey) -> Any:
    return client.get(reverse("admin:journeys_journey_change", args=[journey.pk]))


def asked(client: Client, journey: Journey, action: str) -> dict[str, object]:
    """The facts beside a question of an action."""
    return dict(client.get(reverse(f"admin:journeys_journey_{action}", args=[journey.pk])).context["facts"])


def enter(*crowd: Any) -> None:
    for who in crowd:
        cast.event(who, "go")
    tick(NOW)


def test_whoever_stands_at_a_step_that_the_new_version_lacks_is_still_shown(marketer: Client) -> None:
    journey = published([WAIT, SEND])
    enter(*cast.crowd(3))
    publishing.publish(journey, {**journey.draft, "steps": [SEND]}, NOW)
    shown = page(marketer, journey)
    assert [(step.key, step.standing, step.former) for step in shown.context["steps"]] == [
        ("mail", 0, False),
        ("rest", 3, True),
    ]
    assert "of an earlier version" in shown.content.decode()
    tick(NOW + 2 * DAY)
    assert [step.key for step in page(marketer, journey).context["steps"]] == ["mail"]


def test_the_state_the_version_and_a_draft_that_differs_are_told(marketer: Client) -> None:
    journey = published([WAIT])
    told = page(marketer, journey).content.decode()
    assert "Version 1, published 2026-03-10 11:00 UTC." in told
    assert "The draft below differs" not in told
    drafts.save({**journey.draft, "steps": [SEND]})
    publishing.pause(journey, NOW)
    told = page(marketer, journey).content.decode()
    assert "The draft below differs" in told
    assert "Paused" in told


def test_messages_that_will_never_leave_do_not_count_as_waiting(marketer: Client) -> None:
    journey = published([SEND])
    enter(*cast.crowd(3))
    assert asked(marketer, journey, "pause")["Messages waiting"] == "3"
    first, second, _third = Message.objects.order_by("pk")
    Message.objects.filter(pk=first.pk).update(state="refused", reason="carrier_refused")
    Message.objects.filter(pk=second.pk).update(state="unconfirmed", reason="fate_unknown")
    assert asked(marketer, journey, "pause")["Messages waiting"] == "1"


def test_a_steps_messages_that_failed_are_told(marketer: Client) -> None:
    """Nobody listens where the sender would hand it over, and its deadline passes."""
    journey = published([SEND])
    enter(cast.ada())
    assert page(marketer, journey).context["steps"][0].messages == {
        "queued": 1,
        "sent": 0,
        "delivered": 0,
        "clicked": 0,
    }
    Sender.objects.update(active=False)
    delivery.expire(NOW + 4 * DAY)
    assert page(marketer, journey).context["steps"][0].messages["cancelled"] == 1


def test_an_enrollment_is_named_by_its_member_and_journey(marketer: Client) -> None:
    published([WAIT])
    enter(cast.ada())
    found = Enrollment.objects.get()
    assert str(found) == "Ada Berg · First"


@pytest.mark.parametrize("wrong", ["²", "9" * 30, "x"])
def test_an_enrollment_that_is_not_there_leads_back(marketer: Client, wrong: str) -> None:
    assert marketer.get(reverse("admin:journeys_enrollment_change", args=[wrong])).status_code == 302
