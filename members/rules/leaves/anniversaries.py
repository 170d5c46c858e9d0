"""The leaf about anniversaries: days that come round every year, on the member's local date.

A 29 February comes round on 28 February in common years. The day itself is no anniversary: the first is a year later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from members.rules import anniversaries as instants
from members.rules import json_values
from members.rules.comparisons import Comparison, Kind, Op, known
from members.rules.given import Given
from members.rules.leaf import HasLeaf
from members.rules.looks import Asked, Look, calendar, combined
from members.sql import Sql

DAYS = {"birthday": "here.birthday", "joined_on": "here.joined_on"}
FIRST_PURCHASE = "first_purchase"
ATTRIBUTE = "attribute:"
# A window that met itself a year later would hold for everybody.
LONGEST = 365

# The first anniversary on or after the first day of the window: so many days from today. Adding years to 29 February
# gives 28 February in common years.
_NEXT = """(
    SELECT member_id,
           CASE WHEN candidate < opens THEN (day + make_interval(years => years + 1))::date ELSE candidate END
           - local_date AS days
    FROM (
        SELECT dated.*, (day + make_interval(years => years))::date AS candidate
        FROM (
            SELECT here.member_id, here.local_date, {day} AS day, here.local_date + %(from_days)s AS opens,
                   greatest(1, (extract(year FROM here.local_date + %(from_days)s) - extract(year FROM {day}))::int)
                   AS years
            FROM {calendar} here
        ) dated
    ) next
) round"""


@dataclass(frozen=True)
class AnniversaryLeaf(HasLeaf):
    """Whether an anniversary falls into a window of days around the member's local date."""

    kind = "anniversary"
    label = gettext_lazy("Anniversary")
    settings = ("of", "from_days", "to_days")

    of: str
    from_days: int
    to_days: int

    @classmethod
    def read(cls, given: Given) -> Self:
        """Read whose anniversary, and the first and last day of the window, counted from today."""
        of = given.text("of")
        if of not in (*DAYS, FIRST_PURCHASE) and not (of.startswith(ATTRIBUTE) and len(of) > len(ATTRIBUTE)):
            raise given.bad("of", _("must be birthday, joined_on, first_purchase or attribute:<name>."))
        from_days = given.whole("from_days", -LONGEST, LONGEST, default=0)
        to_days = given.whole("to_days", -LONGEST, LONGEST, default=max(from_days, 0))
        if not from_days <= to_days < from_days + LONGEST:
            about = {"from_days": from_days, "most": LONGEST - 1}
            raise given.bad("to_days", _("must be from_days (%(from_days)s) or at most %(most)s days more.") % about)
        test = known() if of == FIRST_PURCHASE else Comparison(Op.LTE, Kind.NUMBER, to_days)
        return cls(test, of, from_days, to_days)

    def look(self, asked: Asked) -> Look:
        """Look for the days until the next anniversary; of a first purchase, for its years if one is in the window."""
        if self.of == FIRST_PURCHASE:
            return instants.first_purchase(asked.now, self.from_days, self.to_days)
        day = Sql(DAYS[self.of]) if self.of in DAYS else self._attribute()
        tables = combined(_NEXT, day=day, calendar=calendar(asked.now))
        return Look(
            Sql("round.days"), Sql(tables.text, {**tables.params, "from_days": self.from_days}), "round.member_id"
        )

    def _attribute(self) -> Sql:
        return json_values.value("here.attributes", self.of.removeprefix(ATTRIBUTE), Kind.DATE)

    def topics(self) -> frozenset[str]:
        """Return what moves the day itself; that time goes by is no news."""
        return frozenset({"purchase" if self.of == FIRST_PURCHASE else "profile"})

    def moves_by_time(self) -> bool:
        """Days come round."""
        return True

    def describe(self) -> str:
        """Return the day and the window."""
        opens, closes = _from_today(self.from_days), _from_today(self.to_days)
        if opens == closes:
            return _("the anniversary of %(day)s is %(opens)s") % {"day": self._day(), "opens": opens}
        about = {"day": self._day(), "opens": opens, "closes": closes}
        return _("the anniversary of %(day)s is between %(opens)s and %(closes)s") % about

    def _day(self) -> str:
        names = {
            "birthday": _("the birthday"),
            "joined_on": _("the day of joining"),
            FIRST_PURCHASE: _("the first purchase"),
        }
        return names.get(self.of) or _("the attribute “%(name)s”") % {"name": self.of.removeprefix(ATTRIBUTE)}

    def found(self, value: Any) -> str:
        """Return when the anniversary is, of a first purchase which one it is."""
        if self.of == FIRST_PURCHASE and value is not None:
            return _("It is anniversary number %(years)s") % {"years": value}
        return _("No such anniversary") if value is None else _("It is %(day)s") % {"day": _from_today(int(value))}


def _from_today(days: int) -> str:
    if days == 0:
        return _("today")
    words = (
        ngettext("%(days)s day ago", "%(days)s days ago", -days)
        if days < 0
        else ngettext("%(days)s day from now", "%(days)s days from now", days)
    )
    return words % {"days": abs(days)}
