"""Published versions as the tick reads them. They never change, so each is read once per process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from journeys.definition.facts import meant
from journeys.models import Version
from journeys.steps.base import StepAt, kinds
from journeys.vocabulary import JourneyState
from members import rules, zones
from members.rules import Rule
from members.rules.which import Which
from members.sql import prepared

# The journeys whose enrollments rest, whatever they are due for: those that are paused, or held by their breaker.
PAUSED = """
SELECT id FROM journeys_journey WHERE state = 'paused'
UNION SELECT journey_id FROM journeys_breakerhold WHERE released_at IS NULL
"""


_ENTERING = """
SELECT current_id, state FROM journeys_journey
WHERE state IN ('live', 'paused') AND current_id IS NOT NULL ORDER BY id
"""


@dataclass(frozen=True)
class Plan:
    """A version with its steps in reading order, its rules parsed, and its entry as the definition says it."""

    version_id: int
    journey_id: int
    journey_key: str
    journey_name: str
    holdout: float
    entry: Mapping[str, Any]
    entry_rule: Rule | None
    entry_fact: Which | None  # which of the facts that arrive let members in; None where all do
    entry_segment_id: int | None
    re_entry: Any
    opens: datetime | None  # from when on members enter
    closes: datetime | None  # from when on they do no more
    ramp: int | None  # how many enter on a day at most
    exit: Rule | None
    goal: Rule | None
    goal_within: timedelta
    steps: Mapping[int, StepAt]

    @property
    def first_step(self) -> StepAt:
        """The step where an enrollment begins."""
        return next(iter(self.steps.values()))

    def settings_of(self, key: str) -> Mapping[str, Any]:
        """The settings of the step with a key; empty where the version has no such step."""
        return next((step.settings for step in self.steps.values() if step.key == key), {})

    @property
    def includes_existing(self) -> bool:
        """Whether whoever is in the entry segment already enters, too."""
        return bool(self.entry.get("segment", {}).get("include_existing"))


# How long conversions of a journey without a goal deadline are watched, and how long its holdout is kept.
GOAL_DAYS = 30


@lru_cache(maxsize=512)
def plan(version_id: int) -> Plan:
    """Return the plan of a version."""
    version = Version.objects.select_related("journey").get(pk=version_id)
    journey, text = version.journey, version.definition
    goal, exit_rule = text.get("goal"), text.get("exit")
    ((entry_kind, entry),) = text["entry"].items()
    return Plan(
        version_id=version.pk,
        journey_id=journey.pk,
        journey_key=journey.key,
        journey_name=text["name"],
        holdout=float(version.holdout),
        entry=text["entry"],
        entry_rule=rules.parse(entry["rule"], place=f"entry.{entry_kind}.rule") if entry.get("rule") else None,
        entry_fact=meant(entry, "entry.fact") if entry_kind == "fact" else None,
        entry_segment_id=version.entry_segment_id,
        re_entry=text.get("re_entry", "never"),
        opens=_midnight(text.get("runs", {}).get("from")),
        closes=_midnight(text.get("runs", {}).get("until"), after=1),
        ramp=text.get("ramp"),
        exit=rules.parse(exit_rule, place="exit") if exit_rule else None,
        goal=rules.parse(goal["rule"], place="goal.rule") if goal else None,
        goal_within=timedelta(days=goal.get("within_days", GOAL_DAYS) if goal else GOAL_DAYS),
        steps={step.id: step for step in _steps(version)},
    )


def _midnight(day: str | None, after: int = 0) -> datetime | None:
    """Return when a day begins in the zone of the house, or so many days after it."""
    if day is None:
        return None
    return zones.first_instant(zones.zone(zones.DEFAULT), date.fromisoformat(day) + timedelta(days=after), time.min)


def _steps(version: Version) -> list[StepAt]:
    return [
        StepAt(
            id=step.pk,
            key=step.key,
            kind=step.kind,
            settings=step.settings,
            version_id=version.pk,
            journey_id=version.journey_id,
            journey_name=version.definition["name"],
            priority=version.priority,
        )
        for step in version.steps.order_by("position")
    ]


def entering() -> list[tuple[Plan, bool]]:
    """Return the current versions that take members in, and for each whether its journey is live (else paused).

    They come in the order of their journeys, in which whoever enters members into several locks their ramps.
    """
    return [(plan(version), state == JourneyState.LIVE) for version, state in prepared(_ENTERING, {})]


def paused() -> list[int]:
    """Return the ids of journeys that are paused or held: their enrollments rest whatever they are due for."""
    return [journey_id for (journey_id,) in prepared(PAUSED, {})]


def wakers(version_ids: Iterable[int]) -> list[tuple[int, str]]:
    """Return (step id, topic) for every step of these versions that news can wake."""
    return [
        (step.id, topic)
        for version_id in version_ids
        for step in plan(version_id).steps.values()
        for topic in kinds()[step.kind].topics(step.settings)
    ]
