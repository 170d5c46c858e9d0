"""The leaf about touchpoints: how often and how long ago the member was in contact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.rules.comparisons import Kind, listed
from members.rules.given import Given
from members.rules.leaf import Leaf
from members.rules.looks import Asked, Look, days_ago
from members.rules.words import with_window
from members.sql import Sql
from members.vocabulary import Channel, Direction, TouchpointKind

CLOSED: Mapping[str, type[TextChoices]] = {"channel": Channel, "direction": Direction, "kind": TouchpointKind}
# Journeys and offers are known here by their names at the time alone.
NAMED = ("journey", "offer")
COLUMNS = {"journey": "journey_name", "offer": "offer_name"}


class Measure(TextChoices):
    """What is measured; the label goes before "is"."""

    COUNT = "count", gettext_lazy("the number of touchpoints")
    LAST_DAYS_AGO = "last_days_ago", gettext_lazy("the number of days since the last touchpoint")


@dataclass(frozen=True)
class TouchpointsLeaf(Leaf):
    """A measure of the member's touchpoints."""

    kind = "touchpoints"
    label = gettext_lazy("Touchpoints")
    settings = ("measure", "channel", "direction", "kind", "journey", "offer", "op", "value", "within_days")

    measure: Measure
    within_days: int | None
    only: Mapping[str, str]

    @classmethod
    def read(cls, given: Given) -> Self:
        """Read a measure, a comparison of numbers, and perhaps a window and filters."""
        measure = Measure(given.choice("measure", Measure.values, default=Measure.COUNT))
        only = {name: given.choice(name, choices.values) for name, choices in CLOSED.items() if name in given}
        only |= {name: given.text(name) for name in NAMED if name in given}
        return cls(given.comparison(Kind.NUMBER, always=measure is Measure.COUNT), measure, given.days(), only)

    def look(self, asked: Asked) -> Look:
        """Look at the touchpoints in the window."""
        counts = self.measure is Measure.COUNT
        value = Sql(
            "count(*)" if counts else days_ago("max(contact.happened_at)"), {} if counts else {"now": asked.now}
        )
        table = Sql("members_touchpoint contact")
        return Look(value, table, "contact.member_id", self._where(asked), grouped=True, counts=counts)

    def _where(self, asked: Asked) -> Sql:
        window = asked.window("contact.happened_at", self.within_days)
        filters = "".join(f" AND contact.{COLUMNS.get(name, name)} = %({name})s" for name in self.only)
        params: dict[str, Any] = {**window.params, **self.only}
        return Sql(window.text + filters, params)

    def topics(self) -> frozenset[str]:
        """Return the topic of touchpoints, of the one kind where there is one."""
        kind = self.only.get("kind")
        return frozenset({f"touchpoint:{kind}" if kind else "touchpoint"})

    def moves_by_time(self) -> bool:
        """Windows and days ago move on."""
        return self.within_days is not None or self.measure is Measure.LAST_DAYS_AGO

    def subject(self) -> str:
        """Return the measure with its filters and window."""
        filters = [str(CLOSED[name](value).label) if name in CLOSED else value for name, value in self.only.items()]
        words = str(self.measure.label)
        return with_window(
            _("%(words)s (%(filters)s)") % {"words": words, "filters": listed(filters)} if filters else words,
            self.within_days,
        )
