"""Live screens: a page asks every second whether anything on it changed, and reads itself anew only then.

A stamp says in a few bytes what a page shows; while it stays the same the answer is 204, which htmx does nothing with.
So a redemption, a hand-off or a call by somebody else is on every open screen within two seconds. Pages put
`{% live address stamp %}` (template library `live`) where they like; their parts listen to the event `chorale:changed`,
such as `hx-trigger="chorale:changed from:body"`. `answer` is all that the view behind the address returns.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus

from django.db.models import Count, Max, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from channels import follow_ups, hand_offs, teams
from channels.models import FollowUp
from channels.vocabulary import to_member
from members.models import Store, User
from members.sql import prepared

CHANGED = "chorale:changed"
# What a page about a member shows, row by row with what of it can change. Each part is read along the member's index.
_OF_MEMBER = f"""
SELECT md5(concat_ws('|',
    (SELECT string_agg(concat_ws(' ', g.id, g.state, g.validity @> %(now)s), ',' ORDER BY g.id)
     FROM content_grant g WHERE g.member_id = %(member)s),
    (SELECT string_agg(concat_ws(' ', f.id, f.state, f.contacts, f.assignee_id), ',' ORDER BY f.id)
     FROM channels_followup f WHERE f.member_id = %(member)s),
    (SELECT string_agg(concat_ws(' ', h.id, h.state, h.due_at <= %(now)s, h.seen_at IS NULL), ',' ORDER BY h.id)
     FROM channels_handoff h WHERE h.member_id = %(member)s),
    (SELECT string_agg(concat_ws(' ', x.id, x.state, x.due_at), ',' ORDER BY x.id) FROM (
        SELECT id, state, due_at FROM channels_message m
        WHERE member_id = %(member)s AND {to_member("m")} ORDER BY planned_at DESC LIMIT %(messages)s) x),
    (SELECT concat_ws(' ', t.id, t.happened_at) FROM members_touchpoint t
     WHERE t.member_id = %(member)s AND t.happened_at >= %(since)s ORDER BY t.happened_at DESC, t.id DESC LIMIT 1),
    (SELECT max(c.id) FROM members_consent c WHERE c.member_id = %(member)s),
    (SELECT string_agg(concat_ws(' ', i.channel, i.address, i.verified), ',' ORDER BY i.channel)
     FROM members_identity i WHERE i.member_id = %(member)s)
))
"""
_MESSAGES = 30
# No contact that comes in while a page is open is older, and only a few months are planned for, not years of them.
_CONTACTS = timedelta(days=30)


def of_member(member_id: int, now: datetime) -> str:
    """Return the stamp of what a page about a member shows: offers, messages, follow-ups, hand-offs, contacts."""
    [(stamp,)] = prepared(
        _OF_MEMBER, {"member": member_id, "now": now, "since": now - _CONTACTS, "messages": _MESSAGES}
    )
    return str(stamp)


def of_desk(user: User) -> str:
    """Return the stamp of what a rep's first page shows: the open follow-ups, and what came back from stores."""
    shown = follow_ups.shown_to(user).filter(state=FollowUp.State.OPEN).order_by()
    work = shown.aggregate(Count("pk"), Max("pk"), Count("assignee"), Max("taken_at"), Max("contacted_at"))
    handed = hand_offs.of_rep(user, list(teams.of(user).values_list("pk", flat=True))).order_by()
    back = handed.aggregate(Count("pk"), Max("pk"), Max("ended_at"))
    return " ".join(f"{value}" for value in (*work.values(), *back.values()))


def of_store(store: Store | None, now: datetime) -> str:
    """Return the stamp of whom a store expects; without a store, of nobody."""
    if store is None:
        return "-"
    waiting = hand_offs.of_store(store.pk).order_by()
    late = Count("pk", filter=Q(due_at__lte=now))
    return " ".join(f"{value}" for value in waiting.aggregate(Count("pk"), Max("pk"), Sum("pk"), late=late).values())


def answer(request: HttpRequest, address: str, stamp: str) -> HttpResponse:
    """Answer a page that asks at `address` whether anything changed since the stamp in its parameter `since`.

    204 says no; otherwise the page gets the new stamp and the event CHANGED.
    """
    if request.GET.get("since") == stamp:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    told = render(request, "channels/live.html", {"address": address, "stamp": stamp})
    told.headers["HX-Trigger-After-Swap"] = CHANGED
    return told
