"""Files of members: a row a member; an empty cell says nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from members import facts, identities
from members.importing import cells
from members.importing.columns import Columns
from members.importing.running import Group, Importer
from members.importing.sheets import Row, Unusable
from members.vocabulary import Channel, Purpose

TEXTS = ("first_name", "last_name", "locale", "zone", "home_store", "preferred_channel")
DAYS = ("birthday", "joined_on")
ADDRESSES = {name: channel for channel, name in identities.FIELDS.items()}
CONSENTS = {
    f"{channel}_{purpose}": (channel.value, purpose.value)
    for purpose in (Purpose.PROMOTIONAL, Purpose.SERVICE)
    for channel in Channel
}
ABOUT_CONSENTS = ("consented_at", "consent_source", "consent_wording")
KNOWN = ("external_id", *TEXTS, *DAYS, *ADDRESSES, "tags", *CONSENTS, *ABOUT_CONSENTS)
NEEDED = ("external_id",)
_BETWEEN_TAGS = re.compile(r"[\s|,;]+")


@dataclass
class Members(Importer[facts.MemberRecord]):
    """Imports members. `zone` is that of times without an offset, `region` that of phone numbers without a country."""

    columns: Columns
    zone: ZoneInfo
    region: str | None
    now: datetime
    stored: facts.Upserted = field(default_factory=facts.Upserted)

    def __post_init__(self) -> None:
        written = self.columns.attributes
        self._attributes = [(place, f"attribute.{name}", *_attribute(name)) for name, place in written.items()]

    def groups(self, rows: Iterator[Row]) -> Iterator[Group]:
        """Yield every row alone."""
        for row in rows:
            yield Group([row], row.fault)

    def read(self, rows: Sequence[Row]) -> facts.MemberRecord:
        """Return the record that a row is."""
        row, cell = rows[0].cells, self.columns.cell
        values: dict[str, Any] = {name: cell(row, name) for name in TEXTS if cell(row, name)}
        values |= {name: cells.day(cell(row, name), name) for name in DAYS if cell(row, name)}
        written = {channel: cell(row, name) for name, channel in ADDRESSES.items()}
        return facts.MemberRecord(
            cell(row, "external_id"),
            **values,
            identities=[facts.Address(channel, address) for channel, address in written.items() if address],
            consents=self._consents(row),
            tags=[tag for tag in _BETWEEN_TAGS.split(cell(row, "tags")) if tag],
            attributes=self._values(row),
        )

    def _consents(self, row: list[str]) -> list[facts.Said]:
        cell = self.columns.cell
        said = [(name, where, cell(row, name)) for name, where in CONSENTS.items() if cell(row, name)]
        if not said:
            return []
        when = cell(row, "consented_at")
        at = cells.instant(when, "consented_at", self.zone) if when else None
        source, wording = cell(row, "consent_source") or "import", cell(row, "consent_wording")
        return [facts.Said(*where, cells.yes(text, name), at, source, wording) for name, where, text in said]

    def _values(self, row: list[str]) -> dict[str, Any]:
        written = [(name, read, column, row[place].strip()) for place, column, name, read in self._attributes]
        return {name: read(text, column) for name, read, column, text in written if text}

    def store(self, items: Sequence[facts.MemberRecord]) -> list[facts.Reject]:
        """Store a batch of members."""
        stored = facts.upsert_members(items, self.now, self.region)
        self.stored.new += stored.new
        self.stored.changed += stored.changed
        self.stored.unchanged += stored.unchanged
        return stored.rejected

    def summary(self) -> str:
        """Return one sentence with the counts."""
        return _("Members: %(new)d new, %(changed)d changed, %(unchanged)d as they were.") % {
            "new": self.stored.new,
            "changed": self.stored.changed,
            "unchanged": self.stored.unchanged,
        }


def _attribute(written: str) -> tuple[str, Callable[[str, str], Any]]:
    """Return the name of an attribute and how it is read, from `name` or `name:kind`."""
    name, _colon, kind = written.partition(":")
    if not name or (kind or "text") not in cells.KINDS:
        raise Unusable(
            _("The column “attribute.%(column)s” names no kind of value that is known; write one of %(kinds)s.")
            % {"column": written, "kinds": ", ".join(f":{known}" for known in cells.KINDS)}
        )
    return name, cells.KINDS[kind or "text"]
