"""The one error of definitions."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from django.utils.translation import gettext as _


class BadDefinition(Exception):
    """A journey's definition is wrong. The message is one sentence: the place, what is wrong, what would be right."""

    def __init__(self, place: str, sentence: str) -> None:
        """`place` is a path such as `steps[2].duration.days`, empty for the definition as a whole."""
        super().__init__(f"{place}: {sentence}" if place else sentence)
        self.place = place


def shown(value: object) -> str:
    """Return a value as a sentence can show it, whatever it is and however long."""
    said = " ".join(str(value).split())
    return said if len(said) <= 64 else f"{said[:60]} …"


def nearest(word: str, right: Sequence[str]) -> str:
    """Return what would be right instead of a misspelt word: the nearest of `right`, else all of them."""
    close = get_close_matches(word, right, 1, 0.6)
    if close:
        return _("did you mean `{word}`?").format(word=close[0])
    return _("use {words}.").format(words=listed(right))


def listed(words: Sequence[str]) -> str:
    """Return words as a list within a sentence: `a`, `b` or `c`."""
    quoted = [f"`{word}`" for word in words]
    if len(quoted) < 2:
        return "".join(quoted)
    return _("{all} or {last}").format(all=", ".join(quoted[:-1]), last=quoted[-1])
