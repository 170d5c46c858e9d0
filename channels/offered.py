"""The one view of a member's offers that everybody has who speaks to them: what is theirs now, at which price, what to
say, how they heard of it, and whether a message about it is on its way.

It reads the grants that every channel speaks from, so the counter, a rep and an SMS cannot name different prices.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from channels.models import Message
from channels.scripts import Wanted, scripts
from channels.vocabulary import OPEN, State
from content import offers
from content.models import Grant, Redemption
from members.models import Member, Touchpoint
from members.vocabulary import Channel, TouchpointKind

# How somebody hears of an offer: a message that left, or people who spoke with them.
TELLING = (TouchpointKind.MESSAGE, TouchpointKind.CALL)
_SCRIPTS = (Channel.COUNTER, Channel.DESK)
_ENDED = (Grant.State.REDEEMED, Grant.State.DECLINED)


@dataclass(frozen=True)
class Offered:
    """An offer of a member: the grant, what to say about it, and what is going on around it.

    `script` is what the content says that told of it, filled in, else the offer's terms. `heard` are the contacts that
    told of it, the latest first. `coming` is the message about it that leaves next, `redemption` the one that stands.
    """

    grant: Grant
    script: str
    heard: Sequence[Touchpoint]
    coming: Message | None
    redemption: Redemption | None

    @property
    def is_theirs(self) -> bool:
        """Whether it can be redeemed now."""
        return self.grant.state == Grant.State.LIVE


def to_member(
    member: Member, history: Collection[Touchpoint], now: datetime, since: datetime | None = None
) -> list[Offered]:
    """Return the offers that are the member's now, and those that were taken or declined since `since`, by slot.

    `history` are the member's contacts, newest first, as far back as anybody wants to read how they heard of offers.
    """
    live = offers.current(member.pk, now)
    ended = _ended(member, since) if since else []
    messages = _about([grant.pk for grant in live])
    said = dict(zip((grant.pk for grant in live), _said(member, live, messages), strict=True))
    taken = {one.grant_id: one for one in _taken([grant.pk for grant in ended])}
    return [
        Offered(
            grant,
            said.get(grant.pk, ""),
            [one for one in history if one.grant_id == grant.pk and one.kind in TELLING],
            _next([one for one in messages if one.grant_id == grant.pk]),
            taken.get(grant.pk),
        )
        # One that was just taken stays where it stood: that is where somebody looks for it.
        for grant in sorted([*live, *ended], key=lambda one: (one.slot, one.pk))
    ]


def _ended(member: Member, since: datetime) -> list[Grant]:
    found = Grant.objects.filter(member=member, state__in=_ENDED, closed_at__gte=since)
    return list(found.select_related("offer"))


def _taken(grants: Sequence[int]) -> list[Redemption]:
    if not grants:
        return []
    return list(Redemption.objects.standing().filter(grant_id__in=grants).select_related("store"))


def _about(grants: Sequence[int]) -> list[Message]:
    """Return the messages about these grants that left, or may leave, in the order of their making."""
    if not grants:
        return []
    found = Message.objects.to_members().filter(grant_id__in=grants)
    return list(found.exclude(state=State.CANCELLED).order_by("id"))


def _next(messages: Sequence[Message]) -> Message | None:
    return min((one for one in messages if one.state in OPEN), key=lambda one: one.due_at, default=None)


def _said(member: Member, live: Sequence[Grant], messages: Sequence[Message]) -> list[str]:
    """Return what to say about each grant: by the content that told of it last, or that is about to."""
    telling = {grant.pk: _telling([one for one in messages if one.grant_id == grant.pk]) for grant in live}
    wanted = {
        grant_id: Wanted(one.content_id, grant_id, one.journey_name)
        for grant_id, one in telling.items()
        if one and one.content_id
    }
    spoken = dict(zip(wanted, scripts(member, list(wanted.values()), _SCRIPTS), strict=True)) if wanted else {}
    return [spoken.get(grant.pk) or grant.offer.terms for grant in live]


def _telling(messages: Sequence[Message]) -> Message | None:
    return max(messages, key=lambda one: (one.state not in OPEN, one.pk), default=None)
