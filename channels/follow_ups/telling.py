"""What is told of a contact on a follow-up: to the member's history, and to the journeys that wait for it."""

from __future__ import annotations

from datetime import datetime

from channels import happenings
from channels.happenings import SOURCE, About
from channels.models import FollowUp
from members import facts, touchpoints
from members.facts import EventFact
from members.models import FactKey, Touchpoint, User
from members.vocabulary import Channel, Direction, TouchpointKind


def key(follow_up: FollowUp, request_key: str) -> str:
    """Return the key of the fact that a request to note a contact makes."""
    return f"follow_up {follow_up.pk} {request_key}"


def is_known(follow_up: FollowUp, request_key: str) -> bool:
    """Say whether a request to note a contact was done before."""
    return FactKey.objects.filter(source=SOURCE, key=key(follow_up, request_key), kind="event").exists()


def tell(follow_up: FollowUp, who: User, request_key: str, now: datetime) -> None:
    """Tell what came of the last contact: the event `follow_up.<result>`, and a call in the member's history."""
    about = happenings.about([follow_up.message_id])[follow_up.message_id]
    facts.record([_event(follow_up, about, request_key, now)], now)
    touchpoints.record([_call(follow_up, about, who, now)], now)


def _event(follow_up: FollowUp, about: About, request_key: str, now: datetime) -> EventFact:
    properties = {
        "team": follow_up.team.key,
        "journey": about.journey_name,
        "step": about.step_key,
        "content": about.content_name,
        "offer": about.offer_name,
        "intent": follow_up.intent,
        "next_contact": follow_up.due_at.isoformat() if follow_up.promised else "",
    }
    said = {name: value for name, value in properties.items() if value}
    name = f"follow_up.{follow_up.result}"
    return EventFact(follow_up.member_id, now, SOURCE, key(follow_up, request_key), name, said)


def _call(follow_up: FollowUp, about: About, who: User, now: datetime) -> Touchpoint:
    return Touchpoint(
        member_id=follow_up.member_id,
        happened_at=now,
        channel=Channel.DESK,
        direction=Direction.OUT,
        kind=TouchpointKind.CALL,
        who=who,
        who_name=who.known_as,
        store_id=follow_up.team.store_id,
        message_id=about.message_id,
        journey_id=about.journey_id,
        journey_name=about.journey_name,
        offer_id=about.offer_id,
        offer_name=about.offer_name,
        grant_id=about.grant_id,
        price=about.price,
        currency=about.currency,
        content_id=about.content_id,
        content_name=about.content_name,
        text=follow_up.note,
        outcome=follow_up.result,
    )
