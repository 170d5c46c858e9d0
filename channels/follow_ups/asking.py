"""Questions about follow-ups: whose they are, which are due, and what waits for a member."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import Count, Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from channels import teams
from channels.models import FollowUp
from members import zones
from members.models import User

_SHOWN = ("member", "team", "assignee", "message__content", "message__grant__offer")
_DAY = timedelta(days=1)


class Asked(TextChoices):
    """Which of the open follow-ups a rep wants to see."""

    ALL = "all", _("All of my teams")
    MINE = "mine", _("Mine")
    TODAY = "today", _("Due today")  # what is overdue included
    PROMISED = "promised", _("Promised")


@dataclass(frozen=True)
class Counts:
    """How many open follow-ups there are of each kind, for whoever asked."""

    all: int
    mine: int
    today: int
    promised: int


def whole() -> QuerySet[FollowUp]:
    """Return follow-ups with all that is shown of them."""
    return FollowUp.objects.select_related(*_SHOWN)


def shown_to(user: User) -> QuerySet[FollowUp]:
    """Return the follow-ups that somebody may see: those of their teams, and their own."""
    if user.has_perm(teams.ALL):
        return whole()
    return whole().filter(Q(team__in=list(teams.of(user).values_list("pk", flat=True))) | Q(assignee=user))


def listed(user: User, asked: Asked, now: datetime, *, after: tuple[datetime, int] | None = None) -> QuerySet[FollowUp]:
    """Return open follow-ups by when they are due, so that overdue ones come first; those after (due time, id)."""
    found = shown_to(user).filter(_condition(user, asked, now), state=FollowUp.State.OPEN)
    if after:
        found = found.filter(Q(due_at__gt=after[0]) | Q(due_at=after[0], pk__gt=after[1]))
    return found.order_by("due_at", "pk")


def counted(user: User, now: datetime) -> Counts:
    """Return how many open follow-ups there are, in one query."""
    found = shown_to(user).filter(state=FollowUp.State.OPEN).order_by()
    return Counts(**found.aggregate(**{one.value: Count("pk", filter=_condition(user, one, now)) for one in Asked}))


def waiting(member_ids: Collection[int]) -> QuerySet[FollowUp]:
    """Return the open follow-ups about these members, the next first, whatever team has them."""
    # Mostly there are none: joins of what is shown would be planned for nothing.
    found = FollowUp.objects.filter(member__in=member_ids, state=FollowUp.State.OPEN)
    return found.order_by("due_at", "pk").prefetch_related(*_SHOWN)


def _condition(user: User, asked: Asked, now: datetime) -> Q:
    if asked == Asked.MINE:
        return Q(assignee=user)
    if asked == Asked.TODAY:
        return Q(due_at__lt=_tomorrow(user, now))
    if asked == Asked.PROMISED:
        return Q(promised=True)
    return Q(pk__isnull=False)


def _tomorrow(user: User, now: datetime) -> datetime:
    """Return the first instant of tomorrow where the user works."""
    zone = zones.zone(teams.zone_of(user))
    return zones.first_instant(zone, now.astimezone(zone).date() + _DAY, time.min)
