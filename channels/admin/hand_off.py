"""Hand-offs: whom which store expects when, and what became of it. They are worked at the counter and the contacts."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter

from channels.counter import words
from channels.models import HandOff
from channels.vocabulary import HandOffState
from members import clock, zones
from members.admin.base import ReadOnlyAdmin, column
from members.admin.owned import OwnedAdmin

if TYPE_CHECKING:
    from django.contrib.admin import SimpleListFilter as DropdownFilter
else:
    from unfold.contrib.filters.admin import DropdownFilter

COLOURS: dict[str, str] = {
    HandOffState.AGREED: "info",
    HandOffState.DONE: "success",
    HandOffState.NO_SHOW: "danger",
    HandOffState.CALLED_OFF: "warning",
}
# Days that are asked for: how far away the first is, and how many.
DAYS = {"yesterday": (-1, 1), "today": (0, 1), "tomorrow": (1, 1), "week": (0, 7)}


class HandOffStateFilter(DropdownFilter):
    """Hand-offs in a state; what is agreed on where nobody says otherwise."""

    title = _("state")
    parameter_name = "state"
    all_option = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        """The states, and all of them."""
        return [*((state.value, str(state.label)) for state in HandOffState), ("all", str(_("All")))]

    def value(self) -> str:
        """Return the chosen state."""
        chosen = super().value()
        return chosen if chosen in {*HandOffState.values, "all"} else HandOffState.AGREED.value

    def queryset(self, request: HttpRequest, queryset: QuerySet[HandOff]) -> QuerySet[HandOff]:
        """Only those in the state."""
        return queryset if self.value() == "all" else queryset.filter(state=self.value())


class DayFilter(DropdownFilter):
    """Hand-offs agreed for a day, by the calendar of the house."""

    title = _("day")
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        """The days around today, and what is overdue."""
        return [
            ("overdue", str(_("Overdue"))),
            ("yesterday", str(_("Yesterday"))),
            ("today", str(_("Today"))),
            ("tomorrow", str(_("Tomorrow"))),
            ("week", str(_("The next seven days"))),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[HandOff]) -> QuerySet[HandOff]:
        """Only those of the day."""
        chosen, now = self.value(), clock.now()
        if chosen == "overdue":
            return queryset.filter(state=HandOffState.AGREED, due_at__lte=now)
        if chosen not in DAYS:
            return queryset
        away, many = DAYS[chosen]
        return queryset.filter(due_at__gte=_midnight(now, away), due_at__lt=_midnight(now, away + many))


def _midnight(now: datetime, away: int) -> datetime:
    zone = zones.zone(zones.DEFAULT)
    return zones.first_instant(zone, now.astimezone(zone).date() + timedelta(days=away), time.min)


@admin.register(HandOff)
class HandOffAdmin(OwnedAdmin[HandOff], ReadOnlyAdmin[HandOff]):
    """What is agreed on comes by its time, overdue ones first; what is over, the newest first."""

    when_empty = _("Reps agree on hand-offs with members: from a follow-up or a member's page at the contacts.")
    list_display = ("member", "store", "offer", "shown_state", "when", "made_by_name", "ended_by_name")
    list_select_related = ("member", "store", "grant__offer")
    list_filter = (("store", RelatedDropdownFilter), HandOffStateFilter, DayFilter)
    fields = (
        "member",
        "store",
        "offer",
        "shown_state",
        "reason",
        "when",
        "made_by_name",
        "team",
        "created_at",
        "note",
        "ended_by_name",
        "ended_at",
        "answer",
        "seen_at",
    )
    readonly_fields = ("offer", "shown_state", "when")

    @column(_("offer"))
    def offer(self, hand_off: HandOff) -> str:
        """What it is about."""
        return hand_off.grant.offer.name if hand_off.grant else "–"

    @column(_("state"), labels=COLOURS)
    def shown_state(self, hand_off: HandOff) -> tuple[str, str]:
        """The state in its colour; one whose time is over in that of a warning."""
        colour = HandOffState.CALLED_OFF if hand_off.is_overdue(clock.now()) else hand_off.state
        return colour, hand_off.get_state_display()

    @column(_("agreed for"))
    def when(self, hand_off: HandOff) -> str:
        """The time by the clock of the store."""
        return words.moment(hand_off.due_at, clock.now(), zones.zone(hand_off.store.zone_id))

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the order of the state that is asked for."""
        asked = request.GET.get(HandOffStateFilter.parameter_name, HandOffState.AGREED)
        return ("due_at", "pk") if asked == HandOffState.AGREED else ("-pk",)
