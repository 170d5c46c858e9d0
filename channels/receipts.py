"""The way back: what carriers tell about messages, taken in once, however often they tell it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from channels import happenings, replies
from channels.base import ReceiptEvent, ReceiptKind
from channels.happenings import About, Happening
from channels.models import Sender
from channels.receiving import Received, receive, storable
from channels.stopwords import Wish
from channels.vocabulary import State
from members import consent
from members.identities import BadAddress, normalise
from members.vocabulary import Direction, TouchpointKind

_SETTLES = {
    ReceiptKind.DELIVERED: (State.DELIVERED, TouchpointKind.DELIVERED),
    ReceiptKind.FAILED: (State.FAILED, TouchpointKind.FAILED),
    ReceiptKind.BOUNCED: (State.FAILED, TouchpointKind.FAILED),
}
_SUPPRESSES = {ReceiptKind.BOUNCED, ReceiptKind.COMPLAINED}


@dataclass(frozen=True)
class Accepted:
    """How many receipts were new, were known already, and concern nobody who is known (they are kept as well)."""

    new: int = 0
    repeated: int = 0
    unknown: int = 0


def accept(sender: Sender, events: Iterable[ReceiptEvent], now: datetime) -> Accepted:
    """Take in what a sender's carrier told, all of it or, when the database fails, none.

    Messages are settled, dead and complaining addresses suppressed, STOP words obeyed; everything that is new becomes a
    touchpoint and a fact. The same receipts again change nothing.
    """
    told = [_readable(event, sender.channel) for event in events]
    if not told:
        return Accepted()
    with transaction.atomic():
        received = receive(sender, told, now)
        _suppress(sender, received, now)
        known = [each for each in received if each.member_id is not None]
        happenings.tell(_happenings(sender, known, now), now)
    return Accepted(len(known), len(told) - len(received), len(received) - len(known))


def _readable(event: ReceiptEvent, channel: str) -> ReceiptEvent:
    texts = {name: storable(getattr(event, name)) for name in ("key", "payload", "carrier_id", "text")}
    return replace(event, **texts, address=_address(channel, event.address))


def _address(channel: str, address: str) -> str:
    try:
        return normalise(channel, address) if address else ""
    except BadAddress:
        return ""  # nobody has such an address; the receipt may still name its message


def _suppress(sender: Sender, received: Sequence[Received], now: datetime) -> None:
    reasons = {
        ReceiptKind.BOUNCED: _("It bounced: %(words)s"),
        ReceiptKind.COMPLAINED: _("The member complained: %(words)s"),
    }
    # In the order of addresses, so that two batches with the same ones do not deadlock.
    for each in sorted(received, key=lambda each: each.address):
        if each.event.kind in _SUPPRESSES and each.address:
            reason = reasons[each.event.kind] % {"words": each.event.text or sender.name}
            consent.suppress(sender.channel, each.address, reason, now)


def _happenings(sender: Sender, received: Sequence[Received], now: datetime) -> list[Happening]:
    known = happenings.about(each.message_id for each in received if each.message_id is not None)
    found = []
    for each in received:
        about = known.get(each.message_id or 0) or About(each.member_id or 0, sender.channel)
        if each.event.kind is ReceiptKind.REPLIED:
            found.append(_replied(each, about, now))
        elif each.event.kind is ReceiptKind.COMPLAINED:
            found.append(_happening(each, about, TouchpointKind.COMPLAINED))
        else:
            found += _settled(each, about)
    return found


def _settled(each: Received, about: About) -> list[Happening]:
    """Return what a receipt about the message's fate tells, nothing if it changed nothing.

    A message that was waiting for another attempt had left all the same, and nobody noted that yet.
    """
    state, kind = _SETTLES[each.event.kind]
    blocked = each.event.kind is ReceiptKind.BOUNCED and not (each.event.message_key or each.event.carrier_id)
    if each.after != state and not blocked:
        return []
    told = [_happening(each, about, kind)]
    if each.before in {State.QUEUED, State.CLAIMED, State.FAILED}:
        departed = replace(told[0], kind=TouchpointKind.MESSAGE, direction=Direction.OUT, outcome=State.SENT)
        told.insert(0, replace(departed, key=f"{departed.key} sent"))
    return told


def _replied(each: Received, about: About, now: datetime) -> Happening:
    obeyed = replies.obey(about.channel, each.address, each.event.text, now)
    kind = TouchpointKind.UNSUBSCRIBED if obeyed is Wish.STOP else TouchpointKind.REPLIED
    return _happening(each, about, kind, str(obeyed or ""))


def _happening(each: Received, about: About, kind: TouchpointKind, outcome: str = "") -> Happening:
    outcome = outcome or (str(each.event.kind) if each.event.kind is ReceiptKind.BOUNCED else "")
    return Happening(kind, about, each.event.happened_at, f"receipt {each.receipt_id}", each.event.text, outcome)
