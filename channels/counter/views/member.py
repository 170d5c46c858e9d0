"""The page of a member at the counter, and its parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from channels import live
from channels.counter import screen
from channels.counter.screen import Viewpoint
from channels.counter.views.base import answered, counter, found, new_key, page_of, stamp, viewpoint
from members import audit_log, doors
from members.models import Member
from members.vocabulary import Deed


@counter
@require_safe
def member_page(request: HttpRequest, member: UUID) -> HttpResponse:
    """Show the one screen."""
    view, whom = viewpoint(request), found(member)
    audit_log.note(view.user, Deed.LOOKED_UP, whom)
    context = {
        "here": "counter",
        "known": screen.known(whom, view),
        # The stamp is of before: what happens while the page is read is told a second later.
        **stamp(whom, view),
        **present(whom, view),
        **care(whom, view),
        "scanned": request.GET.get("offer", ""),
        "store": view.store,
    }
    return doors.page(request, "channels/counter/member.html", str(whom), context)


@counter
@require_safe
def member_live(request: HttpRequest, member: UUID) -> HttpResponse:
    """Say whether anything on the page changed."""
    view, whom = viewpoint(request), found(member)
    told = stamp(whom, view)
    return live.answer(request, told["live_address"], told["live_stamp"])


@counter
@require_safe
def member_present(request: HttpRequest, member: UUID) -> HttpResponse:
    """Show what is going on, for the page that heard that it changed."""
    return _part(request, member, "channels/counter/present.html", present)


@counter
@require_safe
def member_care(request: HttpRequest, member: UUID) -> HttpResponse:
    """Show what can be done, for the page that heard that it changed."""
    return _part(request, member, "channels/counter/care.html", care)


def present(whom: Member, view: Viewpoint) -> dict[str, Any]:
    """Return what the part about offers, hand-offs and contacts shows."""
    return {"member": whom, "present": screen.present(whom, view), "key": new_key()}


def care(whom: Member, view: Viewpoint) -> dict[str, Any]:
    """Return what the part about phone, consents and calls shows."""
    return {"member": whom, "care": screen.care(whom, view), "key": new_key()}


def answered_present(request: HttpRequest, whom: Member) -> HttpResponse:
    """Answer a deed that changed what is going on with a member."""
    return _answered(request, whom, "channels/counter/present.html", present)


def answered_care(request: HttpRequest, whom: Member) -> HttpResponse:
    """Answer a deed that changed the member's number, consents or calls."""
    return _answered(request, whom, "channels/counter/care.html", care)


def _part(
    request: HttpRequest, member: UUID, template: str, part: Callable[[Member, Viewpoint], dict[str, Any]]
) -> HttpResponse:
    view, whom = viewpoint(request), found(member)
    audit_log.note_looks(view.user, [whom], view.now)
    return render(request, template, part(whom, view))


def _answered(
    request: HttpRequest, whom: Member, template: str, part: Callable[[Member, Viewpoint], dict[str, Any]]
) -> HttpResponse:
    view = viewpoint(request)
    return answered(request, template, lambda: {**stamp(whom, view), **part(whom, view)}, page_of(whom.public_id))
