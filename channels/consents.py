"""What a member says to a rep about offers: agreed, or withdrawn. A call counts as a channel, of those who ring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from channels.counter import deeds
from channels.happenings import SOURCE
from members import audit_log, consent, facts
from members.facts import EventFact
from members.models import Member, User
from members.vocabulary import Channel, Deed, Purpose

CHANNELS = (Channel.EMAIL, Channel.SMS, Channel.CHAT, Channel.DESK)
_EVENT, _WHERE = "contacts.consent", "contacts"


@dataclass(frozen=True)
class Said:
    """Whether a member wants offers by one of CHANNELS."""

    channel: Channel
    granted: bool


def decide(member: Member, said: Said, *, who: User, request_key: str, now: datetime) -> bool:
    """Record what a member said to a rep; the event is `contacts.consent`.

    A request that is repeated (the same `request_key` and the same answer) changes nothing. Returns whether it is new.
    """
    key = f"consent {who.pk} {request_key} {said.channel} {said.granted}"
    told = {"channel": said.channel.value, "granted": said.granted}
    with transaction.atomic():
        new = facts.record([EventFact(member.pk, now, SOURCE, key, _EVENT, told)], now).new > 0
        if new:
            words = wording(said.channel, granted=said.granted)
            made = consent.Decision(member.pk, said.channel, Purpose.PROMOTIONAL, said.granted, now, _WHERE, words)
            consent.record([made], now)
            audit_log.note(who, Deed.CHANGED, member, f"consent {said.channel}: {'yes' if said.granted else 'no'}")
    return new


def wording(channel: Channel, *, granted: bool) -> str:
    """Return the words that the member says yes to."""
    if channel != Channel.DESK:
        return deeds.wording(channel, granted=granted)
    if granted:
        return _("You may call me about offers. I can take this back at any time.")
    return _("Call me about offers no more.")
