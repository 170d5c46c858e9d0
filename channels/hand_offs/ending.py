"""How hand-offs end: by somebody's word, or by themselves with their offer. Once, whoever is first."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from channels.hand_offs import telling
from channels.hand_offs.asking import whole
from channels.models import HandOff
from channels.vocabulary import HandOffReason, HandOffState
from members import audit_log, zones
from members.models import User
from members.sql import rows
from members.vocabulary import Deed

# What somebody can say became of a hand-off; it closes by itself otherwise.
ENDS = (HandOffState.DONE, HandOffState.NO_SHOW, HandOffState.CALLED_OFF)

# In the transaction that ends the grants and so holds their rows: `agree` waits for these before it adds a hand-off.
_CLOSE = """
WITH mine AS (
    SELECT h.id, g.state FROM channels_handoff h JOIN content_grant g ON g.id = h.grant_id
    WHERE h.grant_id = ANY(%(grants)s) AND h.state = 'agreed'
    ORDER BY h.id FOR UPDATE OF h
)
UPDATE channels_handoff h SET state = 'closed', reason = mine.state, ended_at = %(now)s
FROM mine WHERE h.id = mine.id
RETURNING h.id
"""


class CannotEnd(Exception):
    """The hand-off has ended already, or cannot end like this yet; the message is a sentence that says how and when."""


def end(
    hand_off: HandOff, state: HandOffState, *, who: User, request_key: str, now: datetime, answer: str = ""
) -> HandOff:
    """Note what became of a hand-off (one of ENDS) and return it: a touchpoint, and the event `hand_off.<state>`.

    A request that is repeated gets the first answer. Raises CannotEnd when somebody was faster, when its offer ended
    first, and for a no-show before the time.
    """
    if state not in ENDS:
        raise ValueError(f"Nobody ends a hand-off as {state}.")
    with transaction.atomic():
        open_one = HandOff.objects.filter(pk=hand_off.pk, state=HandOffState.AGREED)
        if state == HandOffState.NO_SHOW:
            open_one = open_one.filter(due_at__lte=now)
        taken = open_one.update(
            state=state,
            answer=answer,
            ending_key=request_key,
            ended_by=who,
            ended_by_name=who.known_as,
            ended_at=now,
            # Who handed it over and ends it needs not be told.
            seen_at=now if who.pk == hand_off.made_by_id else None,
        )
        ended = whole().get(pk=hand_off.pk)
        if taken:
            telling.tell(ended, state.value, who, now)
            audit_log.note(who, Deed.HANDED_OFF, ended, state.value)
        elif ended.ending_key != request_key:
            raise CannotEnd(_too_early(ended) if ended.state == HandOffState.AGREED else how_ended(ended))
        return ended


def seen(hand_offs: Collection[int], now: datetime) -> int:
    """Note that whoever handed these over knows how they ended; they leave the list. Returns how many that were."""
    ended = HandOff.objects.filter(pk__in=hand_offs, seen_at__isnull=True).exclude(state=HandOffState.AGREED)
    return ended.update(seen_at=now)


def grants_closed(grants: Collection[int], now: datetime) -> None:
    """Close the open hand-offs about these grants, with what became of the grant; the event is `hand_off.closed`."""
    closed = [pk for (pk,) in rows(_CLOSE, {"grants": list(grants), "now": now})]
    if closed:
        telling.tell_closed(whole().filter(pk__in=closed), now)


_REOPEN = """
UPDATE channels_handoff SET state = 'agreed', reason = '', ended_at = NULL, seen_at = NULL
WHERE grant_id = ANY(%(grants)s) AND state = 'closed' AND reason = 'redeemed'
"""


def grants_reopened(grants: Collection[int], now: datetime) -> None:
    """Have stores expect members again whose redemption is being undone: the hand-offs are as they were agreed."""
    rows(_REOPEN, {"grants": list(grants), "now": now})


def how_ended(hand_off: HandOff) -> str:
    """Return how a hand-off ended, in one sentence: what, when in the store's time, and by whom."""
    what = HandOffReason(hand_off.reason).label if hand_off.reason else HandOffState(hand_off.state).label
    when = zones.wall(hand_off.ended_at, hand_off.store.zone_id) if hand_off.ended_at else "–"
    told = {"what": str(what).rstrip("."), "when": when, "who": hand_off.ended_by_name}
    return (_("%(what)s: %(when)s, %(who)s.") if hand_off.ended_by_name else _("%(what)s: %(when)s.")) % told


def _too_early(hand_off: HandOff) -> str:
    when = zones.wall(hand_off.due_at, hand_off.store.zone_id)
    return _("They are expected at %(when)s; say so after that, or call it off.") % {"when": when}
