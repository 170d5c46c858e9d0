"""Invention that repeats itself: draws that depend on the seed and on what they are for, in whatever order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from channels.sandbox.draws import draw

SEED = "chorale-1"
Thing = TypeVar("Thing")


class Dice:
    """Draws for one subject, such as a customer; each by the name of what it decides."""

    def __init__(self, *subject: object) -> None:
        self._subject = subject

    def part(self, name: str) -> float:
        """Return a number in [0, 1)."""
        return draw(SEED, *self._subject, name)

    def happens(self, name: str, share: float) -> bool:
        """Say yes to a share of all subjects."""
        return self.part(name) < share

    def whole(self, name: str, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + int(self.part(name) * (high - low + 1))

    def one_of(self, name: str, things: Sequence[Thing]) -> Thing:
        """Return one of the things, each as likely as the others."""
        return things[int(self.part(name) * len(things))]
