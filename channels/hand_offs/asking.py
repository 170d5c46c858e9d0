"""Questions about hand-offs: what a store expects, what waits for a member, what came back to a rep."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet

from channels import teams
from channels.models import HandOff
from channels.scripts import script
from channels.vocabulary import HandOffState
from members.models import User
from members.vocabulary import Channel

_SHOWN = ("member", "store", "grant__offer", "content", "team")


def whole() -> QuerySet[HandOff]:
    """Return hand-offs with all that is shown of them."""
    return HandOff.objects.select_related(*_SHOWN)


def of_store(store_id: int) -> QuerySet[HandOff]:
    """Return what a store expects, the longest overdue first."""
    return whole().filter(store_id=store_id, state=HandOffState.AGREED).order_by("due_at", "pk")


def of_member(member_id: int) -> QuerySet[HandOff]:
    """Return the open hand-offs of a member, in any store, the next first."""
    # Mostly there are none: joins of what is shown would be planned for nothing.
    found = HandOff.objects.filter(member_id=member_id, state=HandOffState.AGREED)
    return found.order_by("due_at", "pk").prefetch_related(*_SHOWN)


def of_rep(user: User, teams: Collection[int]) -> QuerySet[HandOff]:
    """Return what a rep and these teams handed over: what is under way, and ends that nobody took note of yet."""
    mine = Q(made_by=user) | Q(team__in=teams)
    return whole().filter(mine, seen_at__isnull=True).order_by("due_at", "pk")


def shown_to(user: User) -> QuerySet[HandOff]:
    """Return the hand-offs that somebody may see: those of their store, and what they or their teams handed over."""
    if user.has_perm(teams.ALL):
        return whole()
    of_teams = list(teams.of(user).values_list("pk", flat=True))
    return whole().filter(_at(user) | Q(made_by=user) | Q(team__in=of_teams))


def ended_by(user: User, state: HandOffState) -> QuerySet[HandOff]:
    """Return the hand-offs that somebody may end so: who sees one may call it off, only the store knows who came."""
    if state == HandOffState.CALLED_OFF or user.has_perm(teams.ALL):
        return shown_to(user)
    return whole().filter(_at(user))


def _at(user: User) -> Q:
    return Q(store=user.store_id) if user.store_id else Q(pk__in=[])


def script_of(hand_off: HandOff) -> str:
    """Return the script for the clerk with the member's facts as of now, else the rep's; empty without either."""
    return script(hand_off.content, hand_off.member, hand_off.grant_id, (Channel.COUNTER, Channel.DESK))
