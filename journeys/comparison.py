"""Comparing those who entered with those who were held out: the difference of two shares, and how sure it is.

The interval is Newcombe's hybrid score interval without correction ("Interval estimation for the difference between
independent proportions", Statistics in Medicine 17, 1998, method 10), from Wilson's intervals of both shares at 95 %.
It stays sensible for small groups and for shares of 0 and 1, where the textbook one does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z = 1.959964  # the 97.5 % quantile of the normal distribution


@dataclass(frozen=True)
class Difference:
    """How many percentage points more of those who entered reached the goal, and the 95 % interval around it."""

    points: float
    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        """Say whether the interval leaves 0 out: chance alone would hardly give such a difference."""
        return self.low > 0 or self.high < 0


def difference(won: int, entered: int, held_out_won: int, held_out: int) -> Difference | None:
    """Compare two groups by how many reached the goal; None where one of them is empty."""
    if not entered or not held_out:
        return None
    share, other = won / entered, held_out_won / held_out
    low, high = wilson(won, entered)
    other_low, other_high = wilson(held_out_won, held_out)
    below = sqrt((share - low) ** 2 + (other_high - other) ** 2)
    above = sqrt((high - share) ** 2 + (other - other_low) ** 2)
    return Difference(100 * (share - other), 100 * (share - other - below), 100 * (share - other + above))


def wilson(won: int, of: int) -> tuple[float, float]:
    """Return Wilson's score interval of a share at 95 % (Journal of the American Statistical Association 22, 1927)."""
    share = won / of
    centre = (share + Z**2 / (2 * of)) / (1 + Z**2 / of)
    reach = Z / (1 + Z**2 / of) * sqrt(share * (1 - share) / of + Z**2 / (4 * of**2))
    return centre - reach, centre + reach
