"""The one order in which a definition is written: the database forgets the order of names; people read in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from journeys.definition.entry import ENTRIES, GOAL, RUNS
from journeys.definition.fields import DURATION
from journeys.steps.base import kinds

HEAD = (
    "key",
    "name",
    "kind",
    "priority",
    "entry",
    "re_entry",
    "runs",
    "ramp",
    "daily_maximum",
    "exit",
    "goal",
    "holdout",
    "steps",
)
PATH = ("key", "weight", "when", "steps")
# Within rules, facts and small settings: the subject first, then what is asked of it.
_WORDS = (
    *("fact", "entry", "all", "any", "none", "topic", "key", "name", "field", "of", "measure"),
    *("channel", "direction", "kind", "purpose", "property", "journey", "state", "offer", "slot", "op", "value"),
    *("has", "member", "granted", "from_days", "to_days", "within_days", "where", "points", "expires_after_days"),
    *DURATION,
    *("from", "until"),
)


def ordered(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return a definition that passed the check with its names in the canonical order; lists keep theirs."""
    found = _by(definition, HEAD)
    found["entry"] = {kind: _by(inner, ENTRIES[kind][0]) for kind, inner in definition["entry"].items()}
    if "goal" in definition:
        found["goal"] = _by(definition["goal"], GOAL)
    if "runs" in definition:
        found["runs"] = _by(definition["runs"], RUNS)
    found["steps"] = _steps(definition["steps"])
    return found


def _steps(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [_step(step) for step in steps]


def _step(step: Mapping[str, Any]) -> dict[str, Any]:
    kind = kinds()[step["kind"]]
    found = _by(step, ("key", "kind", *kind.names))
    for outcome in kind.paths(step):
        name = kind.place(step, outcome)
        if name in step:
            found[name] = _steps(step[name])
    if "paths" in step:
        found["paths"] = [
            {**_by(path, PATH), **({"steps": _steps(path["steps"])} if "steps" in path else {})}
            for path in step["paths"]
        ]
    return found


def _by(found: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    first = {name: _any(found[name]) for name in names if name in found}
    return {**first, **{name: _any(found[name]) for name in sorted(set(found) - set(names))}}


def _any(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _by(value, _WORDS)
    if isinstance(value, list | tuple):
        return [_any(inner) for inner in value]
    return value
