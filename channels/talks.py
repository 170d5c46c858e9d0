"""Calls and notes that no follow-up asked for: the member rang, or somebody wants the next one to know something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from channels.happenings import SOURCE
from channels.vocabulary import FollowUpResult
from content.models import Grant
from members import audit_log, facts, touchpoints
from members.facts import EventFact
from members.models import Member, Touchpoint, User
from members.vocabulary import Channel, Deed, Direction, TouchpointKind


@dataclass(frozen=True)
class Talk:
    """A call with its result, or a note without one. `direction` says who rang; `grant` is what it was about."""

    text: str
    result: FollowUpResult | None = None
    direction: Direction = Direction.IN
    grant: Grant | None = None

    @property
    def kind(self) -> TouchpointKind:
        """What it is in the member's history."""
        return TouchpointKind.CALL if self.result else TouchpointKind.NOTE


def log(member: Member, talk: Talk, *, who: User, request_key: str, now: datetime) -> bool:
    """Put a call or a note into a member's history; the event is `call.<result>` or `note.written`.

    A request that is repeated (the same `request_key`) changes nothing. Returns whether it is new.
    """
    name = f"call.{talk.result}" if talk.result else "note.written"
    said = {"direction": talk.direction.value, "offer": talk.grant.offer.name if talk.grant else ""}
    event = EventFact(
        member.pk,
        now,
        SOURCE,
        f"talk {who.pk} {request_key}",
        name,
        {key: value for key, value in said.items() if value},
    )
    with transaction.atomic():
        new = facts.record([event], now).new > 0
        if new:
            touchpoints.record([_contact(member, talk, who, now)], now)
            audit_log.note(who, Deed.CONTACTED, member, name)
    return new


def _contact(member: Member, talk: Talk, who: User, now: datetime) -> Touchpoint:
    grant = talk.grant
    return Touchpoint(
        member=member,
        happened_at=now,
        channel=Channel.DESK,
        direction=talk.direction,
        kind=talk.kind,
        who=who,
        who_name=who.known_as,
        store_id=who.store_id,
        offer_id=grant.offer_id if grant else None,
        offer_name=grant.offer.name if grant else "",
        grant_id=grant.pk if grant else None,
        price=grant.price if grant else None,
        currency=grant.currency if grant else "",
        text=talk.text,
        outcome=talk.result.value if talk.result else "",
    )
