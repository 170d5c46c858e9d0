"""The tree of steps: checked in reading order, and walked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from journeys.definition import fields
from journeys.definition.errors import BadDefinition
from journeys.steps.base import StepKind, StepText, kinds

DEEPEST = 12


@dataclass(frozen=True)
class Placed:
    """A step of a definition: its text, its kind, where it stands and how deep."""

    text: StepText
    kind: StepKind
    place: str
    depth: int

    @property
    def key(self) -> str:
        """The step's key."""
        return str(self.text["key"])


def checked(value: object) -> list[Placed]:
    """Return the steps of a definition in reading order. Raises BadDefinition for the first that is wrong."""
    if not fields.items(value, "steps", _("steps")):
        raise BadDefinition("steps", _("a journey has at least one step; add one."))
    found: list[Placed] = []
    seen: dict[str, str] = {}
    for step in _walk(value, "steps", 0):
        if step.key in seen:
            sentence = _("the key `{key}` is taken by {place}; every step of a journey has its own.")
            raise BadDefinition(f"{step.place}.key", sentence.format(key=step.key, place=seen[step.key]))
        seen[step.key] = step.place
        found.append(step)
    return found


def _walk(value: object, place: str, depth: int) -> Iterator[Placed]:
    if depth > DEEPEST:
        raise BadDefinition(place, _("paths are nested too deeply; {most} levels are enough.").format(most=DEEPEST))
    for number, text in enumerate(fields.items(value, place, _("steps"))):
        step = _step(text, f"{place}[{number}]", depth)
        yield step
        for outcome, path in step.kind.paths(step.text).items():
            yield from _walk(path, f"{step.place}.{step.kind.place(step.text, outcome)}", depth + 1)


def _step(value: object, place: str, depth: int) -> Placed:
    text = fields.mapping(value, place, _("A step"))
    fields.slug(fields.needed(text, "key", place), fields.at(place, "key"))
    name = fields.chosen(fields.needed(text, "kind", place), fields.at(place, "kind"), list(kinds()))
    kind = kinds()[name]
    fields.only(text, ("key", "kind", *kind.names), place)
    kind.check(text, place)
    return Placed(text, kind, place, depth)


def without_paths(step: Placed) -> dict[str, Any]:
    """Return a step's own settings: what stands under it are steps of their own."""
    names = {step.kind.place(step.text, outcome) for outcome in step.kind.paths(step.text)}
    own = {name: value for name, value in step.text.items() if name not in {*names, "key", "kind"}}
    if "paths" in own:
        own["paths"] = [_without_steps(path) for path in own["paths"]]
    return own


def _without_steps(path: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in path.items() if name != "steps"}
