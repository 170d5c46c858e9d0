"""How many messages somebody gets at most who goes through a journey once."""

from __future__ import annotations

from collections.abc import Iterable

from journeys.definitions import Checked
from journeys.models import Edge, Step
from journeys.steps.base import SendingKind, kinds


def of_definition(checked: Checked) -> int:
    """Return the sends on the longest way of a definition; ways back are not gone again."""
    ways = [(way.source, way.target) for way in checked.ways if way.target and not way.again]
    return _longest({step.key: step.kind for step in checked.steps}, ways)


def of_version(version_id: int) -> int:
    """Return the sends on the longest way of a version."""
    steps = Step.objects.filter(version=version_id).order_by("position").values_list("key", "kind")
    edges = Edge.objects.filter(step__version=version_id, again=False, target__isnull=False)
    return _longest(dict(steps), edges.values_list("step__key", "target__key"))


def _longest(kinds_of: dict[str, str], ways: Iterable[tuple[str, str]]) -> int:
    """Return the sends on the longest way; the steps come in reading order, in which all ways but those back lead on.

    From the last step to the first: a journey may have more steps than calls can be nested.
    """
    ahead: dict[str, list[str]] = {key: [] for key in kinds_of}
    for source, target in ways:
        ahead[source].append(target)
    most: dict[str, int] = {}
    for key, kind in reversed(kinds_of.items()):
        sends = isinstance(kinds()[kind], SendingKind)
        most[key] = sends + max((most.get(target, 0) for target in ahead[key]), default=0)
    return max(most.values(), default=0)
