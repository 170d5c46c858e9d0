"""Which facts are meant: conditions over one fact itself, with the filters that the leaves of rules have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from members.rules.comparisons import listed
from members.rules.given import Given
from members.rules.leaves import events, purchases
from members.rules.months import OF_MONTHS, Known, known
from members.sql import Sql, rows
from members.vocabulary import PointsKind

MOST_POINTS = 1_000_000_000
POINTS = ("kind", "min_points")
TOPICS = ("purchase", "points", "event")


@dataclass(frozen=True)
class Which:
    """A condition over the facts of one table; `words` says it for people, empty where it asks nothing."""

    table: str  # with its alias
    condition: Sql
    words: Callable[[], str]

    def among(self, facts: Sequence[Known]) -> set[int]:
        """Return the ids of those facts that are meant."""
        alias = self.table.split()[1]
        text = f"SELECT {alias}.id FROM {self.table} WHERE {OF_MONTHS.format(fact=alias)} AND {self.condition.text}"
        return {found for (found,) in rows(text, {**self.condition.params, **known(facts)})}


def read(topic: str, given: Given) -> Which | None:
    """Return which facts of a topic the setting `where` means; None where that is all of them. Raises BadRule."""
    return _READERS[topic](given)


def _events(given: Given) -> Which | None:
    where = events.filters(given)
    if not where:
        return None
    return Which("members_event happened", _all(events.conditions(where)), lambda: events.in_words(where))


def _purchases(given: Given) -> Which:
    """A return is recorded as a purchase and is none; with `sku` or `category` only matching lines count."""
    filters = purchases.Filters.read(given.inner("where", purchases.FILTERS), purchases.Measure.COUNT)
    pieces = [Sql("bought.quantity > 0"), *filters.of_purchases()]
    if filters.by_line:
        lines = _all([Sql("line.purchase_id = bought.id"), Sql("line.quantity > 0"), *filters.of_lines()])
        pieces[0] = Sql(f"EXISTS (SELECT FROM members_purchaseline line WHERE {lines.text})", lines.params)
    return Which("members_purchase bought", _all(pieces), filters.words)


def _points(given: Given) -> Which | None:
    """Spent and expired points are negative; `min_points` asks how many they are."""
    inner = given.inner("where", POINTS)
    kind = PointsKind(inner.choice("kind", PointsKind.values)) if "kind" in inner else None
    least = inner.whole("min_points", 1, MOST_POINTS) if "min_points" in inner else None
    pieces = [Sql("entry.kind = %(kind)s", {"kind": kind.value})] if kind else []
    pieces += [Sql("abs(entry.points) >= %(least)s", {"least": least})] if least else []
    if not pieces:
        return None
    return Which("members_pointsentry entry", _all(pieces), lambda: _points_in_words(kind, least))


def _points_in_words(kind: PointsKind | None, least: int | None) -> str:
    return listed(
        [*([kind.label] if kind else []), *([_("from %(amount)s") % {"amount": least}] if least is not None else [])]
    )


def _all(pieces: Sequence[Sql]) -> Sql:
    params = {name: value for piece in pieces for name, value in piece.params.items()}
    return Sql(" AND ".join(f"({piece.text})" for piece in pieces), params)


_READERS: Mapping[str, Callable[[Given], Which | None]] = {
    "purchase": _purchases,
    "points": _points,
    "event": _events,
}
