"""Publishing on the page of a journey: its plan is shown first; and publishing an earlier version again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from journeys import changeover, publishing
from journeys.changeover import END, OTHERS, SAME, STAY, BadMapping, Moved, Row
from journeys.definitions import MOST_A_DAY, BadDefinition
from journeys.models import Journey, Version
from journeys.publishing import NotPossible, Plan, Terms
from journeys.vocabulary import JourneyState
from members import clock
from members.admin.base import HouseAdmin, object_action
from members.models import User

if TYPE_CHECKING:
    _Admin = HouseAdmin[Journey]
else:
    _Admin = object

_ROW = "to-"
# With more steps, one list of them serves all rows: a page with one in each would grow by the square.
MANY = 40


class Publishing(_Admin):
    """Adds publishing, with the plan of what becomes of those under way, to a journey's page."""

    @object_action(gettext_lazy("Publish"), permission="journeys.change_journey", icon="rocket_launch")
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what publishing the draft, or the version that the address names, would do; then do it."""
        journey = self.allowed(request, object_id, "change")
        try:
            earlier = _earlier(journey, request.GET.get("version"))
            terms = _terms(request, earlier)
            if request.method == "POST" and "show" not in request.POST:
                return self._publish(request, journey, earlier, terms)
            return self._plan(request, journey, earlier, terms)
        except BadMapping as error:
            return self._plan(request, journey, earlier, _harmless(terms), str(error))
        except (BadDefinition, NotPossible, ValidationError) as error:
            message = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            context = {"original": journey, "error": message}
            return self.page(request, "journeys/admin/publish.html", _("Publish"), context, 400)

    @object_action(gettext_lazy("Roll back"), permission="journeys.change_journey", icon="history")
    def roll_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """List the earlier versions; each leads to its plan."""
        journey = self.allowed(request, object_id, "change")
        versions = journey.versions.exclude(pk=journey.current_id or 0).select_related("published_by")
        context = {"original": journey, "versions": versions}
        return self.page(request, "journeys/admin/roll_back.html", _("Roll back"), context)

    def _publish(self, request: HttpRequest, journey: Journey, earlier: Version | None, terms: Terms) -> HttpResponse:
        if request.POST.get("seen", _seen(journey, earlier)) != _seen(journey, earlier):
            sentence = _("The draft was changed since you looked at its plan; look at it again.")
            return self._plan(request, journey, earlier, terms, sentence)
        definition = earlier.definition if earlier else journey.draft
        version = publishing.publish(journey, definition, clock.now(), cast(User, request.user), terms)
        journey.refresh_from_db()
        state = JourneyState(journey.state).label.lower()
        told = [_("“%(journey)s” is %(state)s now.") % {"journey": journey.name, "state": state}]
        told += _told(changeover.finish(version, clock.now()))
        return self.back(request, " ".join(told), journey)

    def _plan(
        self, request: HttpRequest, journey: Journey, earlier: Version | None, terms: Terms, error: str = ""
    ) -> HttpResponse:
        definition = earlier.definition if earlier else journey.draft
        planned = publishing.plan(journey, definition, clock.now(), terms)
        context = {
            "original": journey,
            "earlier": earlier,
            "plan": planned,
            "rows": _rows(request, planned),
            "many": len(planned.changes.steps) > MANY,
            "others": request.POST.get("others", STAY),
            "most": request.POST.get("daily_maximum", ""),
            "seen": _seen(journey, earlier),
            "error": error,
            "words": {"stay": STAY, "same": SAME, "end": END},
        }
        title = _("Publish version %(number)d again") % {"number": earlier.number} if earlier else _("Publish")
        return self.page(request, "journeys/admin/publish.html", title, context, 400 if error else 200)


def _earlier(journey: Journey, number: str | None) -> Version | None:
    if number is None:
        return None
    return publishing.earlier(journey, int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0)


def _terms(request: HttpRequest, earlier: Version | None) -> Terms:
    """Return the terms that a form asks for. Raises NotPossible for a maximum that is none."""
    said = {key.removeprefix(_ROW): str(to) for key, to in request.POST.items() if key.startswith(_ROW) and to}
    mapping = {**said, OTHERS: request.POST.get("others", STAY)}
    most = request.POST.get("daily_maximum", "").strip()
    if most and not (most.isascii() and most.isdigit() and 0 < int(most[:12]) <= MOST_A_DAY):
        sentence = _("The daily maximum must be a whole number from 1 to %(most)d.")
        raise NotPossible(sentence % {"most": MOST_A_DAY})
    return Terms(mapping, int(most) if most else None, keeps_draft=earlier is not None)


def _harmless(terms: Terms) -> Terms:
    return Terms({}, terms.daily_maximum, terms.keeps_draft)


def _rows(request: HttpRequest, planned: Plan) -> list[Mapping[str, Any]]:
    """Return the rows of the plan with what is drawn and chosen in each."""
    most = max((row.members for row in planned.changes.rows), default=0) or 1
    return [
        {
            "row": row,
            "width": 100 * row.members / most,
            "name": f"{_ROW}{row.key}",
            "chosen": request.POST.get(f"{_ROW}{row.key}", ""),
            "comes_to": _comes_to(row),
        }
        for row in planned.changes.rows
    ]


def _comes_to(row: Row) -> str:
    if row.to == STAY:
        return _("stay on their version")
    return _("leave the journey") if row.to == END else _("move to “%(step)s”") % {"step": row.to}


def _told(moved: Moved) -> list[str]:
    """Return what became of those under way, in sentences."""
    found = []
    if moved.moved:
        sentence = ngettext("%(count)d member moved.", "%(count)d members moved.", moved.moved)
        found.append(sentence % {"count": moved.moved})
    if moved.ended:
        sentence = ngettext("%(count)d member left.", "%(count)d members left.", moved.ended)
        found.append(sentence % {"count": moved.ended})
    if moved.differs:
        sentence = ngettext(
            "That is %(count)d %(more)s than planned: it had gone on meanwhile.",
            "That is %(count)d %(more)s than planned: they had gone on meanwhile.",
            abs(moved.differs),
        )
        found.append(sentence % {"count": abs(moved.differs), "more": _("more") if moved.differs > 0 else _("fewer")})
    return found


def _seen(journey: Journey, earlier: Version | None) -> str:
    """Return what tells one text from another: that of an earlier version never changes."""
    text = json.dumps(earlier.definition if earlier else journey.draft, sort_keys=True)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
