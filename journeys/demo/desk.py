"""What waits at the desk when the doors open: the rep has handed some members over to the clerk's store."""

from __future__ import annotations

from datetime import datetime, timedelta

from channels import follow_ups, hand_offs
from channels.follow_ups import Contact
from channels.hand_offs import Agreed, CannotHandOff
from channels.models import FollowUp
from channels.vocabulary import FollowUpResult, HandOffState
from content.models import Grant
from members.models import User

# When they come, from now.
COMING = (timedelta(hours=2), timedelta(hours=5), timedelta(hours=26))
NOTE = "Wants to see it before deciding. Invented for the demo."


def hand_over(now: datetime) -> int:
    """Have the rep hand members over to the clerk's store, unless somebody is expected there. Returns how many."""
    rep, clerk = (User.objects.select_related("store").get(username=name) for name in ("rep", "clerk"))
    if clerk.store is None or hand_offs.of_store(clerk.store.pk).filter(state=HandOffState.AGREED).exists():
        return 0
    held = Grant.State.LIVE
    waiting = follow_ups.shown_to(rep).filter(
        state=FollowUp.State.OPEN,
        assignee=None,
        message__grant__state=held,
        message__grant__validity__contains=now + max(COMING),
    )
    # Those who live near come first.
    near = [*waiting.filter(member__home_store=clerk.store).order_by("due_at")[:3], *waiting.order_by("due_at")[:9]]
    chosen = list({one.pk: one for one in near}.values())[: len(COMING)]
    return sum(_handed(one, clerk, rep, now, now + later) for one, later in zip(chosen, COMING, strict=False))


def _handed(follow_up: FollowUp, clerk: User, rep: User, now: datetime, due_at: datetime) -> bool:
    assert clerk.store is not None  # noqa: S101 - asked above
    agreed = Agreed(follow_up.member, clerk.store, due_at, NOTE, follow_up.message.grant)
    contact = Contact(FollowUpResult.HANDED_OVER, follow_up.contacts)
    try:
        follow_ups.hand_over(follow_up, agreed, contact, who=rep, request_key=f"demo {follow_up.pk}", now=now)
    except (CannotHandOff, follow_ups.NotOpen):
        return False  # somebody was faster; the demo does without
    return True
