"""The ways through a journey: from each step, by outcome, to the next."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from journeys.definition.errors import BadDefinition, nearest
from journeys.definition.tree import Placed
from journeys.steps.base import StepText, kinds


@dataclass(frozen=True)
class Way:
    """From a step by an outcome to a step, or to the end of the journey; `again` marks a way back."""

    source: str
    outcome: str
    target: str | None
    again: bool = False


def loops(placed: Sequence[Placed]) -> Mapping[str, Sequence[str]]:
    """Return the keys of the go_tos that lead back, and for each those of the others within its loop.

    All other ways lead forward in reading order, so a way back is one to a step that stands before, and no circle is
    without one.
    """
    places = {step.key: place for place, step in enumerate(placed)}
    jumps = [(step.key, places[str(step.text["step"])], places[step.key]) for step in placed if _jumps(step.text)]
    back = [jump for jump in jumps if jump[1] <= jump[2]]
    return {key: [inner for inner, _to, at in back if first <= at < last] for key, first, last in back}


def _jumps(step: StepText) -> bool:
    return bool(step["kind"] == "go_to")


def ways(steps: Sequence[StepText], back: Collection[str], after: str | None = None) -> Iterator[Way]:
    """Yield the ways of a list of steps; whoever is through with them goes on `after` it.

    After the steps of a path, the journey goes on with the step after the branching one. `back` are the keys of the
    go_tos that lead back: whoever has taken one as often as allowed goes on behind it.
    """
    for number, step in enumerate(steps):
        key = str(step["key"])
        follows = str(steps[number + 1]["key"]) if number + 1 < len(steps) else after
        if step["kind"] == "exit":
            yield Way(key, "next", None)
            continue
        outcomes = kinds()[step["kind"]].outcomes(step)
        if _jumps(step):
            yield Way(key, "next", str(step["step"]), again=key in back)
            outcomes = outcomes[1:] if key in back else ()
        yield from _ways_of(step, outcomes, back, follows)


def _ways_of(step: StepText, outcomes: Sequence[str], back: Collection[str], follows: str | None) -> Iterator[Way]:
    paths = kinds()[step["kind"]].paths(step)
    for outcome in outcomes:
        path = paths.get(outcome, ())
        yield Way(str(step["key"]), outcome, str(path[0]["key"]) if path else follows)
        yield from ways(path, back, follows)


def check_targets(placed: Sequence[Placed]) -> None:
    """Refuse a go_to to nowhere, and a limit where no way leads back."""
    _check_there(placed)
    back = loops(placed)
    for step in placed:
        limits = [name for name in ("at_most", "otherwise") if _jumps(step.text) and name in step.text]
        if limits and step.key not in back:
            sentence = _("the step `{key}` stands behind this one, and a way ahead has no limit; remove this.")
            raise BadDefinition(f"{step.place}.{limits[0]}", sentence.format(key=step.text["step"]))


def _check_there(placed: Sequence[Placed]) -> None:
    steps = {step.key: step for step in placed}
    for step in placed:
        if _jumps(step.text) and step.text["step"] not in steps:
            hint = nearest(step.text["step"], list(steps))
            sentence = _("there is no step `{key}` in this journey; {hint}").format(key=step.text["step"], hint=hint)
            raise BadDefinition(f"{step.place}.step", sentence)


def check_ways(placed: Sequence[Placed], found: Sequence[Way]) -> None:
    """Refuse a circle in which nobody ever waits, and a step that no way leads to."""
    targets = _targets(found)
    _check_reached(placed, targets)
    _check_circles(placed, targets)


def _targets(found: Sequence[Way]) -> Mapping[str, list[str]]:
    targets: dict[str, list[str]] = {}
    for way in found:
        targets.setdefault(way.source, []).extend([way.target] if way.target else [])
    return targets


def _reached(start: str, targets: Mapping[str, list[str]]) -> set[str]:
    """Return the steps that some way leads to from `start`, `start` itself only when a way leads back."""
    seen: set[str] = set()
    ahead = list(targets[start])
    while ahead:
        key = ahead.pop()
        if key not in seen:
            seen.add(key)
            ahead.extend(targets[key])
    return seen


def _check_reached(placed: Sequence[Placed], targets: Mapping[str, list[str]]) -> None:
    reached = {placed[0].key} | _reached(placed[0].key, targets)
    for step in placed:
        if step.key not in reached:
            sentence = _("no way leads to this step, because every way before it ends or jumps; move or remove it.")
            raise BadDefinition(step.place, sentence)


def _check_circles(placed: Sequence[Placed], targets: Mapping[str, list[str]]) -> None:
    """Whoever goes round must rest on the way: without the resting steps, no way may lead back."""
    restless = {step.key for step in placed if not step.kind.rests(step.text)}
    ahead = {key: [target for target in targets[key] if target in restless] for key in restless}
    for step in placed:
        if _jumps(step.text) and step.key in _reached(step.key, ahead):
            sentence = _(
                "the way back from here to `{key}` never rests; "
                "put a wait (a duration or a local time) or a wait_for on it."
            )
            raise BadDefinition(f"{step.place}.step", sentence.format(key=step.text["step"]))
