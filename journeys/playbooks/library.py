"""The shelf of playbooks: which there are, and what stands in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from journeys.definition import fields, plain, text
from journeys.definition.errors import BadDefinition, nearest

SHELF = Path(__file__).parent
PARTS = ("summary", "segments", "offers", "teams", "contents", "journey")


@dataclass(frozen=True)
class Playbook:
    """What a playbook file says. The parts hold the fields of their models; `journey` is a definition."""

    key: str
    summary: str
    segments: Sequence[Mapping[str, Any]]
    offers: Sequence[Mapping[str, Any]]
    teams: Sequence[Mapping[str, Any]]
    contents: Sequence[Mapping[str, Any]]
    journey: Mapping[str, Any]


def shelf() -> list[str]:
    """Return the keys of all playbooks, in alphabetical order."""
    return sorted(path.stem for path in SHELF.glob("*.yaml"))


def load(key: str) -> Playbook:
    """Return a playbook. Raises BadDefinition when there is none, or its file is not well formed."""
    if key not in shelf():
        sentence = _("there is no playbook `{key}`; {hint}").format(key=key, hint=nearest(key, shelf()))
        raise BadDefinition("", sentence)
    return parse(key, (SHELF / f"{key}.yaml").read_text(encoding="utf-8"))


def parse(key: str, source: str) -> Playbook:
    """Return the playbook that a text says. Raises BadDefinition; what the parts say is checked by installing them."""
    found = fields.mapping(text.parse(source), "", _("A playbook"))
    plain.check_plain(found)
    fields.only(found, PARTS, "")
    parts = {name: _part(found.get(name, []), name) for name in PARTS[1:-1]}
    summary = fields.text(fields.needed(found, "summary", ""), "summary", 500)
    journey = fields.mapping(fields.needed(found, "journey", ""), "journey", _("A journey"))
    return Playbook(key=key, summary=summary, journey=journey, **parts)


def _part(value: object, place: str) -> list[Mapping[str, Any]]:
    listed = fields.items(value, place, _("mappings"))
    return [fields.mapping(item, f"{place}[{number}]", _("This")) for number, item in enumerate(listed)]
