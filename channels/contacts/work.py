"""A rep's work in words: follow-ups as a list shows them, and what came back from the stores."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from channels import follow_ups, hand_offs, scripts, teams, whys
from channels.contacts import times
from channels.contacts.times import Moment
from channels.counter import words
from channels.follow_ups import Asked
from channels.models import FollowUp, HandOff
from channels.vocabulary import HandOffState
from content.models import Grant
from members import zones
from members.models import User
from members.vocabulary import Channel

SIZE = 25
HANDED = 50


@dataclass(frozen=True)
class Item:
    """A follow-up in a list: when it is due for both, why this member, its offer until when, and what to say."""

    follow_up: FollowUp
    due: Moment
    why: str
    offer: str
    until: str
    is_late: bool
    script: str


@dataclass(frozen=True)
class Items:
    """A page of follow-ups; `after` leads to the next one and is empty at the end."""

    items: Sequence[Item]
    after: str


@dataclass(frozen=True)
class Handed:
    """A hand-off for the rep: when the store expects the member, and how it ended, if it did."""

    hand_off: HandOff
    due: str
    ended: str
    is_overdue: bool


def page(user: User, asked: Asked, now: datetime, after: str = "") -> Items:
    """Return a page of a rep's open follow-ups, overdue ones first."""
    found = follow_ups.listed(user, asked, now, after=_cursor(after))
    listed = list(found.select_related("member__home_store", "member__standing")[: SIZE + 1])
    shown = listed[:SIZE]
    last = shown[-1] if len(listed) > SIZE else None
    return Items(items(shown, teams.zone_of(user), now), f"{last.due_at.isoformat()}~{last.pk}" if last else "")


def items(listed: Sequence[FollowUp], own: str, now: datetime) -> list[Item]:
    """Return follow-ups as a list shows them to a rep in the zone `own`."""
    for one in listed:
        one.message.member = one.member  # the same, read once
    messages = [one.message for one in listed]
    why, said = whys.whys(messages), scripts.of_messages(messages, (Channel.DESK,))
    return [
        Item(
            one,
            times.moment(one.due_at, one.member, own, now),
            why[one.message_id],
            _offer(one),
            _until(one, own, now),
            one.due_at <= now,
            said.get(one.message_id, ""),
        )
        for one in listed
    ]


def _offer(one: FollowUp) -> str:
    grant = one.message.grant
    return words.priced(grant.offer.name, grant.price, grant.currency) if grant else ""


def _until(one: FollowUp, own: str, now: datetime) -> str:
    grant = one.message.grant
    if grant is None:
        return ""
    state = grant.state_at(now)
    return words.until(grant.validity.upper, now, zones.zone(own)) if state == Grant.State.LIVE else str(state.label)


def handed(user: User, team_ids: Collection[int], now: datetime) -> tuple[list[Handed], list[Handed]]:
    """Return what came back and nobody took note of, and what is under way, at most HANDED of each, the next first."""
    own, handed_over = teams.zone_of(user), hand_offs.of_rep(user, team_ids)
    # Asked apart: however much is under way, it must not crowd out what came back.
    back = handed_over.exclude(state=HandOffState.AGREED)[:HANDED]
    under_way = handed_over.filter(state=HandOffState.AGREED)[:HANDED]
    return [shown(one, own, now) for one in back], [shown(one, own, now) for one in under_way]


def shown(hand_off: HandOff, own: str, now: datetime) -> Handed:
    """Return a hand-off as a rep in the zone `own` sees it."""
    is_open = hand_off.state == HandOffState.AGREED
    return Handed(
        hand_off,
        times.said(hand_off.due_at, own, now),
        "" if is_open else hand_offs.how_ended(hand_off),
        hand_off.is_overdue(now),
    )


def _cursor(text: str) -> tuple[datetime, int] | None:
    at, _tilde, pk = text.partition("~")
    try:
        found = datetime.fromisoformat(at), int(pk)
    except ValueError:
        return None
    return found if found[0].tzinfo and 0 < found[1] < 2**63 else None
