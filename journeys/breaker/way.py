"""How many messages somebody gets at most who goes through a journey once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from journeys.definitions import Checked
from journeys.models import Edge, Step
from journeys.steps.base import SendingKind, kinds


def of_definition(checked: Checked) -> int:
    """Return the sends on the longest way of a definition; ways back are not gone again."""
    ways = [(way.source, way.target) for way in checked.ways if way.target and not way.again]
    return _longest({step.key: step.kind for step in checked.steps}, ways)


def of_version(version_id: int) -> int:
    """Return the sends on the longest way of a version."""
    steps = Step.objects.filter(version=version_id).values_list("key", "kind")
    edges = Edge.objects.filter(step__version=version_id, again=False, target__isnull=False)
    return _longest(dict(steps), edges.values_list("step__key", "target__key"))


def _longest(kinds_of: Mapping[str, str], ways: Iterable[tuple[str, str]]) -> int:
    sends = {key: isinstance(kinds()[kind], SendingKind) for key, kind in kinds_of.items()}
    ahead: dict[str, list[str]] = {key: [] for key in sends}
    for source, target in ways:
        ahead[source].append(target)

    @cache
    def most(key: str) -> int:
        return sends[key] + max((most(target) for target in ahead[key]), default=0)

    return max((most(key) for key in sends), default=0)
