"""Slips of the finger: all that is one mistake away from what was typed."""

from __future__ import annotations

from collections.abc import Iterable

# How likely each is to be what was meant, where 1 is what was typed.
SWAPPED, TOO_MANY, TOO_FEW, ANOTHER = 0.8, 0.75, 0.75, 0.7


def slips(typed: str, letters: Iterable[str]) -> dict[str, float]:
    """Return the text itself and all that one mistake makes of it, each with how likely it was meant.

    A mistake is a letter too many or too few, another one (of `letters`), or two that changed places.
    """
    cut = [(typed[:place], typed[place:]) for place in range(len(typed) + 1)]
    alphabet = sorted({*letters})
    found = {head + letter + tail[1:]: ANOTHER for head, tail in cut if tail for letter in alphabet}
    found |= {head + letter + tail: TOO_FEW for head, tail in cut for letter in alphabet}
    found |= {head + tail[1:]: TOO_MANY for head, tail in cut if tail}
    found |= {head + tail[1] + tail[0] + tail[2:]: SWAPPED for head, tail in cut if len(tail) > 1}
    return {slip: worth for slip, worth in found.items() if slip} | {typed: 1.0}
