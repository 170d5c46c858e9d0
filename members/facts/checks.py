"""What a value must be like to be stored. Each check returns the value or raises BadItem with one sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from babel.numbers import list_currencies
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from members.vocabulary import Channel, Purpose

# Outside of these years PostgreSQL could give a time back that Python cannot read.
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
MOST = 2_147_483_647
DEAREST = Decimal("9999999999.99")
CURRENCIES = frozenset(list_currencies())  # of today and former ones
# Half characters: what bytes of another encoding become, and what JSON may hold.
HALVES = re.compile("[\ud800-\udfff]")
# Invisible, but letters of Persian, Hindi and other names join or stand apart by them.
JOINERS = str.maketrans("", "", "\u200c\u200d")
# Read once: an enumeration works its values out anew each time.
_CHANNELS, _PURPOSES = frozenset(Channel.values), frozenset(Purpose.values)
DEEPEST = 20  # levels of a JSON value: more breaks some reader's recursion


class BadItem(ValueError):
    """An item cannot be stored; the message is one sentence that says what, and what would be right.

    `field` is the item's field that is wrong, such as `store`; empty where it is the item as a whole.
    """

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True)
class What:
    """A part of an item: its field's name, and what a sentence calls it."""

    field: str
    label: str | Promise

    def __str__(self) -> str:
        return str(self.label)

    def bad(self, sentence: str) -> BadItem:
        """Return the error that says of this part what is wrong with it."""
        return BadItem(sentence, self.field)


def text(value: str, what: What, longest: int, *, blank: bool = False) -> str:
    """Return text of at most `longest` printable characters."""
    if type(value) is str and len(value) <= longest and value.isprintable() and (value or blank):
        return value
    if value is None or (value == "" and not blank):
        raise what.bad(_("%(what)s is missing.") % {"what": what})
    if type(value) is str and len(value) > longest:
        raise what.bad(
            _("%(what)s has %(length)d characters; %(longest)d are the most.")
            % {"what": what, "length": len(value), "longest": longest}
        )
    raise what.bad(_("%(what)s is %(value)s; write printable characters.") % {"what": what, "value": ascii(value)[:80]})


def name(value: str, what: What, longest: int) -> str:
    """Return a person's name of at most `longest` characters, with single blanks; it may be empty."""
    tidy = " ".join(value.split())
    if len(tidy) > longest or tidy.isascii():
        return text(tidy, what, longest, blank=True)
    text(tidy.translate(JOINERS), what, longest, blank=True)
    return tidy


def prose(value: str, what: What) -> str:
    """Return text of any length, with line breaks and all that PostgreSQL can store."""
    if type(value) is str and "\0" not in value and not HALVES.search(value):
        return value
    raise what.bad(_("%(what)s holds NUL characters or bytes of another encoding; write it as text.") % {"what": what})


def instant(value: datetime, what: What) -> datetime:
    """Return an aware time between the years 1900 and 2200."""
    if type(value) is not datetime or value.tzinfo is None:
        raise what.bad(
            _("%(what)s is no time with an offset; write one such as 2026-03-10T12:00:00Z.") % {"what": what}
        )
    if not EARLIEST <= value < LATEST:
        raise what.bad(_outside(value, what))
    return value


def day(value: date, what: What) -> date:
    """Return a date between the years 1900 and 2200."""
    if not EARLIEST.year <= value.year < LATEST.year:
        raise what.bad(_outside(value, what))
    return value


def _outside(value: date, what: What) -> str:
    return _("%(what)s is %(value)s; the years 1900 to 2199 can be stored.") % {"what": what, "value": value}


def whole(value: int, what: What) -> int:
    """Return a whole number that fits four bytes."""
    if type(value) is int and -MOST <= value <= MOST:
        return value
    raise what.bad(
        _("%(what)s is %(value)s; write a whole number of at most %(most)d.")
        % {"what": what, "value": ascii(value)[:40], "most": MOST}
    )


def price(value: Decimal, what: What) -> Decimal:
    """Return an amount of money that is not negative and has at most two decimals."""
    if type(value) is Decimal and value.is_finite() and 0 <= value <= DEAREST and value == round(value, 2):
        return value
    raise what.bad(
        _("%(what)s is %(value)s; write an amount from 0 to %(most)s with at most two decimals.")
        % {"what": what, "value": ascii(str(value))[:40], "most": DEAREST}
    )


def currency(value: str, what: What) -> str:
    """Return a currency's code."""
    if type(value) is str and value in CURRENCIES:
        return value
    sentence = _("There is no currency %(value)s; write one of ISO 4217 in three capitals, such as EUR.")
    raise what.bad(sentence % {"value": ascii(value)[:40]})


def document(value: Mapping[str, Any], what: What) -> str:
    """Return the JSON text of an object that PostgreSQL can store and that every reader can take apart again."""
    if not value:
        return "{}"
    try:
        dumped = json.dumps(value, ensure_ascii=False, allow_nan=False)
        dumped.encode()
        holds_nul = "\\u0000" in dumped and _holds_nul(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise what.bad(_("%(what)s cannot be written as JSON: %(why)s.") % {"what": what, "why": error}) from error
    if dumped[0] != "{" or holds_nul:
        raise what.bad(_("%(what)s must be a JSON object without NUL characters.") % {"what": what})
    if dumped.count("{") + dumped.count("[") > DEEPEST and _depth(value) > DEEPEST:
        raise what.bad(_("%(what)s are nested deeper than %(most)d levels.") % {"what": what, "most": DEEPEST})
    return dumped


def consent(channel: str, purpose: str, field: str) -> None:
    """Refuse a channel and a purpose that there are no consents for; `field` is the item's that named them."""
    if channel not in _CHANNELS or purpose not in _PURPOSES:
        raise BadItem(
            _("There is no consent to “%(purpose)s” by “%(channel)s”; purposes: %(purposes)s; channels: %(channels)s.")
            % {
                "purpose": purpose[:40],
                "channel": channel[:40],
                "purposes": ", ".join(Purpose.values),
                "channels": ", ".join(Channel.values),
            },
            field,
        )


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list | tuple) and any(_holds_nul(part) for part in value)
