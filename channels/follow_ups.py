"""Follow-ups worked: what came of a call, told to the member's history and to the journeys that wait for it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from channels import happenings
from channels.happenings import SOURCE, About
from channels.models import FollowUp
from channels.vocabulary import FollowUpResult
from members import facts, touchpoints
from members.facts import EventFact
from members.models import Touchpoint, User
from members.vocabulary import Channel, Direction, TouchpointKind


class NotOpen(Exception):
    """The follow-up is done or closed already; the message says which, and when."""


@transaction.atomic
def close(follow_up: FollowUp, result: FollowUpResult, note: str, who: User, now: datetime) -> None:
    """Note what came of a follow-up: it is done, a call in the member's history, and the event `follow_up.<result>`.

    Raises NotOpen when somebody was faster, or its offer was taken meanwhile.
    """
    mine = FollowUp.objects.filter(pk=follow_up.pk, state=FollowUp.State.OPEN)
    taken = mine.update(state=FollowUp.State.DONE, result=result, note=note, assignee=who, closed_at=now)
    follow_up.refresh_from_db()
    if not taken:
        raise NotOpen(_not_open(follow_up))
    about = happenings.about([follow_up.message_id])[follow_up.message_id]
    facts.record([_event(follow_up, about, now)], now)
    touchpoints.record([_call(follow_up, about, who, now)], now)


def _not_open(follow_up: FollowUp) -> str:
    said = {"at": f"{follow_up.closed_at:%Y-%m-%d %H:%M}" if follow_up.closed_at else "–", "who": follow_up.assignee}
    if follow_up.state == FollowUp.State.CLOSED:
        return _("It was closed at %(at)s UTC: its offer was taken, or the member left the journey.") % said
    return _("%(who)s noted a result at %(at)s UTC already.") % said


def _event(follow_up: FollowUp, about: About, now: datetime) -> EventFact:
    properties = {
        "team": follow_up.team.key,
        "journey": about.journey_name,
        "step": about.step_key,
        "content": about.content_name,
        "offer": about.offer_name,
    }
    said = {name: value for name, value in properties.items() if value}
    key, name = f"follow_up {follow_up.pk}", f"follow_up.{follow_up.result}"
    return EventFact(follow_up.member_id, now, SOURCE, key, name, said)


def _call(follow_up: FollowUp, about: About, who: User, now: datetime) -> Touchpoint:
    return Touchpoint(
        member_id=follow_up.member_id,
        happened_at=now,
        channel=Channel.DESK,
        direction=Direction.OUT,
        kind=TouchpointKind.CALL,
        who=who,
        who_name=who.get_full_name() or who.get_username(),
        store_id=follow_up.team.store_id,
        message_id=about.message_id,
        journey_id=about.journey_id,
        journey_name=about.journey_name,
        offer_id=about.offer_id,
        offer_name=about.offer_name,
        grant_id=about.grant_id,
        price=about.price,
        currency=about.currency,
        content_id=about.content_id,
        content_name=about.content_name,
        text=follow_up.note,
        outcome=follow_up.result,
    )
