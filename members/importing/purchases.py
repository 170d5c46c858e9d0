"""Files of purchases: the rows of one purchase stand together and are its lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, islice
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from members import facts, zones
from members.facts.checks import BadItem
from members.importing import cells
from members.importing.columns import Columns
from members.importing.running import Group, Importer
from members.importing.sheets import Row
from members.models import Store

KNOWN = ("key", "member", "happened_at", "store", "currency", "sku", "category", "quantity", "unit_price")
NEEDED = ("key", "member", "happened_at", "unit_price")
SAME = ("member", "happened_at", "store", "currency")  # what all rows of a purchase agree in
MOST_LINES = 1_000


@dataclass
class Purchases(Importer[facts.PurchaseFact, facts.CheckedFacts]):
    """Imports purchases. `currency` and `zone` hold where a row names no currency and no store."""

    columns: Columns
    delimiter: str
    source: str
    currency: str
    zone: ZoneInfo
    now: datetime
    stored: facts.Recorded = field(default_factory=facts.Recorded)

    def __post_init__(self) -> None:
        self._stores = dict(Store.objects.values_list("code", "pk"))
        self._zones = {code: zones.zone(name) for code, name in Store.objects.values_list("code", "zone_id")}

    def groups(self, rows: Iterator[Row]) -> Iterator[Group]:
        """Yield the rows of each purchase; those of an endless one in pieces, so that memory stays bounded."""
        for _key, same in groupby(rows, self._key):
            yield from _pieces(same)

    def _key(self, row: Row) -> str | int:
        # A row that could not be split, and one without a key, stand alone.
        return row.line if row.fault else row.cells[self.columns.places["key"]].strip() or row.line

    def read(self, rows: Sequence[Row]) -> facts.PurchaseFact:
        """Return the purchase that these rows are."""
        said = [(row.line, self.columns.said(row.cells)) for row in rows]
        first = self._agreed(said)
        store = first.get("store")
        zone = self._zones.get(store or "", self.zone)
        return facts.PurchaseFact(
            first.get("member", ""),
            cells.instant(first.get("happened_at", ""), "happened_at", zone),
            self.source,
            first.get("key", ""),
            [self._line(line, of_line, len(rows) > 1) for line, of_line in said],
            first.get("currency", self.currency),
            store,
        )

    def _agreed(self, said: Sequence[tuple[int, dict[str, str]]]) -> dict[str, str]:
        first_line, first = said[0]
        for line, of_line in said[1:]:
            for name in SAME:
                if of_line.get(name) != first.get(name):
                    raise BadItem(
                        _("The lines %(first)d and %(line)d are one purchase by their key, but differ in “%(column)s”.")
                        % {"first": first_line, "line": line, "column": name}
                    )
        return first

    def _line(self, line: int, said: dict[str, str], among_others: bool) -> facts.Line:
        try:
            return facts.Line(
                said.get("sku", ""),
                cells.whole(said.get("quantity", "1"), "quantity"),
                cells.amount(said.get("unit_price", ""), "unit_price", self.delimiter),
                said.get("category", ""),
            )
        except BadItem as error:
            if not among_others:
                raise
            raise BadItem(_("Line %(line)d: %(why)s") % {"line": line, "why": error}) from error

    def check(self, items: Sequence[facts.PurchaseFact]) -> facts.CheckedFacts:
        """Check a batch of purchases."""
        return facts.check_purchases(items, self._stores)

    def store(self, checked: facts.CheckedFacts) -> list[facts.Reject]:
        """Store a batch of purchases."""
        stored = facts.store_purchases(checked, self.now)
        self.stored.new += stored.new
        self.stored.repeated += stored.repeated
        return stored.rejected

    def summary(self) -> str:
        """Return one sentence with the counts."""
        return _("Purchases: %(new)d new, %(repeated)d known already.") % {
            "new": self.stored.new,
            "repeated": self.stored.repeated,
        }


def _pieces(same: Iterator[Row]) -> Iterator[Group]:
    piece = list(islice(same, MOST_LINES + 1))
    if len(piece) <= MOST_LINES:
        yield Group(piece, piece[0].fault)
        return
    fault = _("The purchase has more than %(most)d lines.") % {"most": MOST_LINES}
    while piece:
        yield Group(piece, fault)
        piece = list(islice(same, MOST_LINES))
