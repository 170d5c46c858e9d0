"""What the views of the counter have in common: who may come in, from where they look, and how a deed is answered."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar, cast
from uuid import UUID, uuid4

from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from channels import live
from channels.counter import places
from channels.counter.deeds import Tap
from channels.counter.screen import Viewpoint
from members import clock, doors
from members.models import Member

DOOR = "channels.open_counter"
LONGEST_KEY = 64
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def counter(view: View) -> View:
    """Open a view to those who may work at the counter. Nothing of it is kept by browsers."""
    return never_cache(doors.behind(DOOR)(view))


def deed(permission: str) -> Callable[[View], View]:
    """Open a view that does something to those who may. Whoever comes by a link is led to the counter."""

    def decorated(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            if request.method != "POST":
                member = kwargs.get("member")
                return HttpResponseRedirect(page_of(member) if member else reverse("counter"))
            return view(request, *args, **kwargs)

        return counter(cast(View, guarded))

    return decorated


def viewpoint(request: HttpRequest) -> Viewpoint:
    """Return from where whoever asks looks."""
    return Viewpoint(places.who(request), places.store_of(request), clock.now())


def said(request: HttpRequest, name: str, longest: int = 64) -> str:
    """Return what a field of a form says, without what no text can hold, cut to the longest that makes sense."""
    return request.POST.get(name, "").replace("\0", "")[:longest]


def tap(request: HttpRequest) -> Tap:
    """Return the tap that a form stands for, with the key that was minted with its page."""
    key = said(request, "key", LONGEST_KEY + 1)
    if not key:
        raise BadRequest(_("The form lacks the key of its page; open the page anew."))
    if len(key) > LONGEST_KEY:
        # Cut, it could be the beginning of another one's, and the tap would seem to repeat.
        raise BadRequest(_("The key of its page is longer than 64 characters; open the page anew."))
    view = viewpoint(request)
    return Tap(view.user, view.store, key, view.now)


def found(public_id: UUID) -> Member:
    """Return the member of a page, with home store and standing. Raises Http404."""
    return get_object_or_404(Member.objects.select_related("home_store", "standing"), public_id=public_id)


def page_of(public_id: UUID) -> str:
    """Return the address of a member's page."""
    return reverse("counter-member", args=[public_id])


def new_key() -> str:
    """Return a key for the forms of a page."""
    return uuid4().hex


def answered(request: HttpRequest, template: str, part: Callable[[], dict[str, Any]], page: str) -> HttpResponse:
    """Answer a deed: to htmx with the part of the page that it changed, to a plain form with the way to the page.

    `part` returns what the template shows, with the page's new stamp: whoever did something needs not be told of it a
    second later.
    """
    if request.headers.get("HX-Request"):
        return render(request, "channels/counter/answer.html", {**part(), "part": template})
    return HttpResponseRedirect(page, status=HTTPStatus.SEE_OTHER)


def stamp(member: Member, view: Viewpoint) -> dict[str, str]:
    """Return the address and the stamp by which a member's page stays live."""
    return {
        "live_address": reverse("counter-live", args=[member.public_id]),
        "live_stamp": live.of_member(member.pk, view.now),
    }
