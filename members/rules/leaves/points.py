"""The leaf about points: the balance, what was earned and spent, and what expires soon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from members.rules.comparisons import Kind
from members.rules.given import Given
from members.rules.leaf import Leaf
from members.rules.looks import Asked, Look
from members.rules.words import with_window
from members.sql import Sql
from members.standing import points
from members.vocabulary import PointsKind


class Measure(TextChoices):
    """What is measured; the label goes before "is"."""

    BALANCE = "balance", gettext_lazy("the balance of points")
    EARNED = "earned", gettext_lazy("the number of points earned")
    SPENT = "spent", gettext_lazy("the number of points spent")
    EXPIRING = "expiring", gettext_lazy("the number of points that expire")


SIGNED = {
    Measure.EARNED: f"sum(entry.points) FILTER (WHERE entry.kind = '{PointsKind.EARNED}')",
    Measure.SPENT: f"-sum(entry.points) FILTER (WHERE entry.kind = '{PointsKind.SPENT}')",
}


@dataclass(frozen=True)
class PointsLeaf(Leaf):
    """A measure of the member's points, as of the time asked."""

    kind = "points"
    label = gettext_lazy("Points")
    settings = ("measure", "op", "value", "within_days")

    measure: Measure
    within_days: int | None

    @classmethod
    def read(cls, given: Given) -> Self:
        """Read a measure, a comparison of numbers, and a window: days back, or for what expires, days ahead."""
        measure = Measure(given.choice("measure", Measure.values))
        if measure is Measure.BALANCE and "within_days" in given:
            raise given.bad("within_days", _("must be left out: a balance has no window."))
        if measure is Measure.EXPIRING:
            given.needed("within_days")
        return cls(given.comparison(Kind.NUMBER, always=True), measure, given.days())

    def look(self, asked: Asked) -> Look:
        """Look at the entries, or where expiry matters, at what is left of them."""
        if self.measure in SIGNED:
            table, where = Sql("members_pointsentry entry"), asked.window("entry.happened_at", self.within_days)
            return Look(Sql(SIGNED[self.measure]), table, "entry.member_id", where, grouped=True, counts=True)
        until = asked.now + timedelta(days=self.within_days or 0)
        left = points.balances(asked.now) if self.measure is Measure.BALANCE else points.expiring(asked.now, until)
        return Look(Sql("kept.points"), Sql(f"({left.text}) kept", left.params), "kept.member_id", counts=True)

    def topics(self) -> frozenset[str]:
        """Return the topic of points."""
        return frozenset({"points"})

    def moves_by_time(self) -> bool:
        """Windows move on, and points expire."""
        return self.within_days is not None or self.measure is Measure.BALANCE

    def subject(self) -> str:
        """Return the measure with its window."""
        if self.measure is not Measure.EXPIRING or self.within_days is None:
            return with_window(str(self.measure.label), self.within_days)
        words = ngettext("%(subject)s within a day", "%(subject)s within %(days)s days", self.within_days)
        return words % {"subject": self.measure.label, "days": self.within_days}
