"""The leaf about purchases: how many, how much, how long ago, in a window and with filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.rules.comparisons import Kind, listed
from members.rules.given import Given
from members.rules.leaf import Leaf
from members.rules.looks import Asked, Look, days_ago
from members.rules.words import with_window
from members.sql import Sql

FILTERS = ("sku", "category", "store", "currency", "min_total")


class Measure(TextChoices):
    """What is measured; the label goes before "is"."""

    COUNT = "count", gettext_lazy("the number of purchases")
    SUM = "sum", gettext_lazy("the amount of purchases")
    QUANTITY = "quantity", gettext_lazy("the number of pieces bought")
    AVERAGE = "average", gettext_lazy("the average amount of a purchase")
    LAST_DAYS_AGO = "last_days_ago", gettext_lazy("the number of days since the last purchase")
    FIRST_DAYS_AGO = "first_days_ago", gettext_lazy("the number of days since the first purchase")


ALWAYS = (Measure.COUNT, Measure.SUM, Measure.QUANTITY)
MONEY = (Measure.SUM, Measure.AVERAGE)
# A positive quantity is a purchase, a negative one a return, which counts in sums alone: as standing has it.
WHOLE = {
    Measure.COUNT: "count(*) FILTER (WHERE bought.quantity > 0)",
    Measure.SUM: "sum(bought.total)",
    Measure.QUANTITY: "sum(bought.quantity)",
    Measure.AVERAGE: "round(avg(bought.total) FILTER (WHERE bought.quantity > 0), 2)",
    Measure.LAST_DAYS_AGO: days_ago("max(bought.happened_at) FILTER (WHERE bought.quantity > 0)"),
    Measure.FIRST_DAYS_AGO: days_ago("min(bought.happened_at) FILTER (WHERE bought.quantity > 0)"),
}
_AMOUNT = "sum(line.quantity * line.unit_price)"
_COUNT = "count(DISTINCT bought.id) FILTER (WHERE line.quantity > 0)"
BY_LINE = {
    Measure.COUNT: _COUNT,
    Measure.SUM: _AMOUNT,
    Measure.QUANTITY: "sum(line.quantity)",
    Measure.AVERAGE: f"round({_AMOUNT} FILTER (WHERE line.quantity > 0) / NULLIF({_COUNT}, 0), 2)",
    Measure.LAST_DAYS_AGO: days_ago("max(bought.happened_at) FILTER (WHERE line.quantity > 0)"),
    Measure.FIRST_DAYS_AGO: days_ago("min(bought.happened_at) FILTER (WHERE line.quantity > 0)"),
}


@dataclass(frozen=True)
class Filters:
    """Which purchases count; with `sku` or `category` only their matching lines do."""

    sku: tuple[str, ...]
    category: tuple[str, ...]
    store: tuple[str, ...]
    currency: str
    min_total: Decimal | None

    @classmethod
    def read(cls, given: Given, measure: Measure) -> Self:
        """Read the filters. Amounts are compared in one currency: the house's, unless another one is asked for."""
        money = measure in MONEY or "min_total" in given
        return cls(
            given.texts("sku"),
            given.texts("category"),
            given.texts("store"),
            given.text("currency", settings.CHORALE_CURRENCY if money else "") if money or "currency" in given else "",
            given.number("min_total") if "min_total" in given else None,
        )

    @property
    def by_line(self) -> bool:
        """Say whether lines are looked at."""
        return bool(self.sku or self.category)

    def of_lines(self) -> list[Sql]:
        """Return the conditions on lines, the alias `line`."""
        return _given({"sku": list(self.sku), "category": list(self.category)})

    def of_purchases(self) -> list[Sql]:
        """Return the conditions on purchases, the alias `bought`."""
        return _given({"store": list(self.store), "currency": self.currency, "min_total": self.min_total})

    def words(self) -> str:
        """Return the filters as words, empty without any."""
        parts = [*self.sku, *self.category, *self.store]
        if self.min_total is not None:
            parts.append(_("from %(amount)s") % {"amount": self.min_total})
        return listed(parts)


_CONDITIONS = {
    "sku": "line.sku = ANY(%(sku)s)",
    "category": "line.category = ANY(%(category)s)",
    "store": "bought.store_id IN (SELECT id FROM members_store WHERE code = ANY(%(store)s))",
    "currency": "bought.currency = %(currency)s",
    "min_total": "bought.total >= %(min_total)s",
}


def _given(values: Mapping[str, Any]) -> list[Sql]:
    return [Sql(_CONDITIONS[name], {name: value}) for name, value in values.items() if value not in ([], "", None)]


@dataclass(frozen=True)
class PurchasesLeaf(Leaf):
    """A measure of the member's purchases."""

    kind = "purchases"
    label = gettext_lazy("Purchases")
    settings = ("measure", "op", "value", "within_days", "where")

    measure: Measure
    within_days: int | None
    where: Filters

    @classmethod
    def read(cls, given: Given) -> Self:
        """Read a measure, a comparison of numbers, and perhaps a window and filters."""
        measure = Measure(given.choice("measure", Measure.values))
        test = given.comparison(Kind.NUMBER, always=measure in ALWAYS)
        return cls(test, measure, given.days(), Filters.read(given.inner("where", FILTERS), measure))

    def look(self, asked: Asked) -> Look:
        """Look at the purchases in the window, at their lines only where these are asked for."""
        tables, values = "members_purchase bought", WHOLE
        if self.where.by_line:
            tables, values = f"{tables} JOIN members_purchaseline line ON line.purchase_id = bought.id", BY_LINE
        value = Sql(values[self.measure], {"now": asked.now})
        where = self._where(asked)
        return Look(value, Sql(tables), "bought.member_id", where, grouped=True, counts=self.measure in ALWAYS)

    def _where(self, asked: Asked) -> Sql:
        window = asked.window("bought.happened_at", self.within_days)
        pieces = [window, *self.where.of_lines(), *self.where.of_purchases()]
        params: dict[str, Any] = {name: value for piece in pieces for name, value in piece.params.items()}
        return Sql(" AND ".join(piece.text for piece in pieces), params)

    def topics(self) -> frozenset[str]:
        """Return the topic of purchases."""
        return frozenset({"purchase"})

    def moves_by_time(self) -> bool:
        """Windows and days ago move on."""
        return self.within_days is not None or self.measure in (Measure.LAST_DAYS_AGO, Measure.FIRST_DAYS_AGO)

    def subject(self) -> str:
        """Return the measure with its filters and window."""
        filters = self.where.words()
        words = f"{self.measure.label} ({filters})" if filters else str(self.measure.label)
        return with_window(words, self.within_days)
