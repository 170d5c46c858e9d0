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
        self._bit = {key: 1 << place for place, key in enumerate(keys)}

    def skipped(self, target: str, had: Had) -> list[str]:
        """Return the steps that lie on every way to `target` and that somebody who goes there never had.

        Where they had a branch, only the way that they took there counts.
        """
        always = self._always(had)
        on_all = always[target] if target in always else self._always({})[target]
        return [key for key in self.keys if key != target and key not in had and on_all & self._bit[key]]

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

    def once(self, target: str) -> list[str]:
        """Return the steps to come for who stands at `target` that lie in no round: nobody drew that they recur."""
        ways = [way for found in self._from.values() for way in found]
        rounds = [self.ahead(way.target) & self._behind(way.source) for way in ways if way.again and way.target]
        ahead = self.ahead(target).difference(*rounds)
        return [key for key in self.keys if key in ahead]

    def _behind(self, key: str) -> set[str]:
        """Return the steps from which somebody comes to `key` by no way back, itself included."""
        found = {key}
        for source in reversed(self.keys):  # in reading order all ways but those back lead on
            if any(way.target in found and not way.again for way in self._from[source]):
                found.add(source)
        return found

    def _always(self, taken: Had) -> Mapping[str, int]:
        """Return, for each step that is reached from the first where `taken` says which ways were open, the steps that
        lie on every way to it, itself included, as bits.

        These are the dominators of a flow graph: what is on all ways to a step is on all ways to each step before it.
        """
        found = {self.keys[0]: self._bit[self.keys[0]]}
        changed = True
        while changed:  # twice where all ways lead forward, once more for ways back within ways back
            changed = False
            for key in self.keys:
                for target in self._targets(key, taken) if key in found else ():
                    on_all = found[key] & found.get(target, -1) | self._bit[target]
                    changed = changed or found.get(target) != on_all
                    found[target] = on_all
        return found

    def _targets(self, key: str, taken: Had) -> list[str]:
        return [way.target for way in self._open(key, taken) if way.target]

    def _open(self, key: str, taken: Had) -> list[Way]:
        ways = self._from[key]
        return [way for way in ways if way.outcome in taken.get(key, ())] or ways
