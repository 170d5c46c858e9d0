"""The one place where journeys queue: nothing passes that the circuit breaker holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from django.db import transaction

from journeys import afoot, arbitration, moves
from journeys.breaker import counting, repeats
from journeys.breaker.counting import Limit
from journeys.breaker.holding import hold
from journeys.models import BreakerHold
from journeys.span import Span
from journeys.steps.base import StepAt
from members.sql import rows

# How long those wait whose journey others are about to fill.
SOON = timedelta(seconds=1)
_WANTED = """
SELECT journey_id, count(*) FROM ({due}) e WHERE step_id = ANY(%(steps)s) GROUP BY journey_id
"""


class _TooMany(Exception):
    def __init__(self, journey_id: int, queued: int) -> None:
        super().__init__(journey_id)
        self.journey_id, self.queued = journey_id, queued


def send(steps: Sequence[StepAt], span: Span) -> int:
    """Queue what may be sent at these steps and move on; return how many enrollments moved.

    A journey that would pass its maximum of the day, or send a member a step again, is held instead: its enrollments
    stay due where they are.
    """
    wanted = _wanted(steps, span)
    limits = counting.limits(wanted, span.now)
    free = _without([step for step in steps if not limits[step.journey_id].held], _again(steps, span, limits))
    moved = 0
    while free:
        journeys = {step.journey_id for step in free}
        open_ = counting.locked({pk: wanted[pk] for pk in journeys}, span.queued, span.now)
        moved += _put_off([step for step in free if step.journey_id not in open_], span)
        free = [step for step in free if step.journey_id in open_ and not open_[step.journey_id].held]
        try:
            return moved + _queued(free, span, open_)
        except _TooMany as found:
            _hold_for_maximum(open_[found.journey_id], found.queued, span)
            free = _without(free, [found.journey_id])
    return moved


def _wanted(steps: Sequence[StepAt], span: Span) -> Mapping[int, int]:
    due = afoot.due(span)
    return dict(rows(_WANTED.format(due=due.text), {**due.params, "steps": [step.id for step in steps]}))


def _again(steps: Sequence[StepAt], span: Span, limits: Mapping[int, Limit]) -> Collection[int]:
    """Hold the journeys that would send members a step again, and return them."""
    asked = [step for step in steps if not limits[step.journey_id].lets_again and not limits[step.journey_id].held]
    found = repeats.find(span, asked)
    for journey_id, again in sorted(found.items()):
        told = {"step_key": again.step_key, "wanted": again.members, "names": list(again.names)}
        hold(journey_id, BreakerHold.Kind.AGAIN, span.now, told)
    return found.keys()


def _queued(steps: Sequence[StepAt], span: Span, limits: Mapping[int, Limit]) -> int:
    """Queue and move, or undo it and raise _TooMany where that was more than a journey has room for."""
    if not steps:
        return 0
    with transaction.atomic():
        queued = arbitration.judge(span, steps)
        for journey_id, count in sorted(queued.fresh.items()):
            room = limits[journey_id].room
            if room is not None and count > room:
                raise _TooMany(journey_id, count)
        moved = moves.move(arbitration.decided(queued), span.now)
        counting.add(queued.fresh, span.shards[0], span.now)
    for journey_id, count in queued.fresh.items():
        span.queued[journey_id] = span.queued.get(journey_id, 0) + count
    return moved


def _hold_for_maximum(limit: Limit, wanted: int, span: Span) -> None:
    found = {"queued": limit.queued, "wanted": wanted, "maximum": limit.maximum}
    hold(limit.journey_id, BreakerHold.Kind.MAXIMUM, span.now, found)


def _put_off(steps: Sequence[StepAt], span: Span) -> int:
    return sum(len(moves.put_off(afoot.due_at(span, step.id), span.now + SOON)) for step in steps)


def _without(steps: Sequence[StepAt], journeys: Collection[int]) -> list[StepAt]:
    return [step for step in steps if step.journey_id not in journeys]
