"""Letters: what a rep writes to one member, or the message about a grant. They leave by the outbox as all messages do.

Consent, suppression, quiet hours and contact pressure hold for reps too; a letter that cannot go says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import OperationalError, transaction
from django.utils.translation import gettext as _

from channels import house_contents
from channels.models import Letter, Message
from channels.queueing import queue
from channels.vocabulary import OriginKind, Reason
from content import offers
from content.models import Grant
from content.rendering import Letter as Words
from members import audit_log, locks
from members.models import Member, User
from members.sql import Sql
from members.vocabulary import Channel, Deed, Purpose

CHANNELS = (Channel.EMAIL, Channel.SMS, Channel.CHAT)
# Transactional ones ask for no consent; a rep's words are never such.
PURPOSES = (Purpose.SERVICE, Purpose.PROMOTIONAL)
# Quiet hours hold; what a rep says today is stale the day after tomorrow.
DEADLINE = timedelta(days=2)
PRIORITY = 10  # before what journeys send by the thousand: a rep may have the member on the phone
_PATIENCE = 5_000  # milliseconds; a tick holds a shard for a quarter of a second

_CANDIDATE = """
SELECT %(kind)s::text AS origin_kind, %(who)s::bigint AS origin_id, %(key)s::text AS step_key, 1 AS visit,
       %(member)s::bigint AS member_id, %(content)s::bigint AS content_id, %(offer)s::bigint AS offer_id,
       %(channels)s::text[] AS channels, %(priority)s::smallint AS priority,
       %(expires)s::timestamptz AS expires_at, NULL::bigint AS journey_id, ''::text AS journey_name,
       NULL::text AS once_key, NULL::bigint AS team_id, 'drop'::text AS losing,
       NULL::text AS address_given, %(purpose)s::text AS purpose_given
"""


class CannotSend(Exception):
    """The message cannot go; the message of this error is a sentence that says why."""


@dataclass(frozen=True)
class Written:
    """What a rep wrote, for which purpose, and by which channel it is to go."""

    channel: Channel
    purpose: Purpose
    text: str
    subject: str = ""


@dataclass(frozen=True)
class _Asked:
    """A message that a rep wants: of which house content, by which channels in this order, about which grant."""

    member: Member
    content: str
    channels: Sequence[str]
    who: User
    request_key: str
    purpose: Purpose | None = None
    grant: Grant | None = None


def write(member: Member, written: Written, *, who: User, request_key: str, now: datetime) -> Message:
    """Queue a letter and return its message, which may leave later: see `planned_at`.

    A request that is repeated (the same `request_key`) gets the first answer. Raises CannotSend.
    """
    if written.channel not in CHANNELS or written.purpose not in PURPOSES:
        raise CannotSend(_("Letters go by e-mail, SMS or chat, for service or promotion."))
    with transaction.atomic():
        _lock(member)
        asked = _Asked(member, "rep-letter", [written.channel], who, request_key, purpose=written.purpose)
        message = _queued(asked, now)
        letter = Letter(message=message, subject=written.subject, text=written.text)
        if not Letter.objects.filter(pk=message.pk).exists():
            letter.save(force_insert=True)
            audit_log.note(who, Deed.CONTACTED, member, f"letter by {message.channel}")
        return message


def send_offer(grant: Grant, *, who: User, request_key: str, now: datetime, channel: Channel | None = None) -> Message:
    """Queue the message about a grant, with a link to that very grant, and return it.

    Without a channel it goes by the preferred one, else by whichever the member has agreed to. A request that is
    repeated gets the first answer. Raises CannotSend.
    """
    with transaction.atomic():
        _lock(grant.member)
        known = Message.objects.filter(member=grant.member, origin_kind=OriginKind.REP, origin_id=who.pk)
        repeated = known.filter(step_key=request_key).first()
        if repeated:
            return repeated
        if grant not in offers.current(grant.member_id, now):
            raise CannotSend(str(Reason.GRANT_CLOSED.label))
        channels = [channel.value] if channel else ["preferred", *CHANNELS]
        message = _queued(_Asked(grant.member, "rep-offer", channels, who, request_key, grant=grant), now)
        audit_log.note(who, Deed.CONTACTED, grant.member, f"offer {grant.offer.key} by {message.channel}")
        return message


def written(message_ids: Iterable[int]) -> dict[int, Words]:
    """Return what reps wrote, by the ids of the messages that carry it."""
    ids = list(message_ids)
    found = Letter.objects.filter(message__in=ids).values_list("message_id", "subject", "text") if ids else []
    return {pk: Words(subject, text) for pk, subject, text in found}


def _lock(member: Member) -> None:
    """Keep journeys from queueing for the member meanwhile: what contact pressure counts must not change."""
    try:
        locks.wait_for_shard(member.shard, _PATIENCE)
    except OperationalError as error:
        raise CannotSend(_("The member's journeys are just being worked on; try again in a moment.")) from error


def _queued(asked: _Asked, now: datetime) -> Message:
    until, grant = now + DEADLINE, asked.grant
    params = {
        "kind": OriginKind.REP.value,
        "who": asked.who.pk,
        "key": asked.request_key,
        "member": asked.member.pk,
        "content": house_contents.made(asked.content).pk,
        "offer": grant.offer_id if grant else None,
        "channels": [str(channel) for channel in asked.channels],
        "priority": PRIORITY,
        "expires": min(until, grant.validity.upper) if grant else until,
        "purpose": asked.purpose.value if asked.purpose else None,
    }
    [verdict] = queue(Sql(_CANDIDATE, params), now)
    if verdict.message_id is None:
        raise CannotSend(str(Reason(verdict.reason).label))
    return Message.objects.get(pk=verdict.message_id)
