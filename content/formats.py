"""Money, dates and numbers as people of a locale write them (CLDR, by Babel)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from django.conf import settings

# Named lengths for dates; anything else is a CLDR pattern, such as "d MMMM".
LENGTHS = ("short", "medium", "long", "full")


class Day(str):
    """A date, already written for the member; the filter `date` writes it in another way."""

    __slots__ = ("value",)
    value: date

    @classmethod
    def of(cls, value: date, locale: str) -> Day:
        """Return the date in the locale's long form, such as 20 May 2026."""
        made = cls(day(value, "long", locale))
        made.value = value
        return made


def spoken(language: str, member_locale: str) -> str:
    """Return the locale for numbers and dates in a text of `language`: the member's own if it is of that language.

    A German text for a member with de-AT has Austrian prices; an English one for the same member has English dates.
    """
    same = member_locale.partition("-")[0] == language.partition("-")[0]
    return member_locale if same else language


@lru_cache(maxsize=256)
def known(locale: str) -> Locale:
    """Return the locale of a language tag such as de-AT, or the nearest that CLDR knows."""
    for tag in (locale, locale.partition("-")[0], settings.LANGUAGE_CODE):
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):  # the next one is a wider choice
            continue
    return Locale("en")


@lru_cache(maxsize=4096)
def money(amount: Decimal, currency: str, locale: str) -> str:
    """Return an amount with its currency, such as €10.00 or 10,00 €; decimals as the currency has them."""
    return format_currency(amount, currency, locale=known(locale))


@lru_cache(maxsize=4096)
def day(value: date, form: str, locale: str) -> str:
    """Return a date in one of LENGTHS or in a CLDR pattern. Raises ValueError for a pattern that is none.

    Patterns as Liquid's own filter takes them (“%d %B”) are none, and neither are those of times.
    """
    if "%" in form:
        raise ValueError(form)
    try:
        return format_date(value, form, locale=known(locale))
    except (AttributeError, KeyError) as error:  # a date has no hours, and no letter stands for nothing
        raise ValueError(form) from error


@lru_cache(maxsize=4096)
def number(value: int | Decimal, locale: str) -> str:
    """Return a number with the locale's grouping and decimal point."""
    return format_decimal(value, locale=known(locale))
