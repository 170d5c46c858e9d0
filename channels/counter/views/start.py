"""The first page: find whoever stands there, and see whom the store expects."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from channels import hand_offs, live
from channels.counter import cards, finding, places, screen
from channels.counter.screen import Viewpoint
from channels.counter.views.base import counter, new_key, page_of, said, viewpoint
from content.models import Grant
from content.offers.passes import PassOver
from members import doors

# A store that expects more people than this needs another tool.
EXPECTED = 100


@counter
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Show the field to find somebody, and the store's list."""
    view = viewpoint(request)
    context = {**shown(view), "stores": places.choices(request), "store": view.store}
    return doors.page(request, "channels/counter/start.html", gettext_lazy("Counter"), {"here": "counter", **context})


@counter
@require_safe
def expected(request: HttpRequest) -> HttpResponse:
    """Show the store's list alone, for the page that heard that it changed."""
    return render(request, "channels/counter/expected.html", shown(viewpoint(request)))


@counter
@require_safe
def live_list(request: HttpRequest) -> HttpResponse:
    """Say whether the store's list changed."""
    view = viewpoint(request)
    return live.answer(request, reverse("counter-live-list"), live.of_store(view.store, view.now))


@counter
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Stand at the counter of another store."""
    chosen = places.choose(request, said(request, "store"))
    if chosen is None:
        messages.error(request, _("This store is not yours to choose."))
    return HttpResponseRedirect(reverse("counter"), status=HTTPStatus.SEE_OTHER)


@counter
def find(request: HttpRequest) -> HttpResponse:
    """Lead to the member who is meant, or show those who may be. What was typed stands in no address and no log."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("counter"))
    typed, view = said(request, "q", 200), viewpoint(request)
    try:
        found = finding.find(typed, view.now)
    except PassOver as over:
        messages.error(request, str(over))
        return HttpResponseRedirect(reverse("counter"), status=HTTPStatus.SEE_OTHER)
    if len(found.members) == 1 and not found.is_guess:
        address = page_of(found.members[0].public_id)
        if found.grant:
            address += f"?offer={found.grant.public_id}"
            _tell_fate(request, found.grant, view)
        return HttpResponseRedirect(address, status=HTTPStatus.SEE_OTHER)
    context: dict[str, Any] = {"here": "counter", "found": found, "typed": typed}
    return doors.page(request, "channels/counter/found.html", _("Who is it?"), context)


def _tell_fate(request: HttpRequest, grant: Grant, view: Viewpoint) -> None:
    """Say what became of the offer whose code was shown, if it is not theirs any more."""
    fate = cards.fate(grant, view.now, view.zone)
    if fate:
        messages.error(request, fate)


def shown(view: Viewpoint) -> dict[str, Any]:
    """Return what the list of the store shows, with the stamp by which it stays live."""
    stamp = live.of_store(view.store, view.now)
    listed = hand_offs.of_store(view.store.pk)[:EXPECTED] if view.store else ()
    return {
        "expected": [screen.expected(one, view, script=False) for one in listed],
        "store": view.store,
        "tomorrow": view.midnight,
        "key": new_key(),
        "live_address": reverse("counter-live-list"),
        "live_stamp": stamp,
    }
