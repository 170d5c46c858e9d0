"""Where several journeys want a member: the most important wins, and the trace says of the others who won and why."""

from __future__ import annotations

from typing import Any

import pytest

from channels.models import Message
from journeys.definition.errors import BadDefinition
from journeys.models import Trace
from journeys.wording import told as in_words
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.channels.outbox import at_most, content, sender
from tests.journeys.drawn import messages, published, stands, tick, told

pytestmark = pytest.mark.django_db
SEND: dict[str, Any] = {"key": "mail", "kind": "send", "content": "hello", "channels": ["email"]}
WAIT: dict[str, Any] = {"key": "rest", "kind": "wait", "duration": {"days": 60}}


@pytest.fixture(autouse=True)
def outbox(db: None) -> None:
    content("hello")
    sender("email")


def journey(key: str, **settings: Any) -> None:
    """A live journey with one message."""
    published([{**SEND, "key": key, "deadline": {"days": 30}, **settings}, WAIT], key=key)


def puts_off(step: str) -> int:
    return Trace.objects.filter(step_key=step, outcome="waiting", reason__in=["lost", "capped"]).count()


def test_the_loser_names_the_winner_and_later_the_messages_that_leave_no_room() -> None:
    at_most(1, 7)
    ada = cast.ada()
    journey("high", priority=10)
    journey("low", priority=20)
    cast.event(ada, "go")
    tick(NOW)
    won = Message.objects.get()
    lost = Trace.objects.get(step_key="low")
    policy = {"messages": 1, "days": 7, "purpose": "promotional", "channel": "", "segment": ""}
    kept = dict(lost.detail)
    assert kept.pop("policy").items() >= policy.items()
    assert kept == {"channel": "email", "winner": "High", "winner_message": won.pk}
    assert "It went to “High”." in in_words(lost).words
    tick(NOW + DAY)
    capped = Trace.objects.filter(step_key="low").latest("id")
    assert (capped.reason, capped.detail["messages"]) == ("capped", [won.pk])
    assert "at most 1 promotional in 7 days by all channels together" in in_words(capped).words
    tick(NOW + 7 * DAY)
    assert [step for step, _state, _reason in messages(ada)] == ["high", "low"]


def test_who_was_put_off_as_often_as_the_step_allows_goes_on_without_the_message() -> None:
    """Once for the journey that wins, once for the message in its week; another visit would count anew."""
    at_most(1, 7)
    ada = cast.ada()
    journey("high", priority=10)
    journey("twice", priority=20, defer_at_most=2)
    journey("once", priority=30, defer_at_most=1)
    cast.event(ada, "go")
    for hours in range(0, 8 * 24, 12):
        tick(NOW + hours * HOUR)
    assert [step for step, _state, _reason in messages(ada)] == ["high", "twice"]
    assert (puts_off("twice"), puts_off("once")) == (2, 1)
    assert ("once", "not_sent", "capped") in told(ada)
    assert stands(ada) == "rest"


def test_what_is_dropped_cannot_be_put_off() -> None:
    with pytest.raises(BadDefinition, match="what is dropped is never put off"):
        journey("odd", losing="drop", defer_at_most=2)
    with pytest.raises(BadDefinition, match="whole number from 1 to 99"):
        journey("even", defer_at_most=0)
