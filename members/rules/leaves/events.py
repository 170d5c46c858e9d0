"""The leaf about events: how often, how much of a property, how long ago, in a window and with filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.rules import json_values
from members.rules.comparisons import WITHOUT_VALUE, Comparison, Kind
from members.rules.given import Given
from members.rules.leaf import Leaf
from members.rules.looks import Asked, Look, days_ago
from members.rules.words import with_window
from members.sql import Sql

LONGEST_NAME = 64  # of an event; news of one with a longer name could not even be listened to


class Measure(TextChoices):
    """What is measured; the label goes before "is"."""

    COUNT = "count", gettext_lazy("the number of events “%(name)s”")
    SUM = "sum", gettext_lazy("the sum of “%(property)s” of events “%(name)s”")
    LAST_DAYS_AGO = "last_days_ago", gettext_lazy("the number of days since the last event “%(name)s”")


@dataclass(frozen=True)
class Filter:
    """A comparison of one property of an event."""

    property: str
    test: Comparison

    def sql(self) -> Sql:
        """Return the condition."""
        whatever = self.test.op in WITHOUT_VALUE
        return self.test.sql(json_values.value("happened.properties", self.property, self.test.kind, whatever=whatever))


def filters(given: Given) -> tuple[Filter, ...]:
    """Read the list of filters under `where`; without it there are none."""
    items = given.items("where", ("property", "op", "value"))
    return tuple(Filter(one.text("property"), one.free_comparison()) for one in items)


def conditions(where: Sequence[Filter]) -> list[Sql]:
    """Return the conditions of filters; their parameters do not clash."""
    return [one.sql().prefixed(f"where{number}_") for number, one in enumerate(where)]


def in_words(where: Sequence[Filter]) -> str:
    """Return filters as words, empty without any."""
    return _(" and ").join(f"{one.property} {one.test.words()}" for one in where)


@dataclass(frozen=True)
class EventsLeaf(Leaf):
    """A measure of the member's events of one name."""

    kind = "events"
    label = gettext_lazy("Events")
    settings = ("name", "measure", "property", "op", "value", "within_days", "where")

    name: str
    measure: Measure
    property: str
    within_days: int | None
    where: tuple[Filter, ...]

    @classmethod
    def read(cls, given: Given) -> Self:
        """Read a name, a measure, a comparison of numbers, and perhaps a window and filters."""
        measure = Measure(given.choice("measure", Measure.values, default=Measure.COUNT))
        if (measure is Measure.SUM) != ("property" in given):
            raise given.bad("property", _("is the name of the property to add up: it goes with the measure sum alone."))
        return cls(
            given.comparison(Kind.NUMBER, always=measure is not Measure.LAST_DAYS_AGO),
            given.text("name", most=LONGEST_NAME),
            measure,
            given.text("property", ""),
            given.days(),
            filters(given),
        )

    def look(self, asked: Asked) -> Look:
        """Look at the events of that name in the window."""
        counts = self.measure is not Measure.LAST_DAYS_AGO
        return Look(
            self._value(asked),
            Sql("members_event happened"),
            "happened.member_id",
            self._where(asked),
            grouped=True,
            counts=counts,
        )

    def _value(self, asked: Asked) -> Sql:
        if self.measure is Measure.COUNT:
            return Sql("count(*)")
        if self.measure is Measure.LAST_DAYS_AGO:
            return Sql(days_ago("max(happened.happened_at)"), {"now": asked.now})
        added = json_values.value("happened.properties", self.property, Kind.NUMBER)
        return Sql(f"sum({added.text})", added.params)

    def _where(self, asked: Asked) -> Sql:
        window = asked.window("happened.happened_at", self.within_days, event=self.name)
        asks = conditions(self.where)
        params: dict[str, Any] = {name: value for one in (window, *asks) for name, value in one.params.items()}
        texts = ["happened.name = %(event)s", window.text, *(f"({one.text})" for one in asks)]
        return Sql(" AND ".join(texts), params)

    def topics(self) -> frozenset[str]:
        """Return the topic of events of that name."""
        return frozenset({f"event:{self.name}"})

    def moves_by_time(self) -> bool:
        """Windows and days ago move on."""
        return self.within_days is not None or self.measure is Measure.LAST_DAYS_AGO

    def subject(self) -> str:
        """Return the measure with its filters and window."""
        words = str(self.measure.label) % {"name": self.name, "property": self.property}
        asks = in_words(self.where)
        return with_window(f"{words} ({asks})" if asks else words, self.within_days)
