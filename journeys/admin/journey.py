"""Journeys: their draft, their steps with numbers, and publishing, pausing, resuming and stopping."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journeys import arms, explaining, publishing, reports, winners
from journeys.admin.form import JourneyForm
from journeys.admin.numbers import COLOURS, LiveNumbers
from journeys.admin.publishing import Publishing
from journeys.admin.releasing import Releasing
from journeys.admin.shelf import Shelf
from journeys.models import Journey
from journeys.publishing import NotPossible
from journeys.reports import JourneyNumbers
from journeys.vocabulary import JourneyState
from journeys.winners import NotDecided
from members import audit_log, clock
from members.admin.base import HouseAdmin, column, object_action
from members.models import Member, User
from members.vocabulary import Deed


@admin.register(Journey)
class JourneyAdmin(Shelf, LiveNumbers, Publishing, Releasing, HouseAdmin[Journey]):
    """A journey's page: its numbers above, its text below."""

    form = JourneyForm
    list_display = (
        "name",
        "kind",
        "shown_state",
        "entered",
        "under_way",
        "queued",
        "sent",
        "delivered",
        "clicked",
        "converted",
    )
    list_filter = ("kind", "state")
    search_fields = ("name", "key")
    sortable_by = ("name", "kind")
    fields = ("text",)
    actions_detail = ["why", "publish", "roll_back", "pause", "resume", "release", "stop"]

    def has_delete_permission(self, request: HttpRequest, obj: Journey | None = None) -> bool:
        """A journey that was published stays: what members were told hangs on it."""
        unpublished = obj is None or obj.current_id is None
        return unpublished and bool(super().has_delete_permission(request, obj))

    def get_urls(self) -> list[URLPattern]:
        """Add what leads from a member's page to the explanation of a journey, and what opens a split's question."""
        leading, opening = (self.admin_site.admin_view(view) for view in (self.why_of, self.reopen_view))
        return [
            path("why/", leading, name="journeys_journey_why_of"),
            path("<int:object_id>/reopen/<slug:step>/", opening, name="journeys_journey_reopen"),
            *super().get_urls(),
        ]

    def why_of(self, request: HttpRequest) -> HttpResponse:
        """Lead to the explanation of the journey with a key, for the member with a code; without one, to the list."""
        key, code = (request.GET.get(name, "").replace("\0", "") for name in ("journey", "member"))
        journey = Journey.objects.filter(key=key).first()
        if journey is None:
            return HttpResponseRedirect(reverse("admin:journeys_journey_changelist"))
        address = reverse("admin:journeys_journey_why", args=[journey.pk])
        return HttpResponseRedirect(f"{address}?{urlencode({'member': code})}")

    def save_model(self, request: HttpRequest, obj: Journey, form: Any, change: bool) -> None:
        """The form has saved the draft."""

    @column(gettext_lazy("state"), labels=COLOURS)
    def shown_state(self, journey: Journey) -> tuple[str, str]:
        """The state in its colour."""
        return journey.state, journey.get_state_display()

    @column(gettext_lazy("entered"))
    def entered(self, journey: Journey) -> int:
        """How many members ever entered."""
        return self._numbers(journey).entered

    @column(gettext_lazy("under way"))
    def under_way(self, journey: Journey) -> int:
        """How many are under way now."""
        return self._numbers(journey).under_way

    @column(gettext_lazy("queued"))
    def queued(self, journey: Journey) -> int:
        """How many messages were ever queued."""
        return self._numbers(journey).messages["queued"]

    @column(gettext_lazy("sent"))
    def sent(self, journey: Journey) -> int:
        """How many messages a carrier took."""
        return self._numbers(journey).messages["sent"]

    @column(gettext_lazy("delivered"))
    def delivered(self, journey: Journey) -> int:
        """How many messages arrived, as receipts say."""
        return self._numbers(journey).messages["delivered"]

    @column(gettext_lazy("clicked"))
    def clicked(self, journey: Journey) -> int:
        """How many messages had a click."""
        return self._numbers(journey).messages["clicked"]

    @column(gettext_lazy("converted"))
    def converted(self, journey: Journey) -> int:
        """How many enrollments reached the goal."""
        return self._numbers(journey).converted

    def _numbers(self, journey: Journey) -> JourneyNumbers:
        # Each row of the list asks once, though it shows seven of the numbers.
        if not hasattr(journey, "numbers"):
            journey.numbers = reports.journey(journey)  # type: ignore[attr-defined]
        return cast(JourneyNumbers, journey.numbers)  # type: ignore[attr-defined]

    @object_action(gettext_lazy("Why?"), permission="view", icon="help")
    def why(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Explain where a member is with the journey, or why they never entered it."""
        journey = self.allowed(request, object_id, "view")
        code = request.GET.get("member", "").replace("\0", "").strip()
        member = Member.objects.select_related("home_store").filter(external_id=code).first() if code else None
        context: dict[str, Any] = {"original": journey, "code": code, "member": member}
        if member:
            audit_log.note(request, Deed.LOOKED_UP, member)
            context["explanation"] = explaining.explain(member, journey, clock.now())
        return self.page(request, "journeys/admin/why.html", gettext_lazy("Why?"), context)

    @object_action(gettext_lazy("Pause"), permission="journeys.change_journey", icon="pause")
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Hold the journey."""
        sentence = gettext_lazy(
            "Nobody enters or moves, and nothing is sent, not even what is queued, until you resume."
        )
        return self._asked(request, object_id, gettext_lazy("Pause"), sentence, publishing.pause)

    @object_action(gettext_lazy("Resume"), permission="journeys.change_journey", icon="play_arrow")
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let a paused journey go on."""
        sentence = gettext_lazy("Everybody goes on where they stand.")
        return self._asked(request, object_id, gettext_lazy("Resume"), sentence, publishing.resume)

    @object_action(gettext_lazy("Stop"), permission="journeys.change_journey", icon="stop")
    def stop(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End the journey for everybody."""
        sentence = gettext_lazy(
            "Everybody under way leaves, and what has not left is cancelled. This cannot be undone."
        )
        return self._asked(request, object_id, gettext_lazy("Stop"), sentence, publishing.stop)

    def reopen_view(self, request: HttpRequest, object_id: int, step: str) -> HttpResponse:
        """Ask, and open the question of a split's winner again."""
        if arms.latest(object_id, step) is None:
            raise Http404
        title = gettext_lazy("Open the question again")
        sentence = gettext_lazy(
            "Whoever comes new is drawn by lot again, and counting begins anew. The decision stays on record, and "
            "members stay on the path that they are on."
        )
        return self._asked(
            request, str(object_id), title, sentence, lambda found, now, who: winners.reopen(found, step, now, who)
        )

    def _asked(
        self, request: HttpRequest, object_id: str, title: Any, sentence: Any, act: Callable[..., object]
    ) -> HttpResponse:
        """Ask on a GET; act on a POST and go back, or say why it is not possible."""
        journey = self.allowed(request, object_id, "change")
        if request.method != "POST":
            return self._question(request, journey, title, sentence)
        try:
            act(journey, clock.now(), cast(User, request.user))
        except (NotPossible, NotDecided) as error:
            return self._question(request, journey, title, sentence, str(error))
        journey.refresh_from_db()
        told = _("“%(journey)s” is %(state)s now.") % {
            "journey": journey.name,
            "state": JourneyState(journey.state).label.lower(),
        }
        return self.back(request, told, journey)

    def _question(
        self, request: HttpRequest, journey: Journey, title: Any, sentence: Any, error: str = ""
    ) -> HttpResponse:
        context: Mapping[str, Any] = {
            "original": journey,
            "sentence": sentence,
            "error": error,
            "facts": _facts(journey),
            "danger": title == _("Stop"),
        }
        return self.page(request, "journeys/admin/question.html", title, context, 400 if error else 200)


def _facts(journey: Journey) -> Sequence[tuple[str, object]]:
    return [
        (_("State"), JourneyState(journey.state).label),
        (_("Version"), journey.current.number if journey.current else _("none yet")),
        (_("Under way"), reports.journey(journey).under_way),
        (_("Messages waiting"), reports.waiting(journey)),
    ]
