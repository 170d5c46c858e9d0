"""What the views of the contacts have in common: who may come in, what was posted, and whom a page is about."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar, cast
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from channels import follow_ups
from channels.models import FollowUp
from members import audit_log, clock, doors
from members.models import Member, User

DOOR = "channels.open_contacts"
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def contacts(view: View) -> View:
    """Open a page to those who may work at the contacts. Nothing of it is kept by browsers."""
    return never_cache(doors.behind(DOOR)(require_safe(view)))


def form_page(permission: str) -> Callable[[View], View]:
    """Open a page with a form, which is looked at and posted, to those who may."""
    return lambda view: never_cache(doors.behind(DOOR)(_allowed(permission, view)))


def deed(permission: str) -> Callable[[View], View]:
    """Open a view that does something by one tap to those who may."""
    return lambda view: never_cache(doors.behind(DOOR)(_allowed(permission, require_POST(view))))


def _allowed(permission: str, view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return cast(View, guarded)


def who(request: HttpRequest) -> User:
    """Return who asks; behind a door it is somebody."""
    return cast(User, request.user)


def new_key() -> str:
    """Return a key for the forms of a page."""
    return uuid4().hex


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what a form says, without what no text can hold; None when the page is only looked at."""
    return without_nul(request.POST) if request.method == "POST" else None


def without_nul(given: QueryDict) -> QueryDict:
    """Return the fields of a form or of an address without NUL characters, which PostgreSQL does not take.

    Line ends are one character, as browsers count what is typed and as an SMS is paid for; they send two.
    """
    clean = QueryDict(mutable=True)
    for name, values in given.lists():
        clean.setlist(name, [str(value).replace("\0", "").replace("\r\n", "\n") for value in values])
    return clean


def named(public_id: UUID) -> Member:
    """Return the member of a page with home store, standing and addresses. Raises Http404."""
    members = Member.objects.select_related("home_store", "standing").prefetch_related("identities")
    return get_object_or_404(members, public_id=public_id)


def looked(request: HttpRequest, *members: Member) -> None:
    """Note that whoever asks was shown something of these members."""
    audit_log.note_looks(who(request), members, clock.now())


def mine(request: HttpRequest, public_id: UUID) -> FollowUp:
    """Return a follow-up that whoever asks may see. Raises Http404."""
    return get_object_or_404(follow_ups.shown_to(who(request)), public_id=public_id)


def to_member(member: Member) -> HttpResponse:
    """Lead to a member's page."""
    return HttpResponseRedirect(reverse("contacts-member", args=[member.public_id]), status=HTTPStatus.SEE_OTHER)


def to_follow_up(follow_up: FollowUp) -> HttpResponse:
    """Lead to a follow-up's page."""
    return HttpResponseRedirect(reverse("contacts-follow-up", args=[follow_up.public_id]), status=HTTPStatus.SEE_OTHER)


def to_start() -> HttpResponse:
    """Lead to the first page."""
    return HttpResponseRedirect(reverse("contacts"), status=HTTPStatus.SEE_OTHER)
