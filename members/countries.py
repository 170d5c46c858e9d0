"""Countries by ISO 3166 code, and which of them a time zone is in, from the pinned `tzdata` alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

# Old names that tzdata joins to a zone of another country, whose clocks have gone alike since 1970.
_ELSEWHERE = {
    "Africa/Asmera": "ER",
    "Africa/Timbuktu": "ML",
    "America/Coral_Harbour": "CA",
    "America/Virgin": "VI",
    "Antarctica/South_Pole": "AQ",
    "Atlantic/Jan_Mayen": "SJ",
    "Iceland": "IS",
    "Pacific/Johnston": "UM",
    "Pacific/Ponape": "FM",
    "Pacific/Truk": "FM",
    "Pacific/Yap": "FM",
}
# Names of clocks that many countries share; tzdata joins them to one of these.
_NOWHERE = frozenset({"CET", "EET", "EST", "HST", "MET", "MST", "WET"})


@cache
def names() -> Mapping[str, str]:
    """Return the English names of all countries that have a time zone, by code, in the order of the names."""
    named = {line[0]: line[1] for line in _table("iso3166.tab")}
    return {code: named[code] for code in sorted(set(of_zones().values()), key=named.__getitem__)}


@cache
def of_zones() -> Mapping[str, str]:
    """Return the country of every zone that is in one; Etc/UTC and the like are in none."""
    found = {line[2]: line[0] for line in _table("zone.tab")} | _ELSEWHERE
    joined = dict(_joined())
    for name in joined:
        target = name
        while target not in found and target in joined:
            target = joined[target]
        if target in found and name not in _NOWHERE:
            found.setdefault(name, found[target])
    return found


def _table(name: str) -> Iterator[list[str]]:
    for line in _text(name):
        if line and not line.startswith("#"):
            yield line.split("\t")


def _joined() -> Iterator[tuple[str, str]]:
    for line in _text("tzdata.zi"):
        if line.startswith("L "):
            _link, target, name = line.split()
            yield name, target


def _text(name: str) -> list[str]:
    return resources.files("tzdata.zoneinfo").joinpath(name).read_text(encoding="utf-8").splitlines()
