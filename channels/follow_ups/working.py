"""Working follow-ups: each contact is noted once, and the one that agrees on no next contact ends it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from channels import hand_offs
from channels.follow_ups import telling
from channels.follow_ups.asking import whole
from channels.hand_offs import Agreed
from channels.models import FollowUp, HandOff
from channels.vocabulary import FollowUpResult, Intent
from content.models import Grant
from members import audit_log
from members.models import User
from members.vocabulary import Deed

FURTHEST = timedelta(days=366)
# After these there is nothing to call about again.
ENDING = (
    FollowUpResult.AGREED,
    FollowUpResult.NOT_INTERESTED,
    FollowUpResult.WRONG_NUMBER,
    FollowUpResult.HANDED_OVER,
)


class NotOpen(Exception):
    """The follow-up is done, closed or somebody else's; the message says what became of it, and when."""


class BadContact(Exception):
    """The contact cannot be noted like this; the message is a sentence that says what to change."""


@dataclass(frozen=True)
class Contact:
    """What came of a contact. `next_at` is the next one agreed, if any.

    `number` is how many were noted before, as whoever notes this one saw it: somebody else may have called meanwhile.
    """

    result: FollowUpResult
    number: int = 0
    intent: Intent | str = ""
    note: str = ""
    next_at: datetime | None = None


def work(follow_up: FollowUp, contact: Contact, *, who: User, request_key: str, now: datetime) -> FollowUp:
    """Note what came of a contact: a call in the member's history, and the event `follow_up.<result>`.

    With a next contact the follow-up stays open and is `who`'s, due then; without one it is done. A request that is
    repeated (the same `request_key`) changes nothing. Raises BadContact, and NotOpen when somebody was faster or
    has taken it, or its offer ended meanwhile.
    """
    if telling.is_known(follow_up, request_key):
        return whole().get(pk=follow_up.pk)
    _check(follow_up, contact, now)
    with transaction.atomic():
        mine = FollowUp.objects.filter(
            Q(assignee=None) | Q(assignee=who), pk=follow_up.pk, state=FollowUp.State.OPEN, contacts=contact.number
        )
        taken = mine.update(**_changes(contact, who, now))
        worked = whole().get(pk=follow_up.pk)
        if taken:
            telling.tell(worked, who, request_key, now)
            audit_log.note(who, Deed.CONTACTED, worked, contact.result)
        elif not telling.is_known(follow_up, request_key):
            raise NotOpen(why_not(worked))
        return worked


def hand_over(
    follow_up: FollowUp, agreed: Agreed, contact: Contact, *, who: User, request_key: str, now: datetime
) -> HandOff:
    """Hand the member over to a store: a hand-off that the store works on, and the follow-up is done.

    Raises hand_offs.CannotHandOff, and what `work` raises; then neither is stored.
    """
    with transaction.atomic():
        # First the hand-off, which locks the grant: whoever redeems it locks the grant first and the follow-up then.
        begun = replace(agreed, follow_up=follow_up, team=follow_up.team)
        handed = hand_offs.agree(begun, who=who, request_key=request_key, now=now)
        work(follow_up, contact, who=who, request_key=request_key, now=now)
        return handed


def why_not(follow_up: FollowUp) -> str:
    """Return why a follow-up is not to be worked, in one sentence, as it stands in the database now."""
    stored = whole().get(pk=follow_up.pk)
    at = stored.contacted_at or stored.closed_at
    said = {"who": stored.assignee, "at": f"{at:%Y-%m-%d %H:%M}" if at else "–"}
    if stored.state == FollowUp.State.CLOSED:
        return how_ended(stored)
    if stored.state == FollowUp.State.DONE or stored.contacts:
        return _("%(who)s noted a result at %(at)s UTC already.") % said
    if stored.assignee:
        return _("%(who)s has taken it.") % said
    return _("It is with the team again.")


def how_ended(follow_up: FollowUp) -> str:
    """Return why a follow-up closed by itself, in one sentence."""
    grant, at = follow_up.message.grant, f"{follow_up.closed_at:%Y-%m-%d %H:%M}" if follow_up.closed_at else "–"
    if grant is None or grant.state == Grant.State.LIVE:
        return _("It was closed at %(at)s UTC: the member left the journey.") % {"at": at}
    said = {"at": at, "offer": grant.offer, "state": Grant.State(grant.state).label}
    return _("It was closed at %(at)s UTC: its offer “%(offer)s” ended (%(state)s).") % said


def _check(follow_up: FollowUp, contact: Contact, now: datetime) -> None:
    at, grant = contact.next_at, follow_up.message.grant
    if at is None:
        if contact.result == FollowUpResult.CALL_AGAIN:
            raise BadContact(_("They asked for another call; say when."))
    elif contact.result in ENDING:
        raise BadContact(_("This result ends the follow-up; leave the next contact empty, or choose another result."))
    elif at <= now:
        raise BadContact(_("The next contact lies in the past; agree on a later time."))
    elif at > now + FURTHEST:
        raise BadContact(_("Agree on a next contact within a year."))
    elif grant and at >= grant.validity.upper:
        raise BadContact(_("The offer is over by then; agree on an earlier time."))


def _changes(contact: Contact, who: User, now: datetime) -> dict[str, Any]:
    after = (
        {"due_at": contact.next_at, "promised": True, "taken_at": now}
        if contact.next_at
        else {"state": FollowUp.State.DONE, "promised": False, "closed_at": now}
    )
    return {
        "result": contact.result,
        "intent": contact.intent,
        "note": contact.note,
        "assignee": who,
        "contacts": contact.number + 1,
        "contacted_at": now,
        **after,
    }
