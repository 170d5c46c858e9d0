"""The paths of a step that divides a cohort: what branch and split have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from journeys.definition import fields
from journeys.definition.errors import BadDefinition
from journeys.steps.base import StepKind, StepText
from journeys.vocabulary import Outcome

# Words that mean something else in traces and counts.
RESERVED = frozenset({*Outcome.values, "arrived", "left"})


class DividingKind(StepKind):
    """A kind whose outcomes are the keys of its `paths`."""

    path_names: Sequence[str]

    @abstractmethod
    def check_path(self, path: Mapping[str, Any], place: str) -> None:
        """Refuse a path whose own settings are wrong."""

    def check(self, settings: StepText, place: str) -> None:
        """At least one path; each has a key of its own, and its steps."""
        inner = fields.at(place, "paths")
        paths = fields.items(fields.needed(settings, "paths", place), inner, _("paths"))
        if not paths:
            raise BadDefinition(inner, _("there is no path; add one."))
        seen: set[str] = set()
        for number, value in enumerate(paths):
            where = f"{inner}[{number}]"
            path = fields.mapping(value, where, _("A path"))
            fields.only(path, self.path_names, where)
            _check_key(path, where, seen)
            self.check_path(path, where)

    def paths(self, settings: StepText) -> Mapping[str, Sequence[StepText]]:
        """The steps of each path; an empty path goes on with the next step."""
        return {path["key"]: path.get("steps", ()) for path in settings["paths"]}

    def place(self, settings: StepText, outcome: str) -> str:
        """A path's steps stand in it."""
        keys = [path["key"] for path in settings["paths"]]
        return f"paths[{keys.index(outcome)}].steps" if outcome in keys else outcome

    def outcomes(self, settings: StepText) -> Sequence[str]:
        """The keys of the paths."""
        return [path["key"] for path in settings["paths"]]


def _check_key(path: Mapping[str, Any], place: str, seen: set[str]) -> None:
    inner = fields.at(place, "key")
    key = fields.slug(fields.needed(path, "key", place), inner)
    if key in RESERVED:
        raise BadDefinition(inner, _("`{key}` means something else in the trace; choose another key.").format(key=key))
    if key in seen:
        raise BadDefinition(inner, _("the key `{key}` is taken by an earlier path of this step.").format(key=key))
    seen.add(key)
