"""What a run gave, what three runs give together, and what was aimed at."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

RUNS = 3


@dataclass(frozen=True)
class Run:
    """One run: `value` in the workload's unit, and what it was made of."""

    value: float
    amount: int
    seconds: float
    detail: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def rate(cls, amount: int, seconds: float, **detail: float) -> Run:
        """Return a run whose value is how much was done in a second."""
        return cls(amount / max(seconds, 1e-9), amount, seconds, detail)

    def told(self) -> dict[str, Any]:
        """Return the run as JSON keeps it."""
        return {
            "value": _short(self.value),
            "amount": self.amount,
            "seconds": _short(self.seconds),
            **{name: _short(value) for name, value in self.detail.items()},
        }


@dataclass(frozen=True)
class Aim:
    """What is aimed at: a `value` in the workload's unit, a `ratio` to each limit, or both.

    Where more is better both are the least that passes, else the most.
    """

    more: bool = True
    value: float | None = None
    ratio: float | None = None

    def reached(self, value: float, ratios: Sequence[float]) -> bool:
        """Say whether a median and its ratios to the limits pass."""
        return self._passes(value, self.value) and all(self._passes(ratio, self.ratio) for ratio in ratios)

    def _passes(self, found: float, wanted: float | None) -> bool:
        if wanted is None:
            return True
        return found >= wanted if self.more else found <= wanted


def timed(call: Callable[[], object]) -> float:
    """Return how many seconds a call took."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def summed(runs: Sequence[Run]) -> dict[str, Any]:
    """Return runs as JSON keeps them, with their median and their spread: what lies between the least and the most, as
    a share of the median."""
    values = [run.value for run in runs]
    middle = median(values)
    return {
        "runs": [run.told() for run in runs],
        "median": _short(middle),
        "spread": _short((max(values) - min(values)) / middle if middle else 0.0),
    }


def share(sorted_values: Sequence[float], part: float) -> float:
    """Return the value below which this part of the sorted values lies, as the nearest rank: 0.95 gives the p95."""
    return sorted_values[max(0, math.ceil(part * len(sorted_values)) - 1)]


def latencies(seconds: Sequence[float], part: float) -> Run:
    """Return a run whose value is the p-th part of some latencies, with the other usual ones beside it."""
    ordered = sorted(seconds)
    others = {name: share(ordered, at) for name, at in {"p50": 0.5, "p95": 0.95, "p99": 0.99, "most": 1.0}.items()}
    return Run(share(ordered, part), len(ordered), sum(ordered), others)


def _short(value: float) -> float:
    """Return a number with four digits that tell something."""
    if not value or not math.isfinite(value):
        return 0.0
    return round(value, max(0, 3 - math.floor(math.log10(abs(value)))))
