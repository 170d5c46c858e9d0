"""How the paths of a split fare, for the journey's page and the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from journeys import arms, winners
from journeys.arms import Taken
from journeys.comparison import wilson
from journeys.models import SplitDecision, Step


@dataclass(frozen=True)
class ArmNumbers:
    """A path: who took it by lot, how many of them reached the goal, and their share with its interval, in percent.

    `sent` came after the decision; `probability` is that of being the best, None where no winner is asked for.
    """

    arm: str
    entered: int
    converted: int
    sent: int
    share: float
    low: float
    high: float
    probability: float | None

    @property
    def chance(self) -> float | None:
        """The probability of being the best, in percent."""
        return None if self.probability is None else 100 * self.probability


@dataclass(frozen=True)
class Contest:
    """The paths of a split in the round that is on, the rule, and what was decided in all rounds, latest first."""

    round: int
    arms: Sequence[ArmNumbers]
    sample: int | None
    threshold: float | None
    decisions: Sequence[SplitDecision]

    @property
    def winner(self) -> str:
        """The path that has won, empty while the question is open."""
        return self.decisions[0].arm if self.decisions else ""

    @property
    def threshold_percent(self) -> float:
        """The probability that a winner needs, in percent."""
        return 100 * (self.threshold or 0)

    @property
    def decided_at(self) -> datetime | None:
        """When it won."""
        return self.decisions[0].at if self.winner else None

    @property
    def told(self) -> Sequence[tuple[SplitDecision, Sequence[tuple[Mapping[str, Any], float]]]]:
        """The decisions, each with its paths as they were found and the probability of each in percent."""
        return [(one, [(arm, 100 * arm["probability"]) for arm in one.arms]) for one in self.decisions]

    @property
    def scale(self) -> float:
        """The highest end of an interval, in percent: as far as the drawing goes."""
        return max((one.high for one in self.arms if one.entered), default=0) or 100

    @property
    def drawn(self) -> Sequence[tuple[ArmNumbers, float, float, float]]:
        """Each path with the left end, the width and the middle of its interval, in percent of the drawing."""
        return [
            (one, 100 * one.low / self.scale, 100 * (one.high - one.low) / self.scale, 100 * one.share / self.scale)
            for one in self.arms
        ]


def of(step: Step, journey_id: int) -> Contest:
    """Return the contest of a split whose journey has a goal."""
    decisions = list(
        SplitDecision.objects.filter(journey=journey_id, step_key=step.key)
        .select_related("who", "version")
        .order_by("-pk")
    )
    now_round = arms.round_of(decisions[0] if decisions else None)
    counted = arms.counted(journey_id, step.key, now_round)
    rule = step.settings.get("winner")
    chances: Mapping[str, float] = {}
    if rule is not None:
        chances = {one["arm"]: one["probability"] for one in winners.judged(step.settings["paths"], counted)}
    keys = [path["key"] for path in step.settings["paths"]]
    listed = [*keys, *sorted(set(counted) - set(keys))]
    return Contest(
        round=now_round,
        arms=[_numbers(key, counted.get(key, Taken()), chances.get(key)) for key in listed],
        sample=rule["sample"] if rule else None,
        threshold=rule.get("probability", winners.PROBABILITY) if rule else None,
        decisions=decisions,
    )


def _numbers(key: str, taken: Taken, probability: float | None) -> ArmNumbers:
    low, high = wilson(taken.converted, taken.entered) if taken.entered else (0.0, 1.0)
    share = taken.converted / taken.entered if taken.entered else 0.0
    return ArmNumbers(
        key,
        taken.entered,
        taken.converted,
        taken.sent,
        100 * share,
        max(0.0, 100 * low),
        min(100.0, 100 * high),
        probability,
    )
