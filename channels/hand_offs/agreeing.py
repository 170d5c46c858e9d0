"""Agreeing on a hand-off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from channels.hand_offs import telling
from channels.hand_offs.asking import whole
from channels.models import FollowUp, HandOff, Team
from channels.vocabulary import HandOffState
from content.models import Content, Grant
from members import audit_log, zones
from members.models import Member, Store, User
from members.vocabulary import Deed

FURTHEST = timedelta(days=366)


class CannotHandOff(Exception):
    """The hand-off cannot be agreed; the message is a sentence that says why and what to do."""


@dataclass(frozen=True)
class Agreed:
    """What rep and member agreed on: to come to this store at this instant, about this grant if there is one.

    `team` is whom the result comes back to besides the rep; `content` has the script, `follow_up` is where it began.
    """

    member: Member
    store: Store
    due_at: datetime
    note: str = ""
    grant: Grant | None = None
    content: Content | None = None
    follow_up: FollowUp | None = None
    team: Team | None = None


def agree(agreed: Agreed, *, who: User, request_key: str, now: datetime) -> HandOff:
    """Hand a member over to a store and return the hand-off: a touchpoint, and the event `hand_off.agreed`.

    A request that is repeated (the same `request_key`) gets the first answer. Raises CannotHandOff for a time that is
    over, beyond a year or after the offer, for a grant that is not live, and for one that waits in a store already.
    """
    with transaction.atomic():
        known = _known(agreed.member, request_key)
        if known:
            return known
        _check_time(agreed, now)
        if agreed.grant:
            _check_grant(agreed, agreed.grant, now)
        made = _row(agreed, who, request_key, now)
        HandOff.objects.bulk_create([made], ignore_conflicts=True)
        stored = _known(agreed.member, request_key)
        if stored is None:
            raise CannotHandOff(_waits_already(agreed))
        if stored.public_id == made.public_id:
            telling.tell(stored, telling.AGREED, who, now)
            audit_log.note(who, Deed.HANDED_OFF, stored, telling.AGREED)
        return stored


def _known(member: Member, request_key: str) -> HandOff | None:
    return whole().filter(member=member, request_key=request_key).first()


def _check_time(agreed: Agreed, now: datetime) -> None:
    if agreed.due_at <= now:
        raise CannotHandOff(_("That time is over in %(store)s; agree on a later one.") % {"store": agreed.store})
    if agreed.due_at > now + FURTHEST:
        raise CannotHandOff(_("Agree on a time within a year."))


def _check_grant(agreed: Agreed, grant: Grant, now: datetime) -> None:
    # Locked against its end: whoever redeems it now must find the hand-off, or we find it redeemed.
    live = Grant.objects.filter(member=agreed.member, state=Grant.State.LIVE, validity__contains=now)
    found = live.select_for_update(no_key=True, of=("self",)).select_related("offer").filter(pk=grant.pk).first()
    if found is None:
        raise CannotHandOff(_("The offer is not theirs any more; look at the member's offers again."))
    if agreed.due_at >= found.validity.upper:
        told = {"offer": found.offer, "until": zones.wall(found.validity.upper, agreed.store.zone_id)}
        raise CannotHandOff(_("%(offer)s is valid until %(until)s; agree on a time before.") % told)


def _row(agreed: Agreed, who: User, request_key: str, now: datetime) -> HandOff:
    return HandOff(
        member=agreed.member,
        store=agreed.store,
        grant=agreed.grant,
        content=agreed.content,
        follow_up=agreed.follow_up,
        team=agreed.team,
        due_at=agreed.due_at,
        note=agreed.note,
        request_key=request_key,
        made_by=who,
        made_by_name=who.known_as,
        created_at=now,
    )


def _waits_already(agreed: Agreed) -> str:
    other = whole().filter(grant=agreed.grant, state=HandOffState.AGREED).first()
    if other is None or other.grant is None:
        return _("Somebody else handed it over at this very moment; try again.")
    told = {"offer": other.grant.offer, "store": other.store, "when": zones.wall(other.due_at, other.store.zone_id)}
    return _("%(offer)s waits in %(store)s already, %(when)s; call that off first.") % told
