"""One click stops the messages of a kind: RFC 8058, and the page behind the link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from channels import happenings
from channels.happenings import About, Happening
from channels.models import Message
from members import consent
from members.models import Identity
from members.sql import Sql
from members.vocabulary import Channel, Purpose, TouchpointKind

SOURCE = "unsubscribe"

# The member who got the message, even if the address is another one by now, and whoever has the address.
_MEMBERS = """
SELECT member_id FROM channels_message WHERE id = %(message)s
UNION SELECT member_id FROM members_identity WHERE channel = %(channel)s AND address = %(address)s
"""


@dataclass(frozen=True)
class Subscription:
    """What an unsubscribe address stops: these purposes on this channel, for everybody behind the address."""

    message_id: int
    channel: Channel
    address: str
    purposes: tuple[Purpose, ...]
    shared: bool

    @property
    def masked(self) -> str:
        """Return the address as its owner knows it again and nobody else: a mail may have been passed on."""
        if self.channel is Channel.EMAIL:
            name, _at, domain = self.address.rpartition("@")
            return f"{name[:1]}…@{domain}"
        return f"…{self.address[-3:]}" if self.channel is Channel.SMS else ""


def subscription(key: str) -> Subscription | None:
    """Return what the unsubscribe address in the message `key` stops, None when the message is not there any more."""
    message = Message.objects.filter(public_id=key).only("channel", "address", "purpose").first()
    if message is None:
        return None
    # Who stops a service message must not get the next one; promotional ones are stopped in any case.
    purposes = (Purpose.PROMOTIONAL, *({Purpose(message.purpose)} & {Purpose.SERVICE}))
    holders = Identity.objects.filter(channel=message.channel, address=message.address)
    return Subscription(message.pk, Channel(message.channel), message.address, purposes, holders.count() > 1)


def stop(subscription: Subscription, now: datetime) -> bool:
    """Withdraw the consents of everybody behind the address; returns whether that changed anything."""
    params = {
        "message": subscription.message_id,
        "channel": subscription.channel.value,
        "address": subscription.address,
    }
    with transaction.atomic():
        # Mail programs are known to click twice at once; the second one waits here, and then has nothing to say.
        Message.objects.select_for_update(no_key=True).filter(pk=subscription.message_id).first()
        members = Sql(_MEMBERS, params)
        changed = consent.withdraw(members, [subscription.channel], subscription.purposes, now, source=SOURCE)
        if changed:
            about = happenings.about([subscription.message_id])
            happenings.tell([_happening(each, now) for each in about.values()], now)
    return changed > 0


def _happening(about: About, now: datetime) -> Happening:
    key = f"unsubscribed {about.message_id} {now.isoformat()}"
    return Happening(TouchpointKind.UNSUBSCRIBED, about, now, key)
