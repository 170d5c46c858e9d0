"""The Liquid filters that templates may use: those that neither read the clock nor switch off escaping, and our own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from liquid import Environment, RenderContext
from liquid.exceptions import FilterArgumentError
from liquid.filter import with_context

from content import formats

# Of Liquid's own filters. Not `safe`, which would let a member's name carry HTML into a mail, and not its `date`, which
# reads the wall clock for "now" and writes English only.
BUILTIN = (
    "append",
    "at_least",
    "at_most",
    "capitalize",
    "ceil",
    "default",
    "divided_by",
    "downcase",
    "first",
    "floor",
    "join",
    "last",
    "minus",
    "newline_to_br",
    "plus",
    "prepend",
    "remove",
    "replace",
    "round",
    "size",
    "sort",
    "split",
    "strip",
    "times",
    "truncate",
    "truncatewords",
    "uniq",
    "upcase",
    "url_encode",
)

LONGEST_RANGE = 1_000


@with_context
def written_date(value: Any, form: str = "long", *, context: RenderContext) -> str:
    """Write a date in the member's language: short, medium, long, full or a pattern such as "d MMMM"."""
    if value in (None, ""):
        return ""
    try:
        found = value.value if isinstance(value, formats.Day) else date.fromisoformat(str(value)[:10])
        return formats.day(found, str(form), str(context.globals["locale"]))
    except ValueError:
        text = _("date cannot write “%(value)s” as “%(form)s”; dates look like 2026-05-20, forms are %(forms)s")
        words = {"value": value, "form": form, "forms": ", ".join((*formats.LENGTHS, "d MMMM"))}
        raise FilterArgumentError(text % words, token=None) from None


@with_context
def written_number(value: Any, *, context: RenderContext) -> str:
    """Write a number with the separators of the member's language."""
    if value in (None, ""):
        return ""
    try:
        found = value if isinstance(value, int) else Decimal(str(value))
    except InvalidOperation:
        raise FilterArgumentError(_("“%(value)s” is no number") % {"value": value}, token=None) from None
    return formats.number(found, str(context.globals["locale"]))


def link(value: Any) -> str:
    """Say that a text is an address; it must be a whole one, as nobody can follow a relative one from a message."""
    text = str(value or "").strip()
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise FilterArgumentError(
            _("link needs a whole address such as https://example.com/, not “%(value)s”") % {"value": text}, token=None
        )
    return text


OWN = {"date": written_date, "link": link, "number": written_number}
NAMES = (*BUILTIN, *OWN)


def _bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that refuses a range such as (1..100000000), which it would write out in memory."""

    @wraps(function)  # with the marks by which Liquid knows that a filter wants its environment
    def bounded(*given: Any, **named: Any) -> Any:
        if any(isinstance(one, range) and len(one) > LONGEST_RANGE for one in given):
            problem = _("a range of more than %(most)d numbers is too long for a filter") % {"most": LONGEST_RANGE}
            raise FilterArgumentError(problem, token=None)
        return function(*given, **named)

    return bounded


def install(environment: Environment) -> None:
    """Leave an environment with exactly the filters of NAMES."""
    environment.filters = {name: _bounded(environment.filters[name]) for name in BUILTIN}
    for name, function in OWN.items():
        environment.add_filter(name, function)


def nearest(name: str) -> str:
    """Return the filter that somebody who wrote `name` most likely meant, or an empty string."""
    return next(iter(get_close_matches(name, NAMES, n=1, cutoff=0.5)), "")
