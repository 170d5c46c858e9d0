"""Tests: a content as one member would get it, sent by the real outbox to the marketer who wants to see it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from channels.models import Message
from channels.queueing import queue
from channels.vocabulary import OriginKind, Reason
from content import offers
from content.compiled import compiled
from content.models import Content, Grant, Variant
from content.rendering import uses_letter, uses_offer, variant_for
from content.templates import BadTemplate
from members.identities import BadAddress, normalise
from members.models import Member
from members.sql import Sql
from members.vocabulary import Channel, Purpose

CHANNELS = (Channel.EMAIL, Channel.SMS, Channel.CHAT)  # people need no test of a script; a preview shows it
STEP = "test"
# Quiet hours hold for tests too; whoever sees one two days late has forgotten it.
DEADLINE = timedelta(days=2)
FIRST = 0  # before whatever else waits: somebody looks at an inbox

_CANDIDATE = """
SELECT %(kind)s::text AS origin_kind, %(origin)s::bigint AS origin_id, %(step)s::text AS step_key, 1 AS visit,
       %(member)s::bigint AS member_id, %(content)s::bigint AS content_id, %(offer)s::bigint AS offer_id,
       ARRAY[%(channel)s::text] AS channels, %(priority)s::smallint AS priority,
       %(expires)s::timestamptz AS expires_at, NULL::bigint AS journey_id, ''::text AS journey_name,
       NULL::text AS once_key, NULL::bigint AS team_id, 'drop'::text AS losing,
       %(address)s::text AS address_given, %(purpose)s::text AS purpose_given
"""


class CannotTest(Exception):
    """The test cannot be sent; the message is a sentence that says why and what to do."""


def send_test(
    content: Content, channel: str, member: Member, address: str, now: datetime, *, origin_id: int
) -> Message:
    """Queue a test of a content as `member` would get it, to an address of whoever wants to see it; return the message.

    `origin_id` names the test: sent again with the same one, it is the same message. A test is transactional and
    counts nowhere as contact, so it needs neither consent nor the shard's lock. Raises CannotTest.
    """
    to = _normalised(channel, address)
    grant = _grant(_variant(content, channel, member), member, now)
    params = {
        "kind": OriginKind.TEST.value,
        "origin": origin_id,
        "step": STEP,
        "member": member.pk,
        "content": content.pk,
        "offer": grant.offer_id if grant else None,
        "channel": str(channel),
        "priority": FIRST,
        "expires": now + DEADLINE,
        "address": to,
        "purpose": Purpose.TRANSACTIONAL.value,
    }
    [verdict] = queue(Sql(_CANDIDATE, params), now)
    if verdict.message_id is None:
        raise CannotTest(str(Reason(verdict.reason).label))
    return Message.objects.get(pk=verdict.message_id)


def _normalised(channel: str, address: str) -> str:
    if channel not in CHANNELS:
        raise CannotTest(_("Tests go by e-mail, SMS or chat; for people, look at the preview."))
    try:
        return normalise(channel, address)
    except BadAddress as error:
        raise CannotTest(str(error)) from error


def _variant(content: Content, channel: str, member: Member) -> Variant:
    variant = variant_for(content, channel, member.locale)
    if variant is None:
        raise CannotTest(
            _("“%(content)s” has no variant for %(channel)s; add one first.")
            % {"content": content, "channel": Channel(channel).label}
        )
    return variant


def _grant(variant: Variant, member: Member, now: datetime) -> Grant | None:
    """Return the grant of which the test speaks, the one that the preview shows too; None where it speaks of none."""
    try:
        names = {name.partition(".")[0] for part in compiled(variant).parts for name in part.names}
        needed, letter = uses_offer(variant), uses_letter(variant)
    except BadTemplate as error:
        raise CannotTest(str(error)) from error
    if letter:
        raise CannotTest(_("Only what a rep writes fills these words; look at the preview."))
    live = offers.current(member.pk, now) if "offer" in names else []
    if needed and not live:
        raise CannotTest(
            _("The words speak of an offer, and %(member)s has no live grant of any; take a member who has one.")
            % {"member": member}
        )
    return live[0] if live else None
