"""The numbers above a journey's text. They move: the open page asks every second whether any has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from channels import live
from journeys import reports
from journeys.admin import limits
from journeys.models import Journey
from members import clock
from members.admin.base import HouseAdmin

if TYPE_CHECKING:
    _Admin = HouseAdmin[Journey]
else:
    _Admin = object

COLOURS = {"live": "success", "paused": "warning", "stopped": "danger", "draft": "info"}
_PART = "journeys/admin/numbers_now.html"


class LiveNumbers(_Admin):
    """Shows a journey's numbers on its page, and keeps them up to date."""

    change_form_outer_before_template = "journeys/admin/numbers.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses that the open page asks."""
        views = {"numbers": self.numbers_view, "live": self.live_view}
        asked = [
            path(f"<int:object_id>/{name}/", self.admin_site.admin_view(view), name=f"journeys_journey_{name}")
            for name, view in views.items()
        ]
        return [*asked, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the numbers above the text."""
        journey = self.get_object(request, object_id)
        found = {**_shown(journey), "may_reopen": self.may(request, "change")} if journey else {}
        return super().change_view(request, object_id, form_url, {**found, **(extra_context or {})})

    def numbers_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Return the numbers alone."""
        shown = _shown(self.allowed(request, str(object_id), "view"))
        return render(request, _PART, {**shown, "may_reopen": self.may(request, "change")})

    def live_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Say whether anything changed."""
        shown = _shown(self.allowed(request, str(object_id), "view"))
        return live.answer(request, shown["live_address"], shown["live_stamp"])


def _shown(journey: Journey) -> Mapping[str, Any]:
    """Return what stands above the text: the state in its colour, what is published, and the numbers."""
    current = journey.current
    shown = {
        "numbers": reports.journey(journey),
        "steps": reports.steps(journey),
        "colour": COLOURS[journey.state],
        "limits": limits.shown(journey, clock.now()),
        "differs": current is not None and journey.draft != current.definition,
    }
    stamp = hashlib.md5(f"{journey.current_id} {shown}".encode(), usedforsecurity=False).hexdigest()
    address = reverse("admin:journeys_journey_live", args=[journey.pk])
    return {**shown, "journey": journey, "live_address": address, "live_stamp": stamp}
