"""Reading single fields of a definition; each function returns the value or raises BadDefinition with the place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from journeys.definition.errors import BadDefinition, listed, nearest, shown
from members import rules
from members.rules import Rule

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
WALL_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
DURATION = ("days", "hours", "minutes")
LONGEST_DAYS = 3650


def at(place: str, name: str) -> str:
    """Return the place of a field within a place."""
    return f"{place}.{name}" if place else name


def mapping(value: object, place: str, what: str) -> Mapping[str, Any]:
    """Return a mapping of names to settings; `what` says what the mapping is, for the sentence."""
    if isinstance(value, Mapping):
        return value
    raise BadDefinition(place, _("{what} is a mapping of names to values.").format(what=what))


def items(value: object, place: str, what: str) -> Sequence[Any]:
    """Return a list; `what` says what its items are."""
    if isinstance(value, list | tuple):
        return value
    raise BadDefinition(place, _("this must be a list of {what}.").format(what=what))


def only(found: Mapping[str, Any], names: Iterable[str], place: str) -> None:
    """Refuse a name that is not among `names`."""
    right = list(names)
    for name in found:
        if name not in right:
            sentence = _("there is no setting of this name here; {hint}").format(hint=nearest(shown(name), right))
            raise BadDefinition(at(place, shown(name)), sentence)


def needed(found: Mapping[str, Any], name: str, place: str) -> Any:
    """Return a setting that must be there."""
    if name in found:
        return found[name]
    raise BadDefinition(place, _("the setting `{name}` is missing; add it.").format(name=name))


def one_of(found: Mapping[str, Any], names: Sequence[str], place: str) -> str:
    """Return the one name of `names` that is there."""
    given = [name for name in names if name in found]
    if len(given) == 1:
        return given[0]
    raise BadDefinition(place, _("exactly one of {names} must stand here.").format(names=listed(names)))


def text(value: object, place: str, longest: int = 200) -> str:
    """Return a text that is not blank."""
    if isinstance(value, str) and value.strip() and len(value) <= longest:
        return value
    raise BadDefinition(place, _("this must be a text of 1 to {longest} characters.").format(longest=longest))


def slug(value: object, place: str) -> str:
    """Return a key: lower-case letters, digits, hyphens and underscores."""
    if isinstance(value, str) and SLUG.fullmatch(value):
        return value
    sentence = _("a key has 1 to 64 lower-case letters, digits, hyphens or underscores, such as `win-back`.")
    raise BadDefinition(place, sentence)


def chosen(value: object, place: str, right: Sequence[str]) -> str:
    """Return one word of a closed set."""
    if isinstance(value, str) and value in right:
        return value
    sentence = _("`{value}` is not known here; {hint}").format(value=shown(value), hint=nearest(shown(value), right))
    raise BadDefinition(place, sentence)


def whole(value: object, place: str, least: int, most: int) -> int:
    """Return a whole number between two bounds, both allowed."""
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    raise BadDefinition(place, _("this must be a whole number from {least} to {most}.").format(least=least, most=most))


def share(value: object, place: str) -> Decimal:
    """Return a share of members as a decimal with at most three digits, from 0 to 0.9."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        exact = Decimal(str(value))
        if 0 <= exact <= Decimal("0.9") and exact == exact.quantize(Decimal("0.001")):
            return exact
    raise BadDefinition(place, _("this must be a share from 0 to 0.9 with at most three digits, such as 0.1."))


def yes_or_no(value: object, place: str) -> bool:
    """Return true or false."""
    if isinstance(value, bool):
        return value
    raise BadDefinition(place, _("this must be `true` or `false`."))


def duration(value: object, place: str) -> timedelta:
    """Return a duration written as `{days, hours, minutes}`: at least a minute, at most ten years."""
    parts = mapping(value, place, _("A duration"))
    only(parts, DURATION, place)
    for name in parts:
        whole(parts[name], at(place, name), 0, LONGEST_DAYS * 24 * 60)
    length = timedelta(**parts)
    if timedelta(minutes=1) <= length <= timedelta(days=LONGEST_DAYS):
        return length
    sentence = _("a duration lasts from one minute to {days} days, such as `days: 1`.").format(days=LONGEST_DAYS)
    raise BadDefinition(place, sentence)


def wall_time(value: object, place: str) -> time:
    """Return a local time of day written as `09:30`."""
    if isinstance(value, str) and WALL_TIME.fullmatch(value):
        return time.fromisoformat(value)
    raise BadDefinition(place, _('this must be a time of day such as "09:30".'))


def calendar_date(value: object, place: str) -> date:
    """Return a date written as `2026-11-27`."""
    if isinstance(value, str) and re.fullmatch(r"[12]\d{3}-\d\d-\d\d", value):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise BadDefinition(place, _("there is no such day in the calendar: {why}.").format(why=error)) from error
    raise BadDefinition(place, _('this must be a date such as "2026-11-27".'))


def rule(value: object, place: str) -> Rule:
    """Return a parsed rule whose references are there; what is wrong within it is said by the rules, with the place."""
    try:
        return rules.parse(value, place).check_references()
    except rules.BadRule as error:
        raise of_rule(error) from error


def of_rule(error: rules.BadRule) -> BadDefinition:
    """Return what is wrong with a rule as the error of definitions."""
    # A rule's sentence begins with its place and goes on without a colon.
    return BadDefinition(error.place, str(error).removeprefix(error.place).lstrip(": "))
