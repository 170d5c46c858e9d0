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
class Purchases(Importer[facts.PurchaseFact]):
    """Imports purchases. `currency` and `zone` hold where a row names no currency and no store."""

    columns: Columns
    delimiter: str
    source: str
    currency: str
    zone: ZoneInfo
    now: datetime
    stored: facts.Recorded = field(default_factory=facts.Recorded)

    def __post_init__(self) -> None:
        stores = Store.objects.values_list("code", "zone_id")
        self._zones = {code: zones.zone(name) for code, name in stores}

    def groups(self, rows: Iterator[Row]) -> Iterator[Group]:
        """Yield the rows of each purchase; those of an endless one in pieces, so that memory stays bounded."""
        for _key, same in groupby(rows, self._key):
            yield from _pieces(same)

    def _key(self, row: Row) -> str | int:
        # A row that could not be split, and one without a key, stand alone.
        return row.line if row.fault else self.columns.cell(row.cells, "key") or row.line

    def read(self, rows: Sequence[Row]) -> facts.PurchaseFact:
        """Return the purchase that these rows are."""
        first, cell = rows[0].cells, self.columns.cell
        self._agree(rows)
        zone = self._zones.get(cell(first, "store"), self.zone)
        return facts.PurchaseFact(
            cell(first, "member"),
            cells.instant(cell(first, "happened_at"), "happened_at", zone),
            self.source,
            cell(first, "key"),
            [self._line(row, len(rows) > 1) for row in rows],
            cell(first, "currency") or self.currency,
            cell(first, "store") or None,
        )

    def _agree(self, rows: Sequence[Row]) -> None:
        first, cell = rows[0], self.columns.cell
        for row in rows[1:]:
            for name in SAME:
                if cell(row.cells, name) != cell(first.cells, name):
                    raise BadItem(
                        _("The lines %(first)d and %(line)d are one purchase by their key, but differ in “%(column)s”.")
                        % {"first": first.line, "line": row.line, "column": name}
                    )

    def _line(self, row: Row, among_others: bool) -> facts.Line:
        cell = self.columns.cell
        try:
            return facts.Line(
                cell(row.cells, "sku"),
                cells.whole(cell(row.cells, "quantity") or "1", "quantity"),
                cells.amount(cell(row.cells, "unit_price"), "unit_price", self.delimiter),
                cell(row.cells, "category"),
            )
        except BadItem as error:
            if not among_others:
                raise
            raise BadItem(_("Line %(line)d: %(why)s") % {"line": row.line, "why": error}) from error

    def store(self, items: Sequence[facts.PurchaseFact]) -> list[facts.Reject]:
        """Store a batch of purchases."""
        stored = facts.record(items, self.now)
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
