"""Offers and the grants made from them: given to cohorts, current for a member, redeemed once, undone, ended."""

from __future__ import annotations

from datetime import datetime

from content.models import Grant
from content.offers.changing import Change, on_changed
from content.offers.closing import decline, expire, forget, on_closed, on_reopened, withdraw
from content.offers.granting import Decision, Verdict, grant_cohort
from content.offers.purchases import redeem_by_purchases
from content.offers.redeeming import AlreadyRedeemed, NotLive, redeem
from content.offers.undoing import UNDO_WITHIN, AlreadyUndone, CannotUndo, may_undo, undo

__all__ = [
    "UNDO_WITHIN",
    "AlreadyRedeemed",
    "AlreadyUndone",
    "CannotUndo",
    "Change",
    "Decision",
    "NotLive",
    "Verdict",
    "current",
    "decline",
    "expire",
    "forget",
    "grant_cohort",
    "may_undo",
    "on_changed",
    "on_closed",
    "on_reopened",
    "redeem",
    "redeem_by_purchases",
    "undo",
    "withdraw",
]


def current(member_id: int, now: datetime) -> list[Grant]:
    """Return the member's live grants with their offers, by slot: what every channel and every clerk offers now."""
    live = Grant.objects.filter(member_id=member_id, state=Grant.State.LIVE, validity__contains=now)
    return list(live.select_related("offer").order_by("slot", "id"))
