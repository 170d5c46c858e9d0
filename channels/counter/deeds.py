"""What a clerk does for a member besides redeeming. Each deed is told to the journeys as an event `counter.<deed>`.

The event's key is the request's: a tap that comes again finds it and does nothing. What the tap said is part of the
key, so that one form, sent again with another number after the connection dropped, is another request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from channels import follow_ups
from channels.counter import words
from channels.models import Message, Team
from channels.vocabulary import OriginKind
from content import offers
from content.models import Grant
from members import audit_log, consent, facts, touchpoints
from members.facts import Address, EventFact, MemberRecord
from members.identities import BadAddress, normalise
from members.models import Event, Identity, Member, Store, Touchpoint, User
from members.vocabulary import Channel, Deed, Direction, Purpose, TouchpointKind

SOURCE = "counter"
NOT_INTERESTED, WANTS_CALL, PHONE, CONSENT = "not_interested", "wants_call", "phone_corrected", "consent"


@dataclass(frozen=True)
class Tap:
    """A request of a clerk: who, at which counter if they have one, under which key, and when."""

    who: User
    store: Store | None
    key: str
    now: datetime


class Refused(Exception):
    """The deed cannot be done; the message is a sentence that says why."""


def decline(tap: Tap, grant: Grant) -> bool:
    """Note that the member does not want an offer: from now on every channel is silent about it.

    Returns whether that is new. Raises Refused where the offer ended in another way meanwhile.
    """
    with transaction.atomic():
        if offers.decline([grant.pk], tap.now):
            _record(tap, grant.member_id, NOT_INTERESTED, str(grant.pk), _about(tap, grant))
            touchpoints.record([_visit(tap, grant.member_id, NOT_INTERESTED, grant)], tap.now)
            audit_log.note(tap.who, Deed.DECLINED, grant)
            return True
    grant.refresh_from_db()
    if grant.state == Grant.State.DECLINED:
        return False
    raise Refused(
        _("%(offer)s has ended already: %(state)s.")
        % {"offer": grant.offer, "state": Grant.State(grant.state).label.lower()}
    )


def ask_for_call(tap: Tap, member: Member, team: Team, *, grant: Grant | None = None, note: str = "") -> Message:
    """Have a team call the member, about an offer if there is one. Raises follow_ups.CannotCall."""
    with transaction.atomic():
        said = {**_about(tap, grant), "team": team.key, **({"note": note} if note else {})}
        new, key = _record(tap, member.pk, WANTS_CALL, str(team.pk), said)
        wish = Event.objects.get(member=member, name=f"{SOURCE}.{WANTS_CALL}", source=SOURCE, key=key)
        message = follow_ups.want_call(member, team, OriginKind.COUNTER, wish.pk, tap.now, grant=grant)
        if new:
            touchpoints.record([_visit(tap, member.pk, WANTS_CALL, grant, note)], tap.now)
            audit_log.note(tap.who, Deed.CONTACTED, member, WANTS_CALL)
        return message


@dataclass(frozen=True)
class Corrected:
    """The number that is the member's now, and who else has it."""

    number: str
    shared_with: list[Member]


def correct_phone(tap: Tap, member: Member, typed: str) -> Corrected:
    """Store the member's phone number. One without country code is one of the store's country. Raises Refused."""
    region = (tap.store.country if tap.store else "") or None
    try:
        number = normalise(Channel.SMS, typed, region)
    except BadAddress as error:
        raise Refused(str(error)) from error
    with transaction.atomic():
        new, _key = _record(tap, member.pk, PHONE, number, _about(tap))
        if new:
            record = MemberRecord(member.external_id, identities=[Address(Channel.SMS, number)])
            facts.upsert_members([record], tap.now)
            audit_log.note(tap.who, Deed.CHANGED, member, PHONE)
    others = Identity.objects.filter(channel=Channel.SMS, address=number).exclude(member=member)
    return Corrected(number, [one.member for one in others.select_related("member").order_by("member_id")])


def wording(channel: Channel, *, granted: bool) -> str:
    """Return the words that the clerk reads out and that the member says yes to."""
    named = {"channel": words.channel(channel)}
    if granted:
        return _("You may send me offers by %(channel)s. I can take this back at any time.") % named
    return _("Send me no more offers by %(channel)s.") % named


def decide(tap: Tap, member: Member, channel: Channel, *, granted: bool) -> bool:
    """Note that the member agreed to offers on a channel, or withdrew that. Returns whether it is new."""
    with transaction.atomic():
        said = {**_about(tap), "channel": channel.value, "granted": granted}
        new, _key = _record(tap, member.pk, CONSENT, f"{channel} {granted}", said)
        if new:
            purpose, source = Purpose.PROMOTIONAL, f"{SOURCE} {tap.store.code if tap.store else ''}".strip()
            said_yes_to = wording(channel, granted=granted)
            decision = consent.Decision(member.pk, channel, purpose, granted, tap.now, source, said_yes_to)
            consent.record([decision], tap.now)
            audit_log.note(tap.who, Deed.CHANGED, member, f"{CONSENT} {channel}: {'yes' if granted else 'no'}")
        return new


def _record(tap: Tap, member_id: int, deed: str, what: str, said: Mapping[str, object]) -> tuple[bool, str]:
    """Record the event of a deed; return whether that is new, and the key of the event."""
    # Only a digest: what was said may be a number that has no place in a key.
    key = f"{deed} {tap.key} {member_id} {hashlib.sha256(what.encode()).hexdigest()[:12]}"
    event = EventFact(member_id, tap.now, SOURCE, key, f"{SOURCE}.{deed}", dict(said))
    return facts.record([event], tap.now).new > 0, key


def _about(tap: Tap, grant: Grant | None = None) -> dict[str, object]:
    said = {"store": tap.store.code if tap.store else "", "offer": grant.offer.name if grant else ""}
    return {name: value for name, value in said.items() if value}


def _visit(tap: Tap, member_id: int, outcome: str, grant: Grant | None, text: str = "") -> Touchpoint:
    return Touchpoint(
        member_id=member_id,
        happened_at=tap.now,
        channel=Channel.COUNTER,
        direction=Direction.IN,
        kind=TouchpointKind.VISIT,
        who=tap.who,
        who_name=tap.who.known_as,
        store=tap.store,
        offer_id=grant.offer_id if grant else None,
        offer_name=grant.offer.name if grant else "",
        grant_id=grant.pk if grant else None,
        price=grant.price if grant else None,
        currency=grant.currency if grant else "",
        text=text,
        outcome=outcome,
    )
