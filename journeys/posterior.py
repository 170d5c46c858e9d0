"""How probable it is that an arm is the best: Beta posteriors of shares, compared by integration.

Each arm's share of members who reach the goal has the posterior Beta(1 + reached, 1 + not reached), from a uniform
prior. That arm i is the best has the probability ∫ f_i(x) ∏_{j≠i} F_j(x) dx, f being density and F distribution: S. L.
Scott, "A modern Bayesian look at the multi-armed bandit", Applied Stochastic Models in Business and Industry 26 (2010),
pages 639 to 658, section 2. For two arms it is the sum that E. Miller derives in "Formulas for Bayesian A/B Testing"
(2014), which the tests hold it against. It is computed on a grid, so that equal counts always give equal answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from math import exp, lgamma, log, sqrt

# In standard deviations around an arm's mean: dense where its mass is, and far enough for the long tail that a share
# near 0 or 1 has.
_STEPS = [number / 25 for number in range(-250, 251)] + [10 + number / 2 for number in range(1, 61)]
_LEAST = 1e-12


@lru_cache(maxsize=4_096)
def best(arms: tuple[tuple[int, int], ...]) -> tuple[float, ...]:
    """Return, for arms as (entered, reached the goal), how probable it is that each is the best; they add up to 1."""
    shapes = [(1 + reached, 1 + entered - reached) for entered, reached in arms]
    grid = _grid(shapes)
    densities = [[_density(x, *shape) for x in grid] for shape in shapes]
    below = [_distribution(grid, density) for density in densities]
    found = [_integral(grid, _beaten(densities[arm], below, arm)) for arm in range(len(arms))]
    return tuple(one / sum(found) for one in found)


def _grid(shapes: Sequence[tuple[int, int]]) -> list[float]:
    """Return points between 0 and 1 that lie close wherever an arm's share may be."""
    points = {_LEAST, 0.5, 1 - _LEAST}
    for a, b in shapes:
        mean = a / (a + b)
        spread = sqrt(mean * (1 - mean) / (a + b + 1))
        points |= {mean + sign * step * spread for step in _STEPS for sign in (1, -1)}
    return sorted(x for x in points if _LEAST <= x <= 1 - _LEAST)


def _density(x: float, a: int, b: int) -> float:
    return exp((a - 1) * log(x) + (b - 1) * log(1 - x) + lgamma(a + b) - lgamma(a) - lgamma(b))


def _distribution(grid: Sequence[float], density: Sequence[float]) -> list[float]:
    """Return the share of an arm's mass up to each point, by trapezes."""
    steps = zip(pairwise(grid), pairwise(density), strict=True)
    summed = [0.0, *accumulate((right - left) * (one + other) / 2 for (left, right), (one, other) in steps)]
    return [value / summed[-1] for value in summed]


def _beaten(density: Sequence[float], below: Sequence[Sequence[float]], arm: int) -> list[float]:
    """Return an arm's density at each point, times the probability that all the others lie below."""
    others = [one for number, one in enumerate(below) if number != arm]
    found = list(density)
    for other in others:
        found = [value * share for value, share in zip(found, other, strict=True)]
    return found


def _integral(grid: Sequence[float], values: Sequence[float]) -> float:
    return sum(
        (right - left) * (one + other) / 2
        for (left, right), (one, other) in zip(pairwise(grid), pairwise(values), strict=True)
    )
