"""What can be stored and read back exactly: texts, whole numbers, decimals, truth values, lists and mappings."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from journeys.definition import fields
from journeys.definition.errors import BadDefinition

DEEPEST = 60
LARGEST = 10**15


def check_plain(value: object, place: str = "", depth: int = 0) -> None:
    """Refuse whatever the database could not give back as it was given."""
    if depth > DEEPEST:
        raise BadDefinition(place[:100], _("this is nested too deeply; {most} levels are enough.").format(most=DEEPEST))
    if isinstance(value, Mapping):
        for name, inner in value.items():
            _check_name(name, place)
            check_plain(inner, fields.at(place, name), depth + 1)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            check_plain(inner, f"{place}[{number}]", depth + 1)
    elif not (value is None or isinstance(value, bool) or _is_good_number(value) or _is_good_text(value)):
        sentence = _("this is neither a printable text nor a number below {most} nor `true`, `false` or `null`.")
        raise BadDefinition(place, sentence.format(most=LARGEST))


def _check_name(name: object, place: str) -> None:
    if not _is_good_text(name):
        raise BadDefinition(place, _("the name of a setting must be a printable text."))


def _is_good_number(value: object) -> bool:
    if isinstance(value, int):
        return abs(value) <= LARGEST
    # Negative zero, and numbers that JSON writes with an exponent, come back from the database as something else.
    return isinstance(value, float) and (repr(value) == "0.0" or 1e-4 <= abs(value) <= LARGEST)


def _is_good_text(value: object) -> bool:
    return isinstance(value, str) and not any(map(_is_unprintable, value))


def _is_unprintable(letter: str) -> bool:
    """Return whether a character controls something, or is half of a pair."""
    code = ord(letter)
    return (code < 32 and letter not in "\n\t") or 0x7F <= code < 0xA0 or 0xD800 <= code <= 0xDFFF
