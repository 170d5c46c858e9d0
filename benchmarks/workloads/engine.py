"""What the workloads of the engine share: journeys of the parts, and ticks by two workers."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.crew import Crew
from journeys import publishing, work
from journeys.definitions import MOST_A_DAY
from journeys.models import Journey
from members import clock, segments
from members.models import Segment
from members.sql import rows

Steps = Sequence[Mapping[str, Any]]


def part_segment(part: int) -> Segment:
    """Return the segment of a part's members, filled."""
    found = Segment.objects.filter(key=f"part-{part}").first()
    if found:
        return found
    rule = {"attribute": {"name": "part", "op": "eq", "value": part}}
    made = segments.save(Segment(key=f"part-{part}", name=f"Part {part}", rule=rule))
    segments.refresh(made, clock.now())
    return made


def published(key: str, entry: Mapping[str, Any], steps: Steps) -> Journey:
    """Publish a journey and return it."""
    head: dict[str, Any] = {"key": key, "name": key.capitalize(), "kind": "opportunity"}
    # Of these members no forecast knows anything; the breaker would hold the journey, as it should.
    definition = {**head, "daily_maximum": MOST_A_DAY, "entry": dict(entry), "steps": list(steps)}
    journey = Journey.objects.create(key=key, name=head["name"], kind=head["kind"])
    publishing.publish(journey, definition, clock.now())
    journey.refresh_from_db()
    return journey


def tick_all(crew: Crew) -> float:
    """Have two workers tick, as looks would have them, until nothing is due; return the seconds that it took."""
    started = time.perf_counter()
    while groups := work.groups(clock.now()):
        crew.all("tick", [[group] for group in groups])
    return time.perf_counter() - started


def one(text: str, **params: Any) -> int:
    """Return the number that a query gives."""
    return int(rows(text, params)[0][0])
