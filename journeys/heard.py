"""What a batch was told, found by topic: each version and each journey asks for the few topics that concern it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Set
from functools import cached_property

from members import news

# News read by the tick.
Told = news.Item


class Heard:
    """The news of a batch, each piece once."""

    def __init__(self, told: Iterable[Told]) -> None:
        """Sort news by what it is about."""
        self._about: dict[str, list[Told]] = defaultdict(list)
        for one in told:
            self._about[one.topic].append(one)

    def __len__(self) -> int:
        return sum(map(len, self._about.values()))

    def about(self, topics: Iterable[str]) -> list[Told]:
        """Return the news of some topics."""
        return [one for topic in topics for one in self._about.get(topic, ())]

    def of(self, topics: Iterable[str]) -> set[int]:
        """Return the members with news of any of some topics."""
        return {one.member_id for one in self.about(topics)}

    @cached_property
    def members(self) -> Set[int]:
        """Return whom there is news of."""
        return self.of(self._about)

    @cached_property
    def stirred(self) -> Set[int]:
        """Return of whom there is news on more than one topic."""
        once: set[int] = set()
        again: set[int] = set()
        for topic in self._about:
            members = self.of([topic])
            again |= once & members
            once |= members
        return again
