"""What somebody would skip or repeat who goes on at another step: asked of the ways of a version."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from journeys.definition.graph import Way

# The outcomes that somebody had, by step key.
Had = Mapping[str, Collection[str]]


class Ways:
    """The ways of a version, from its first step on."""

    def __init__(self, keys: Sequence[str], ways: Sequence[Way]) -> None:
        """`keys` are those of its steps in reading order."""
        self.keys = keys
        self._from: dict[str, list[Way]] = {key: [] for key in keys}
        for way in ways:
            self._from[way.source].append(way)

    def skipped(self, target: str, had: Had) -> list[str]:
        """Return the steps that lie on every way to `target` and that somebody who goes there never had.

        Where they had a branch, only the way that they took there counts.
        """
        taken = had if target in self._reached(had) else {}
        missed = [key for key in self.keys if key != target and key not in had]
        return [key for key in missed if target not in self._reached(taken, without=key)]

    def repeated(self, target: str, had: Collection[str]) -> list[str]:
        """Return the steps from `target` on that somebody had already on this visit; ways back are other visits."""
        ahead = self.ahead(target)
        return [key for key in self.keys if key in ahead and key in had]

    def ahead(self, target: str, without: Collection[str] = ()) -> set[str]:
        """Return the steps to come for who stands at `target`, itself included, on no way back and through none of
        `without`."""
        seen: set[str] = set()
        coming = [target]
        while coming:
            key = coming.pop()
            if key not in seen:
                seen.add(key)
                on = [] if key in without else self._from[key]
                coming += [way.target for way in on if way.target and not way.again]
        return seen

    def _reached(self, taken: Had, without: str = "") -> set[str]:
        """Return the steps that are reached from the first, where `taken` says which ways were open."""
        seen: set[str] = set()
        coming = [self.keys[0]]
        while coming:
            key = coming.pop()
            if key not in seen and key != without:
                seen.add(key)
                coming += [way.target for way in self._open(key, taken) if way.target]
        return seen

    def _open(self, key: str, taken: Had) -> list[Way]:
        ways = self._from[key]
        return [way for way in ways if way.outcome in taken.get(key, ())] or ways
