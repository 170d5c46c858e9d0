"""Files of members: a row a member; an empty cell says nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from members.models import Store
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
class Members(Importer[facts.MemberRecord, facts.CheckedMembers]):
    """Imports members. `zone` is that of times without an offset, `region` that of phone numbers without a country."""

    columns: Columns
    zone: ZoneInfo
    region: str | None
    now: datetime
    stored: facts.Upserted = field(default_factory=facts.Upserted)

    def __post_init__(self) -> None:
        written = self.columns.attributes
        self._stores = dict(Store.objects.values_list("code", "pk"))
        self._attributes = [(place, f"attribute.{name}", *_attribute(name)) for name, place in written.items()]

    def groups(self, rows: Iterator[Row]) -> Iterator[Group]:
        """Yield every row alone."""
        for row in rows:
            yield Group([row], row.fault)

    def read(self, rows: Sequence[Row]) -> facts.MemberRecord:
        """Return the record that a row is."""
        row = rows[0].cells
        said = self.columns.said(row)
        values: dict[str, Any] = {name: said[name] for name in TEXTS if name in said}
        values |= {name: cells.day(said[name], name) for name in DAYS if name in said}
        return facts.MemberRecord(
            said.get("external_id", ""),
            **values,
            identities=[facts.Address(channel, said[name]) for name, channel in ADDRESSES.items() if name in said],
            consents=self._consents(said),
            tags=[tag for tag in _BETWEEN_TAGS.split(said.get("tags", "")) if tag],
            attributes=self._values(row),
        )

    def _consents(self, said: Mapping[str, str]) -> list[facts.Said]:
        named = [name for name in CONSENTS if name in said]
        if not named:
            return []
        when = said.get("consented_at")
        at = cells.instant(when, "consented_at", self.zone) if when else None
        source, wording = said.get("consent_source", "import"), said.get("consent_wording", "")
        return [facts.Said(*CONSENTS[name], cells.yes(said[name], name), at, source, wording) for name in named]

    def _values(self, row: list[str]) -> dict[str, Any]:
        written = [(name, read, column, row[place].strip()) for place, column, name, read in self._attributes]
        return {name: read(text, column) for name, read, column, text in written if text}

    def check(self, items: Sequence[facts.MemberRecord]) -> facts.CheckedMembers:
        """Check a batch of members."""
        return facts.check_members(items, self._stores, self.region)

    def store(self, checked: facts.CheckedMembers) -> list[facts.Reject]:
        """Store a batch of members."""
        stored = facts.store_members(checked, self.now)
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
