"""Messages that have left already, made by hand, and the receipts that carriers send about them."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from channels.base import ReceiptEvent, ReceiptKind
from channels.models import Message, Sender
from channels.vocabulary import Reason, State
from content.models import Content
from members.models import Member
from tests.cast import NOW
from tests.channels import outbox

_origins = count(1)
_keys = count(1)
_WHY = {State.FAILED: Reason.BOUNCED, State.REFUSED: Reason.CARRIER_REFUSED, State.UNCONFIRMED: Reason.FATE_UNKNOWN}


def message(who: Member, sender: Sender, at: datetime = NOW, **fields: Any) -> Message:
    """A message that was handed over at a time and is `sent`, unless `fields` say otherwise."""
    what = Content.objects.filter(key="hello").first() or outbox.content()
    address = who.identities.filter(channel=sender.channel).values_list("address", flat=True).first() or ""
    state = fields.get("state", State.SENT)
    made = {
        "member": who,
        "sender": sender,
        "channel": sender.channel,
        "address": address,
        "purpose": what.purpose,
        "language": "en",
        "content": what,
        "origin_kind": "enrollment",
        "origin_id": next(_origins),
        "step_key": "mail",
        "visit": 1,
        "journey_id": 7,
        "journey_name": "Win back",
        "planned_day": at.date(),
        "queued_at": at,
        "planned_at": at,
        "due_at": at,
        "expires_at": at + timedelta(days=3),
        "state": state,
        "attempts": 1,
        "handed_at": at,
        "sent_at": None if state in {State.HANDED, State.UNCONFIRMED} else at,
        "reason": _WHY.get(state, ""),
        "lease_token": uuid4() if state in {State.HANDED, State.CLAIMED} else None,
    }
    return Message.objects.create(**{**made, **fields})


def receipt(kind: ReceiptKind, about: Message | None = None, at: datetime = NOW, **fields: Any) -> ReceiptEvent:
    """What the carrier tells about a message, under a new key."""
    key = str(about.public_id) if about else ""
    return ReceiptEvent(**{"key": f"r{next(_keys)}", "kind": kind, "happened_at": at, "message_key": key, **fields})


def said(text: str, address: str, at: datetime = NOW, **fields: Any) -> ReceiptEvent:
    """What somebody wrote from an address."""
    return receipt(ReceiptKind.REPLIED, at=at, address=address, text=text, **fields)
