"""Filters of messages and follow-ups, each along an index."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from channels import home
from channels.models import FollowUp, Message, Sender, Team
from channels.vocabulary import WEBHOOK, State
from members import clock
from members.models import User
from members.sql import rows

if TYPE_CHECKING:
    from django.contrib.admin import SimpleListFilter as DropdownFilter
else:
    from unfold.contrib.filters.admin import DropdownFilter

# The journeys that messages name, without reading the messages: from one id to the next along the index of journeys.
# A DISTINCT would read them all.
_JOURNEYS = """
WITH RECURSIVE known AS (
    SELECT min(journey_id) AS id FROM channels_message
    UNION ALL
    SELECT (SELECT min(x.journey_id) FROM channels_message x WHERE x.journey_id > known.id)
    FROM known WHERE known.id IS NOT NULL
)
SELECT id, (SELECT x.journey_name FROM channels_message x WHERE x.journey_id = known.id LIMIT 1) AS name
FROM known WHERE id IS NOT NULL ORDER BY name, id
"""


class JourneyFilter(DropdownFilter):
    """Messages of one journey, by its id."""

    title = _("journey")
    parameter_name = "journey"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        """Every journey that ever queued a message, by the name that its messages bear."""
        return [(pk, name or f"{pk}") for pk, name in rows(_JOURNEYS, {})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        """Only those of the journey."""
        chosen = self.value()
        known = chosen and chosen.isdecimal() and len(chosen) < 19
        return queryset.filter(journey_id=int(chosen)) if known and chosen else queryset


class PlannedFilter(DropdownFilter):
    """Messages that wait for a departure on a day, in the house's zone."""

    title = _("planned for")
    parameter_name = "planned"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        """The days that the home shows."""
        return [("today", str(_("Today"))), ("tomorrow", str(_("Tomorrow"))), ("earlier", str(_("Before today")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        """Only those that still wait, and leave on the day, or within an hour from when it begins in UTC."""
        two = home.days(clock.now())
        spans: dict[str | None, dict[str, datetime]] = {
            "today": {"planned_at__gte": two.today, "planned_at__lt": two.tomorrow},
            "tomorrow": {"planned_at__gte": two.tomorrow, "planned_at__lt": two.end},
            "earlier": {"planned_at__lt": two.today},
        }
        chosen = spans.get(self.value()) or _hour(self.value() or "")
        return queryset.filter(state=State.QUEUED, **chosen) if chosen else queryset


def _hour(begins: str) -> dict[str, datetime]:
    try:
        start = datetime.strptime(begins, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
        return {"planned_at__gte": start, "planned_at__lt": start + timedelta(hours=1)}
    except (ValueError, OverflowError):
        return {}


class ReachedFilter(DropdownFilter):
    """Messages that came as far as a stage, wherever they stand now."""

    title = _("came as far as")
    parameter_name = "reached"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        """The stages after the queue."""
        return [("sent", str(_("Sent"))), ("delivered", str(_("Delivered"))), ("clicked", str(_("Clicked")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        """Only those that came there."""
        reached: dict[str | None, dict[str, Any]] = {
            "sent": {"sent_at__isnull": False},
            "delivered": {"state": State.DELIVERED},
            "clicked": {"clicked_at__isnull": False},
        }
        return queryset.filter(**reached.get(self.value(), {}))


class SubscriptionFilter(DropdownFilter):
    """What one subscription told; without one, what is said to members, for whom the outbox is."""

    title = _("told by webhook")
    parameter_name = "subscription"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        """Every subscription."""
        return [(str(pk), name) for pk, name in Sender.objects.filter(channel=WEBHOOK).values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        """Only those of the subscription, or none of any."""
        chosen = self.value()
        if chosen in dict(self.lookup_choices):
            return queryset.filter(channel=WEBHOOK, sender_id=int(chosen or 0))
        return queryset.exclude(channel=WEBHOOK)


class StateFilter(DropdownFilter):
    """Follow-ups in a state; the open ones where nobody says otherwise."""

    title = _("state")
    parameter_name = "state"
    all_option = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        """The states, and all of them."""
        states = [(state.value, str(state.label)) for state in FollowUp.State]
        return [*states, ("all", str(_("All")))]

    def value(self) -> str:
        """Return the chosen state."""
        chosen = super().value()
        return chosen if chosen in {*FollowUp.State.values, "all"} else FollowUp.State.OPEN.value

    def queryset(self, request: HttpRequest, queryset: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
        """Only those in the state."""
        return queryset if self.value() == "all" else queryset.filter(state=self.value())


class TeamFilter(DropdownFilter):
    """Follow-ups of a team; those of one's own teams where nobody says otherwise."""

    title = _("team")
    parameter_name = "team"
    all_option = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        """Every team, one's own together, and all of them."""
        self.own = list(Team.objects.filter(users=cast(User, request.user)).values_list("pk", flat=True))
        teams = [(str(team.pk), team.name) for team in Team.objects.order_by("name")]
        return [*([("own", str(_("My teams")))] if self.own else []), *teams, ("all", str(_("All")))]

    def value(self) -> str:
        """Return the chosen team's id, `own` or `all`."""
        chosen = super().value()
        return chosen if chosen in dict(self.lookup_choices) else ("own" if self.own else "all")

    def queryset(self, request: HttpRequest, queryset: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
        """Only those of the team."""
        chosen = self.value()
        if chosen == "all":
            return queryset
        return queryset.filter(team__in=self.own if chosen == "own" else [int(chosen)])
