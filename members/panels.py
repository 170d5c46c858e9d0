"""The panels of the pages about a member. Each layer registers what it knows about a member, in AppConfig.ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

from members.models import Member

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Load = Callable[[Member, HttpRequest, datetime], Mapping[str, Any]]


@dataclass(frozen=True)
class Panel:
    """A part of the page: `load(member, request, now)` returns what `template` shows.

    `order` sorts the panels, from the top (members has 10 to 60). It is shown to those with `permission` only, such as
    content.view_grant. `load` asks a bounded number of queries for a bounded number of rows. A `wide` panel takes the
    whole width.
    """

    key: str
    title: StrOrPromise
    order: int
    template: str
    load: Load
    permission: str = "members.view_member"
    wide: bool = False


@dataclass(frozen=True)
class Loaded:
    """A panel with what its template shows."""

    panel: Panel
    context: Mapping[str, Any]


ADMIN, CONTACTS = "admin", "contacts"  # the pages about a member
_panels: dict[tuple[str, str], Panel] = {}


def register(*panels: Panel, page: str = ADMIN) -> None:
    """Add panels to a page; one with the same key takes the place of the first."""
    for panel in panels:
        _panels[page, panel.key] = panel


def loaded(member: Member, request: HttpRequest, now: datetime, page: str = ADMIN) -> list[Loaded]:
    """Return the panels of a page about a member that whoever asks may see, in order."""
    known = (panel for (place, _key), panel in _panels.items() if place == page)
    seen = sorted((one for one in known if request.user.has_perm(one.permission)), key=lambda one: one.order)
    return [Loaded(panel, panel.load(member, request, now)) for panel in seen]
