"""Journeys drawn by tests, and time that passes for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from channels.models import Message
from journeys import engine, publishing, work
from journeys.models import Enrollment, Journey, Trace
from members import segments
from members.models import Member, Segment
from tests.cast import NOW

ANYBODY: dict[str, Any] = {"profile": {"field": "external_id", "op": "is_set"}}


def segment(key: str, rule: Mapping[str, Any], now: datetime = NOW) -> Segment:
    """A segment that is kept up to date from now on."""
    made = Segment.objects.create(key=key, name=key, rule=dict(rule))
    segments.activate(made)
    segments.refresh(made, now)
    return made


def published(steps: list[dict[str, Any]], now: datetime = NOW, key: str = "first", **head: Any) -> Journey:
    """A live journey with these steps, entered by the event `go` unless `head` says otherwise."""
    definition = {
        "key": key,
        "name": key.title(),
        "kind": "opportunity",
        "entry": {"fact": {"topic": "event", "name": "go"}},
        "steps": steps,
        **head,
    }
    journey = Journey.objects.create(key=key, name=key.title(), kind=definition["kind"])
    publishing.publish(journey, definition, now)
    journey.refresh_from_db()
    return journey


def tick(now: datetime) -> None:
    """Let every shard with work do it."""
    for shards in work.groups(now):
        engine.tick(shards, now)


def stands(who: Member, journey: Journey | None = None) -> str:
    """Where the member's latest enrollment stands: the step's key, or why it ended."""
    found = Enrollment.objects.filter(member=who, **({"journey": journey} if journey else {})).order_by("-id").first()
    if found is None:
        return "nowhere"
    return found.end_reason or (found.step.key if found.step else found.state)


def told(who: Member) -> list[tuple[str, str, str]]:
    """The member's trace as (step, outcome, reason)."""
    return list(Trace.objects.filter(member=who).order_by("id").values_list("step_key", "outcome", "reason"))


def messages(who: Member) -> list[tuple[str, str, str]]:
    """The messages to the member as (step, state, reason)."""
    return list(
        Message.objects.to_members().filter(member=who).order_by("id").values_list("step_key", "state", "reason")
    )
