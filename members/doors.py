"""The doors: what people who work with Chorale open, in one look. Each layer registers its own in AppConfig.ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlencode, urlsplit

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django_stubs_ext import StrOrPromise

    from members.models import User

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


@dataclass(frozen=True)
class Door:
    """A place of work: `url` is the name of its first page, `icon` a Material Symbol.

    It opens to those with `permission`; an empty one stands for staff, as the admin is open to them.
    Doors stand in the header by `order`; the first one that somebody may open is where signing in leads to.
    A `shared` one is worked at on devices that several people share, such as a till: who leaves is signed out sooner.
    """

    key: str
    title: StrOrPromise
    icon: str
    url: str
    permission: str
    order: int
    shared: bool = False

    def opens_to(self, user: User | AnonymousUser) -> bool:
        """Say whether somebody may come in."""
        return _may(user, self.permission)

    @property
    def address(self) -> str:
        """Return the address of its first page."""
        return reverse(self.url)


_doors: dict[str, Door] = {}


def register(*doors: Door) -> None:
    """Add doors; one with the same key takes the place of the first."""
    for door in doors:
        _doors[door.key] = door


def open_to(request: HttpRequest) -> list[Door]:
    """Return the doors that whoever asks may open, in order."""
    return of(request.user)


def of(user: User | AnonymousUser) -> list[Door]:
    """Return the doors that somebody may open, in order."""
    return sorted((door for door in _doors.values() if door.opens_to(user)), key=lambda door: door.order)


def behind(permission: str) -> Callable[[View], View]:
    """Open a view to those with the permission: others are led to the page to sign in, or refused if they have.

    An empty one stands for staff, as with doors.
    A part of a page that htmx asks for cannot be led there by a redirect, which would land inside the page; the whole
    page is told to go.
    """

    def decorated(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if _may(request.user, permission):
                return view(request, *args, **kwargs)
            if request.user.is_authenticated:
                raise PermissionDenied
            return to_sign_in(request)

        return cast(View, guarded)

    return decorated


def _may(user: User | AnonymousUser, permission: str) -> bool:
    return user.has_perm(permission) if permission else user.is_active and user.is_staff


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the page to sign in, and from there back to where somebody was."""
    if request.headers.get("HX-Request"):
        # Where somebody was is known to the browser alone, and only a page can be come back to.
        address = urlsplit(request.headers.get("HX-Current-URL", ""))
        back = f"{reverse('login')}?{urlencode({'next': address.path or reverse('start')})}"
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": back})
    return redirect_to_login(request.get_full_path() if request.method == "GET" else reverse("start"))


def is_shared(path: str) -> bool:
    """Say whether an address lies behind a door that is worked at on shared devices."""
    return any(door.shared and path.startswith(door.address) for door in _doors.values())


def page(
    request: HttpRequest, template: str, title: StrOrPromise, context: Mapping[str, Any], status: int = 200
) -> TemplateResponse:
    """Return a page behind a door: `template` extends doors/page.html, which has the look of the admin.

    A part of a page that htmx asks for is a template of its own; render it with django.shortcuts.render.
    """
    frame = {**_admin().each_context(request), "doors": open_to(request), "title": title}
    return TemplateResponse(request, template, {**frame, **context}, status=status)


@cache
def _admin() -> admin.AdminSite:
    """Return an admin that looks like the real one and has no models: no door shows them, and each page would ask for
    the rights on all of them."""
    return admin.site.__class__("admin")
