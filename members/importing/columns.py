"""Which columns a file has: every name is known, or the file is not read at all."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from django.utils.translation import gettext as _

from members.importing.sheets import ADDED, Sheet, Unusable

ATTRIBUTE = "attribute."


@dataclass(slots=True)
class Columns:
    """Where each known column stands in a row, and the names of the attributes."""

    places: dict[str, int] = field(default_factory=dict)
    attributes: dict[str, int] = field(default_factory=dict)

    def said(self, cells: list[str]) -> dict[str, str]:
        """Return what the known columns say, without spaces around it; an empty cell says nothing."""
        return {name: text for name, place in self.places.items() if (text := cells[place].strip())}


def find(sheet: Sheet, known: Collection[str], needed: Iterable[str], *, attributes: bool, skip: bool) -> Columns:
    """Return the columns of a sheet. Raises Unusable for unknown (unless `skip`), repeated and missing ones."""
    columns = Columns()
    for place, written in enumerate(sheet.header):
        name = written.lower()
        if attributes and name.startswith(ATTRIBUTE) and len(name) > len(ATTRIBUTE):
            _place(columns.attributes, written[len(ATTRIBUTE) :], place)
        elif name in known:
            _place(columns.places, name, place)
        elif name not in ADDED and not skip:
            raise Unusable(_unknown(written, known))
    for name in needed:
        if name not in columns.places:
            raise Unusable(
                _("The column “%(name)s” is missing; the header names: %(found)s.")
                % {"name": name, "found": ", ".join(sheet.header)}
            )
    return columns


def _place(places: dict[str, int], name: str, place: int) -> None:
    if name in places:
        raise Unusable(_("The header names the column “%(name)s” twice.") % {"name": name})
    places[name] = place


def _unknown(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name.lower(), known, n=1)
    if near:
        return _("There is no column “%(name)s”; is “%(near)s” meant?") % {"name": name, "near": near[0]}
    return _("There is no column “%(name)s”; leave unknown ones out with --skip-unknown. Known are: %(known)s.") % {
        "name": name,
        "known": ", ".join(known),
    }
