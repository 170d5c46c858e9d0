"""The shelf of playbooks above the list of journeys: what each is for, what loading it makes, and loading it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from journeys.models import Journey
from journeys.playbooks import installing, library
from journeys.playbooks.installing import Installed
from journeys.vocabulary import JourneyKind
from members.admin.base import HouseAdmin, object_action

if TYPE_CHECKING:
    _Admin = HouseAdmin[Journey]
else:
    _Admin = object


class Shelf(_Admin):
    """Adds the page of playbooks to the list of journeys."""

    actions_list = ["playbooks"]

    @object_action(gettext_lazy("Load a playbook"), permission="journeys.add_journey", icon="library_books")
    def playbooks(self, request: HttpRequest) -> HttpResponse:
        """Show the shelf; load the playbook that a form names, as a draft with all it needs."""
        if request.method == "POST":
            return self._load(request, request.POST.get("key", ""))
        books = [library.load(key) for key in library.shelf()]
        plans = installing.planned(books)
        shown = [(book, JourneyKind(book.journey["kind"]).label, plans[book.key]) for book in books]
        return self.page(request, "journeys/admin/playbooks.html", _("Load a playbook"), {"shelf": shown})

    def _load(self, request: HttpRequest, key: str) -> HttpResponse:
        if key not in library.shelf():
            raise Http404
        done = installing.install(library.load(key))
        return self.back(request, _told(done), done.journey)


def _told(done: Installed) -> str:
    named = {"journey": done.journey.name, "made": len(done.made)}
    if not done.made:
        return _("Everything of “%(journey)s” was there already; nothing was changed.") % named
    sentence = ngettext(
        "“%(journey)s” is loaded: %(made)d thing was made. Look it over, then publish it.",
        "“%(journey)s” is loaded: %(made)d things were made. Look it over, then publish it.",
        len(done.made),
    )
    return sentence % named
