"""What happened to messages after they left, told to the rest of the house: each is a touchpoint and a fact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from channels.vocabulary import to_member
from members import facts, touchpoints
from members.facts import EventFact
from members.models import Touchpoint
from members.sql import rows
from members.vocabulary import Direction, TouchpointKind

SOURCE = "channels"

_ABOUT = f"""
SELECT x.member_id, x.channel, x.id AS message_id, x.public_id::text AS key, x.journey_id, x.journey_name, x.step_key,
       g.offer_id, COALESCE(o.name, '') AS offer_name, x.grant_id, x.price, x.currency,
       x.content_id, c.name AS content_name
FROM channels_message x
JOIN content_content c ON c.id = x.content_id
LEFT JOIN content_grant g ON g.id = x.grant_id
LEFT JOIN content_offer o ON o.id = g.offer_id
WHERE x.id = ANY(%(ids)s) AND {to_member("x")}
"""


@dataclass(frozen=True)
class About:
    """Whom and what a happening is about; only the member and the channel are always known."""

    member_id: int
    channel: str
    message_id: int | None = None
    key: str = ""
    journey_id: int | None = None
    journey_name: str = ""
    step_key: str = ""
    offer_id: int | None = None
    offer_name: str = ""
    grant_id: int | None = None
    price: Decimal | None = None
    currency: str = ""
    content_id: int | None = None
    content_name: str = ""


@dataclass(frozen=True)
class Happening:
    """One thing that happened, at the carrier's time. `key` names it: told again, it changes nothing.

    `text` is what the member wrote, the link that was clicked or the carrier's words; `outcome` is one word more.
    """

    kind: TouchpointKind
    about: About
    happened_at: datetime
    key: str
    text: str = ""
    outcome: str = ""
    direction: Direction = Direction.IN


def about(message_ids: Iterable[int]) -> dict[int, About]:
    """Return what is to be said about messages, by their ids; nothing about those that members never saw."""
    found = [About(*row) for row in rows(_ABOUT, {"ids": list(message_ids)})]
    return {each.message_id: each for each in found if each.message_id is not None}


def tell(happenings: Sequence[Happening], now: datetime) -> int:
    """Append a touchpoint for each, and a fact for what came from outside; returns how many facts were new.

    The event is `message.<kind>`. No time lies after `now`: a carrier's clock may be fast. Called in a transaction.
    """
    recorded = facts.record([_event(each, now) for each in happenings if each.direction is Direction.IN], now)
    touchpoints.record([_touchpoint(each, now) for each in happenings], now)
    return recorded.new


def tell_once(happening: Happening, now: datetime) -> bool:
    """Tell of something unless it was told before under the same key. Returns whether it is new."""
    new = facts.record([_event(happening, now)], now).new > 0
    if new:
        touchpoints.record([_touchpoint(happening, now)], now)
    return new


def _event(happening: Happening, now: datetime) -> EventFact:
    known = happening.about
    properties: dict[str, Any] = {
        "message": known.key,
        "journey": known.journey_name,
        "step": known.step_key,
        "content": known.content_name,
        "offer": known.offer_name,
        "channel": known.channel,
        "text": happening.text,
        "outcome": happening.outcome,
    }
    said = {name: value for name, value in properties.items() if value}
    at = min(happening.happened_at, now)
    return EventFact(known.member_id, at, SOURCE, happening.key, f"message.{happening.kind}", said)


def _touchpoint(happening: Happening, now: datetime) -> Touchpoint:
    known = happening.about
    return Touchpoint(
        member_id=known.member_id,
        happened_at=min(happening.happened_at, now),
        channel=known.channel,
        direction=happening.direction,
        kind=happening.kind,
        message_id=known.message_id,
        journey_id=known.journey_id,
        journey_name=known.journey_name,
        offer_id=known.offer_id,
        offer_name=known.offer_name,
        grant_id=known.grant_id,
        price=known.price,
        currency=known.currency,
        content_id=known.content_id,
        content_name=known.content_name,
        text=happening.text,
        outcome=happening.outcome,
    )
