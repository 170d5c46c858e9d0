"""Asking a step kind what it decides about members who stand at a step."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from journeys.models import Enrollment, Journey, Step
from journeys.plan import plan
from journeys.steps.base import StepAt, kinds
from members.models import Member
from members.sql import Sql, rows
from tests.cast import NOW

COLUMNS = "enrollment_id, outcome, rest_until, reason, detail"


class Decided(NamedTuple):
    """What a step kind decided about one enrollment."""

    outcome: str | None
    rest_until: datetime | None
    reason: str
    detail: dict[str, Any]


def at_step(journey: Journey, key: str, who: Member, *, since: datetime = NOW, **fields: Any) -> Enrollment:
    """An enrollment of the member that stands at a step since a time."""
    place = Step.objects.get(version=journey.current, key=key)
    times = {"entered_at": since, "arrived_at": since, "due_at": since}
    known = {"journey": journey, "version": place.version, "step": place, "state": "live"}
    return Enrollment.objects.create(member=who, **{**known, **times, **fields})


def step_at(journey: Journey, key: str) -> StepAt:
    """The step as the engine hands it to its kind."""
    return next(step for step in plan(journey.current_id or 0).steps.values() if step.key == key)


def cohort(journey: Journey, key: str) -> Sql:
    """Everybody who stands at the step."""
    text = "SELECT e.* FROM journeys_enrollment e WHERE e.step_id = %(step)s AND e.state = 'live'"
    return Sql(text, {"step": step_at(journey, key).id})


def act(journey: Journey, key: str, now: datetime = NOW) -> None:
    """Have the kind do what it does besides moving on."""
    step = step_at(journey, key)
    kinds()[step.kind].act(step, cohort(journey, key), now)


def decide(journey: Journey, key: str, now: datetime = NOW) -> dict[int, Decided]:
    """What the kind decides about everybody at the step, by enrollment."""
    step = step_at(journey, key)
    found = kinds()[step.kind].decide(step, cohort(journey, key), now)
    listed = rows(f"SELECT {COLUMNS} FROM ({found.text}) d", found.params)
    assert len({row[0] for row in listed}) == len(listed)
    return {row[0]: Decided(row[1], row[2], row[3], json.loads(row[4])) for row in listed}


def outcome(journey: Journey, key: str, who: Enrollment, now: datetime = NOW) -> str | None:
    """What the kind decides about one enrollment."""
    return decide(journey, key, now)[who.pk].outcome
