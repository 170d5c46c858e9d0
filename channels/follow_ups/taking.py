"""Taking a follow-up: one rep at a time has it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from channels.follow_ups.working import NotOpen, why_not
from channels.models import FollowUp
from members.models import User


def take(follow_up: FollowUp, who: User, now: datetime) -> None:
    """Make a follow-up somebody's own; whose it is already keeps it. Raises NotOpen where somebody else was faster."""
    free = FollowUp.objects.filter(Q(assignee=None) | Q(assignee=who), pk=follow_up.pk, state=FollowUp.State.OPEN)
    if not free.update(assignee=who, taken_at=now):
        raise NotOpen(why_not(follow_up))


def give_back(follow_up: FollowUp, whose: User) -> None:
    """Give a follow-up of somebody back to the team. Raises NotOpen where it is not theirs any more."""
    theirs = FollowUp.objects.filter(pk=follow_up.pk, assignee=whose, state=FollowUp.State.OPEN)
    if not theirs.update(assignee=None, taken_at=None):
        raise NotOpen(why_not(follow_up))
