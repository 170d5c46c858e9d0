"""What a cell says, as a value. Each function raises BadItem with one sentence for what it cannot read."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from members import zones
from members.facts.checks import BadItem

WHOLE = re.compile(r"[+-]?[0-9]{1,10}")
AMOUNT = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,10})?")
COMMA = re.compile(r"[+-]?[0-9]{1,12},[0-9]{1,2}")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
YES = frozenset({"yes", "true", "1", "granted"})
NO = frozenset({"no", "false", "0", "withdrawn"})


def day(text: str, column: str) -> date:
    """Return a date."""
    if not DATE.fullmatch(text):
        raise BadItem(_wrong(column, text, "2026-03-10"))
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadItem(_wrong(column, text, "2026-03-10")) from error


def instant(text: str, column: str, zone: ZoneInfo) -> datetime:
    """Return a time in UTC. Without an offset it is the zone's local time; a date alone is the day's first instant."""
    try:
        if DATE.fullmatch(text):
            return _beginning(zone, text)
        read = datetime.fromisoformat(text)
        return read.astimezone(UTC) if read.tzinfo else zones.first_instant(zone, read.date(), read.time())
    except (ValueError, OverflowError) as error:
        raise BadItem(_wrong(column, text, "2026-03-10T17:30:00+01:00")) from error


@lru_cache(maxsize=10_000)
def _beginning(zone: ZoneInfo, text: str) -> datetime:
    return zones.first_instant(zone, date.fromisoformat(text), time.min)


def whole(text: str, column: str) -> int:
    """Return a whole number."""
    if not WHOLE.fullmatch(text):
        raise BadItem(_wrong(column, text, "2"))
    return int(text)


def amount(text: str, column: str, delimiter: str) -> Decimal:
    """Return an amount; a decimal comma is read where commas do not separate the columns."""
    if delimiter != "," and COMMA.fullmatch(text):
        text = text.replace(",", ".")
    if not AMOUNT.fullmatch(text):
        raise BadItem(_wrong(column, text, "12.50"))
    return Decimal(text)


def yes(text: str, column: str) -> bool:
    """Return whether the cell says yes."""
    said = text.lower()
    if said not in YES | NO:
        raise BadItem(_wrong(column, text, _("yes or no")))
    return said in YES


def number(text: str, column: str) -> int | float:
    """Return a number, a whole one if it is written as one."""
    if WHOLE.fullmatch(text):
        return int(text)
    if not AMOUNT.fullmatch(text):
        raise BadItem(_wrong(column, text, "41.5"))
    return float(text)


def words(text: str, _column: str) -> str:
    """Return the text as it is."""
    return text


def iso_day(text: str, column: str) -> str:
    """Return a date as JSON keeps it."""
    return day(text, column).isoformat()


# How the value of an attribute is read, by what follows the colon in the column's name.
KINDS: dict[str, Callable[[str, str], Any]] = {"text": words, "number": number, "yesno": yes, "date": iso_day}


def _wrong(column: str, text: str, right: str) -> str:
    return _("%(column)s is “%(text)s”; write it like %(right)s.") % {
        "column": column,
        "text": text[:40],
        "right": right,
    }
