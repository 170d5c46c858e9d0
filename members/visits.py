"""Visits: who is at which door now, and from which address, for whoever writes down what was done."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from celery import current_task
from django.http import HttpRequest, HttpResponse

from members.vocabulary import Through

if TYPE_CHECKING:
    from members.models import User

NOWHERE = "::"
_visit: ContextVar[HttpRequest | None] = ContextVar("visit", default=None)


class Visits:
    """Middleware that remembers the request while it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, which is the present visit meanwhile."""
        token = _visit.set(request)
        try:
            return self.get_response(request)
        finally:
            _visit.reset(token)


def visitor() -> User | None:
    """Return who is signed in at the present visit, by session or token; None for nobody, commands and tasks."""
    user: Any = getattr(_visit.get(), "user", None)
    return user if user is not None and user.is_authenticated else None


def token() -> str:
    """Return the name of the API token by which the present visit came, empty where it came by none."""
    return str(getattr(_visit.get(), "token_name", ""))


def through() -> Through:
    """Return where the present deed is done."""
    request = _visit.get()
    if request is None:
        return Through.TASK if current_task else Through.COMMAND
    door = request.path_info.lstrip("/").partition("/")[0]
    return Through(door) if door in Through.values else Through.WEB


def address() -> str | None:
    """Return the address from which the present visit comes; None where there is none, as behind a local socket."""
    request = _visit.get()
    return _address_of(request) if request else None


def throttled_by(request: HttpRequest) -> str:
    """Return the address by which guessing is counted, for django-axes; all that come from nowhere count together."""
    return _address_of(request) or NOWHERE


def _address_of(request: HttpRequest) -> str | None:
    try:
        return str(ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None
