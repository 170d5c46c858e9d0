"""Definitions of journeys: read, written, checked as a whole, and compiled into steps and ways.

A definition is a mapping; its text form is the same mapping as YAML. docs/journeys.md explains every part of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from journeys.definition import fields, graph, offers, others, plain, text, tree
from journeys.definition.canonical import HEAD, ordered
from journeys.definition.entry import check_entry, check_goal, check_re_entry, check_runs
from journeys.definition.errors import BadDefinition
from journeys.definition.graph import Way
from journeys.steps.go_to import AT_MOST
from journeys.vocabulary import JourneyKind

__all__ = ["BadDefinition", "Checked", "CompiledStep", "Way", "check", "read", "written"]

REQUIRED = ("key", "name", "kind", "entry", "steps")
PRIORITY = 50
LEAST_IMPORTANT = 99
MOST_A_DAY = 100_000_000


@dataclass(frozen=True)
class CompiledStep:
    """A step as a version stores it: `settings` are its own, without the steps that stand under it."""

    key: str
    kind: str
    position: int
    depth: int
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Checked:
    """A definition that passed the check, with what follows from it."""

    definition: Mapping[str, Any]
    steps: Sequence[CompiledStep]
    ways: Sequence[Way]

    @property
    def priority(self) -> int:
        """The journey's priority; lower wins."""
        return int(self.definition.get("priority", PRIORITY))

    @property
    def holdout(self) -> Decimal:
        """The share of members that is held out."""
        return Decimal(str(self.definition.get("holdout", 0)))

    @property
    def entry_segment(self) -> str | None:
        """The key of the segment whose members enter, if that is how they do."""
        segment = self.definition["entry"].get("segment")
        return str(segment["key"]) if segment else None


def read(source: str) -> Mapping[str, Any]:
    """Return the definition that a YAML text holds, in its order. Raises BadDefinition; `check` does the rest."""
    return fields.mapping(text.parse(source), "", _("A journey"))


def written(definition: Mapping[str, Any]) -> str:
    """Return a definition that passed the check as its canonical text: `read` gives it back, and so does `written`."""
    return text.dump(ordered(definition))


def check(definition: object) -> Checked:
    """Check a whole definition, what it refers to included, and compile it. Raises BadDefinition."""
    plain.check_plain(definition)
    found = fields.mapping(definition, "", _("A journey"))
    _check_head(found)
    placed = tree.checked(found["steps"])
    for step in placed:
        step.kind.check_journey(step.text, found, step.place)
    # Targets of go_to are looked up before the ways are followed, since a way to nowhere cannot be.
    graph.check_targets(placed)
    back = graph.loops(placed)
    ways = list(graph.ways(found["steps"], back))
    graph.check_ways(placed, ways)
    others.check_others(placed, str(found["key"]))
    spoken_of = offers.spoken_of(placed, ways)
    return Checked(
        definition=found,
        steps=[_compiled(step, position, spoken_of, back) for position, step in enumerate(placed)],
        ways=ways,
    )


def _check_head(found: Mapping[str, Any]) -> None:
    """Check everything but the steps."""
    fields.only(found, HEAD, "")
    for name in REQUIRED:
        fields.needed(found, name, "")
    fields.slug(found["key"], "key")
    fields.text(found["name"], "name")
    fields.chosen(found["kind"], "kind", JourneyKind.values)
    fields.whole(found.get("priority", PRIORITY), "priority", 1, LEAST_IMPORTANT)
    fields.share(found.get("holdout", 0), "holdout")
    check_entry(found["entry"])
    check_re_entry(found.get("re_entry", "never"))
    if "runs" in found:
        check_runs(found["runs"])
    if "ramp" in found:
        fields.whole(found["ramp"], "ramp", 1, MOST_A_DAY)
    if "daily_maximum" in found:
        fields.whole(found["daily_maximum"], "daily_maximum", 1, MOST_A_DAY)
    if "exit" in found:
        fields.rule(found["exit"], "exit")
    if "goal" in found:
        check_goal(found["goal"])


def _compiled(
    step: tree.Placed, position: int, spoken_of: Mapping[str, str], back: Mapping[str, Sequence[str]]
) -> CompiledStep:
    settings = tree.without_paths(step)
    if step.key in back:
        settings = {"at_most": AT_MOST, **settings, "within": list(back[step.key])}
    if step.key in spoken_of:
        settings["offer"] = spoken_of[step.key]
    return CompiledStep(step.key, str(step.text["kind"]), position, step.depth, settings)
