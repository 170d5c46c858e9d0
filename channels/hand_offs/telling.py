"""What is told of hand-offs: to the member's history, and to the journeys that wait for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from channels.happenings import SOURCE
from channels.models import HandOff
from channels.vocabulary import HandOffState
from members import facts, touchpoints
from members.facts import EventFact
from members.models import Touchpoint, User
from members.vocabulary import Channel, Direction, TouchpointKind

AGREED = HandOffState.AGREED.value


def tell(hand_off: HandOff, what: str, who: User, now: datetime) -> None:
    """Tell that a hand-off was agreed, or how somebody ended it. Called in the transaction that did so."""
    facts.record([_event(hand_off, what, now)], now)
    touchpoints.record([_contact(hand_off, what, who, now)], now)


def tell_closed(hand_offs: Iterable[HandOff], now: datetime) -> None:
    """Tell the journeys that hand-offs closed by themselves; the history has what closed them."""
    facts.record([_event(one, HandOffState.CLOSED.value, now) for one in hand_offs], now)


def _event(hand_off: HandOff, what: str, now: datetime) -> EventFact:
    properties: dict[str, Any] = {
        "store": hand_off.store.code,
        "offer": hand_off.grant.offer.name if hand_off.grant else "",
        "team": hand_off.team.key if hand_off.team else "",
        "reason": hand_off.reason,
    }
    said = {name: value for name, value in properties.items() if value}
    # A redemption that is undone opens its hand-off again, and it may close once more.
    key = f"hand_off {hand_off.pk} {what} {now.isoformat()}"
    return EventFact(hand_off.member_id, now, SOURCE, key, f"hand_off.{what}", said)


def _contact(hand_off: HandOff, what: str, who: User, now: datetime) -> Touchpoint:
    came = what == HandOffState.DONE
    grant, content = hand_off.grant, hand_off.content
    return Touchpoint(
        member_id=hand_off.member_id,
        happened_at=now,
        channel=Channel.DESK if what == AGREED else Channel.COUNTER,
        direction=Direction.OUT if what == AGREED else Direction.IN,
        kind=TouchpointKind.VISIT if came else TouchpointKind.HAND_OFF,
        who=who,
        who_name=who.known_as,
        store=hand_off.store,
        offer_id=grant.offer_id if grant else None,
        offer_name=grant.offer.name if grant else "",
        grant_id=hand_off.grant_id,
        price=grant.price if grant else None,
        currency=grant.currency if grant else "",
        content_id=hand_off.content_id,
        content_name=content.name if content else "",
        text=hand_off.note if what == AGREED else hand_off.answer,
        outcome=what,
    )
