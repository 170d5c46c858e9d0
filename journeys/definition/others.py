"""Which other journeys a journey enters: never itself, and no chain of them comes back to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from journeys.definition import fields
from journeys.definition.errors import BadDefinition
from journeys.definition.tree import Placed
from journeys.models import Journey, Step

KIND = "enter"


def check_others(steps: Sequence[Placed], key: str) -> None:
    """Refuse a step by which members of the journey `key` would come round to it again, without ever resting."""
    entering = [step for step in steps if step.text["kind"] == KIND]
    known = _known() if entering else {}
    for step in entering:
        place, target = fields.at(step.place, "journey"), str(step.text["journey"])
        if target == key:
            raise BadDefinition(place, _("a journey does not enter itself; use `go_to`, or its `re_entry`."))
        chain = _chain(target, key, known)
        if chain:
            way = ", ".join(f"`{one}`" for one in chain)
            sentence = _("this leads back here by way of {way}; a way back is a `go_to` within one journey.")
            raise BadDefinition(place, sentence.format(way=way))


def _known() -> Mapping[str, set[str]]:
    """Return which journeys each one enters, as they are published."""
    current = Journey.objects.filter(current__isnull=False).values("current")
    steps = Step.objects.filter(kind=KIND, version__in=current)
    found: dict[str, set[str]] = {}
    for journey, target in steps.values_list("version__journey__key", "settings__journey"):
        found.setdefault(journey, set()).add(target)
    return found


def _chain(start: str, end: str, known: Mapping[str, set[str]]) -> Sequence[str]:
    """Return the journeys from `start` on whose last one enters `end`; none where no way leads there."""
    came_from: dict[str, str] = {start: ""}
    waiting = [start]
    while waiting:
        here = waiting.pop(0)
        if end in known.get(here, ()):
            return _back(here, came_from)
        new = sorted(known.get(here, set()) - came_from.keys())
        came_from |= dict.fromkeys(new, here)
        waiting += new
    return []


def _back(here: str, came_from: Mapping[str, str]) -> Sequence[str]:
    found = [here]
    while came_from[found[0]]:
        found.insert(0, came_from[found[0]])
    return found
