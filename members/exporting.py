"""Exporting the members of a segment as CSV, read in pieces however many they are."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from members.models import Member, Segment

# The header of the file → what is read. Addresses are left out: sending is Chorale's, by consent.
COLUMNS = {
    "member_code": "external_id",
    "first_name": "first_name",
    "last_name": "last_name",
    "language": "locale",
    "home_store": "home_store__code",
    "joined_on": "joined_on",
    "tier": "standing__tier",
}
_PIECE = 2000


class _Line:
    """What csv writes to: it gives each line back."""

    def write(self, line: str) -> str:
        return line


def lines(segment: Segment) -> Iterator[str]:
    """Yield the lines of the file, the header first, in the order of the members' ids."""
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    members = Member.objects.filter(memberships__segment=segment).order_by("pk")
    for row in members.values_list(*COLUMNS.values()).iterator(chunk_size=_PIECE):
        yield writer.writerow([_cell(value) for value in row])


def _cell(value: Any) -> str:
    """Return a cell that a spreadsheet takes for text: a name that begins like a formula would be run as one."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
