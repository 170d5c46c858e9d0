"""Composing: claimed messages filled in for their members, ready for a carrier."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError
from django.utils.translation import gettext as _

from channels import letters
from channels.addresses import receipt_url, sample_unsubscribe_url, unsubscribe_url
from channels.base import Outgoing
from channels.claims import Claimed
from channels.models import Sender
from channels.vocabulary import OriginKind
from content.models import Variant
from content.rendering import About, BadTemplate, Letter, Order, Rendered, render_all, variants
from members.vocabulary import Channel, Purpose

CHUNK = 200  # so many are filled in together: a few queries for all of them
_STOPPABLE = {Channel.EMAIL, Channel.SMS, Channel.CHAT}
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Composed:
    """What can be handed over, and for the rest the sentence that says why it cannot, by message id."""

    outgoing: Sequence[Outgoing]
    unrendered: Mapping[int, str]


def compose(sender: Sender, messages: Sequence[Claimed], now: datetime) -> Composed:
    """Fill in messages of a sender. A template that fails for one member does not hold up the others.

    A webhook says its payload as it was stored, byte for byte in every attempt.
    """
    said = [
        _outgoing(sender, message, Rendered("", message.payload), "", now)
        for message in messages
        if message.payload is not None
    ]
    if len(said) == len(messages):
        return Composed(said, {})
    written = _written(sender, [message for message in messages if message.payload is None], now)
    return Composed([*said, *written.outgoing], written.unrendered)


def _written(sender: Sender, messages: Sequence[Claimed], now: datetime) -> Composed:
    found = variants((message.content_id or 0, message.channel, message.language) for message in messages)
    letter = letters.written(message.id for message in messages if message.origin_kind == OriginKind.REP)
    orders = {message.id: _order(message, found, letter.get(message.id)) for message in messages}
    known = [order for order in orders.values() if order]
    rendered = dict(zip((order.message_id for order in known), _rendered(known), strict=True))
    outgoing, unrendered = [], {}
    for message in messages:
        order, made = orders[message.id], rendered.get(message.id)
        if isinstance(made, Rendered) and order:
            outgoing.append(_outgoing(sender, message, made, order.unsubscribe_url, now))
        else:
            unrendered[message.id] = str(made) if made else _("The content's variant is not there any more.")
    return Composed(outgoing, unrendered)


def _order(message: Claimed, found: Mapping[tuple[int, str, str], Variant], letter: Letter | None) -> Order | None:
    variant = found.get((message.content_id or 0, message.channel, message.language))
    if variant is None:
        return None
    # What members just asked for themselves has nothing to unsubscribe from, and nobody clicks at a desk.
    test = message.origin_kind == OriginKind.TEST
    purpose = variant.content.purpose if test else message.purpose
    stoppable = message.channel in _STOPPABLE and purpose != Purpose.TRANSACTIONAL
    stop = (sample_unsubscribe_url() if test else unsubscribe_url(message.key)) if stoppable else ""
    about = About(message.member_id, message.language, message.grant_id, message.journey_name, letter)
    return Order(message.id, variant, about, stop)


def _rendered(orders: Sequence[Order]) -> list[Rendered | BadTemplate | str]:
    try:
        return list(render_all(orders))
    except DatabaseError:
        raise
    except Exception:  # noqa: BLE001 - nothing must come back and break it again, for ever
        # One of them breaks the renderer itself. Alone it is found and cancelled; together they would all come back.
        _log.exception("Rendering %d messages broke; they are rendered one by one.", len(orders))
        return [_alone(order) for order in orders]


def _alone(order: Order) -> Rendered | BadTemplate | str:
    try:
        return render_all([order])[0]
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001 - logged, and told on the message
        _log.exception("A message cannot be rendered.", extra={"messages": [order.message_id]})
        return _("Rendering broke: %(error)s.") % {"error": f"{type(error).__name__}: {error}"}


def _outgoing(sender: Sender, message: Claimed, made: Rendered, stop: str, now: datetime) -> Outgoing:
    return Outgoing(
        message_id=message.id,
        key=message.key,
        member_id=message.member_id,
        address=message.address,
        text=made.text,
        subject=made.subject,
        html=made.html,
        unsubscribe_url=stop,
        receipt_url=receipt_url(sender.token, message.key),
        team_id=message.team_id,
        priority=message.priority,
        now=now,
        stored=message.payload is not None,
    )
