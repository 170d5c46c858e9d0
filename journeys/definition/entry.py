"""Who enters a journey, whether again, and what ends it early: the head of a definition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from journeys.definition import fields, recurrence
from journeys.definition.errors import BadDefinition, listed, shown
from journeys.definition.facts import check_fact, check_key, meant
from members.models import Segment

DATES = ("birthday", "joined_on", "attribute:<name>")
RE_ENTRY = ("never", "after_exit", "after_days")


def check_entry(value: object, place: str = "entry") -> None:
    """Refuse an entry that is not exactly one of the kinds, or whose settings are wrong."""
    entry = fields.mapping(value, place, _("An entry"))
    fields.only(entry, list(ENTRIES), place)
    kind = fields.one_of(entry, list(ENTRIES), place)
    names, check = ENTRIES[kind]
    inner = fields.at(place, kind)
    settings = fields.mapping(entry[kind], inner, _("An entry"))
    fields.only(settings, names, inner)
    check(settings, inner)
    if "rule" in settings:
        fields.rule(settings["rule"], fields.at(inner, "rule"))


def check_re_entry(value: object, place: str = "re_entry") -> None:
    """Refuse a re-entry that is neither `never`, `after_exit` nor `after_days`."""
    if isinstance(value, Mapping):
        fields.only(value, ["after_days"], place)
        fields.whole(fields.needed(value, "after_days", place), fields.at(place, "after_days"), 1, fields.LONGEST_DAYS)
    elif value not in ("never", "after_exit"):
        raise BadDefinition(place, _("this must be `never`, `after_exit` or `after_days: 90`."))


def check_runs(value: object, place: str = "runs") -> None:
    """Refuse a time of a journey that has neither a first nor a last day, or has them the wrong way round."""
    runs = fields.mapping(value, place, _("The time of a journey"))
    fields.only(runs, RUNS, place)
    if not runs:
        raise BadDefinition(place, _("at least one of {names} must stand here.").format(names=listed(RUNS)))
    days = {name: fields.calendar_date(runs[name], fields.at(place, name)) for name in RUNS if name in runs}
    if len(days) == 2 and days["from"] > days["until"]:
        raise BadDefinition(fields.at(place, "until"), _("the last day must not be before the first, `from`."))


def check_goal(value: object, place: str = "goal") -> None:
    """Refuse a goal without a rule, or with a deadline that is no number of days."""
    goal = fields.mapping(value, place, _("A goal"))
    fields.only(goal, GOAL, place)
    fields.rule(fields.needed(goal, "rule", place), fields.at(place, "rule"))
    if "within_days" in goal:
        fields.whole(goal["within_days"], fields.at(place, "within_days"), 1, fields.LONGEST_DAYS)


def check_member_date(value: object, place: str) -> str:
    """Return the name of a date of the member: a field, or an attribute."""
    if isinstance(value, str):
        head, _colon, attribute = value.partition(":")
        if value in DATES[:-1] or (head == "attribute" and attribute.strip()):
            return value
    sentence = _("`{value}` is no date of a member; use {names}.").format(value=shown(value), names=listed(DATES))
    raise BadDefinition(place, sentence)


def date_name(of: str) -> str:
    """Return what people call a date of the member, to stand inside a sentence."""
    names = {"birthday": _("birthday"), "joined_on": _("day of joining")}
    return names.get(of) or of.partition(":")[2]


def _check_segment(entry: Mapping[str, Any], place: str) -> None:
    key = fields.text(fields.needed(entry, "key", place), fields.at(place, "key"), 64)
    if not Segment.objects.filter(key=key).exists():
        sentence = _("there is no segment `{key}`; create it first or name another.").format(key=key)
        raise BadDefinition(fields.at(place, "key"), sentence)
    if "include_existing" in entry:
        fields.yes_or_no(entry["include_existing"], fields.at(place, "include_existing"))


def _check_fact(entry: Mapping[str, Any], place: str) -> None:
    check_key(entry, check_fact(entry, place), place)
    meant(entry, place)


def _check_date(entry: Mapping[str, Any], place: str) -> None:
    check_member_date(fields.needed(entry, "of", place), fields.at(place, "of"))
    if "offset_days" in entry:
        fields.whole(entry["offset_days"], fields.at(place, "offset_days"), -365, 365)
    if "at" in entry:
        fields.wall_time(entry["at"], fields.at(place, "at"))


def _check_recurring(entry: Mapping[str, Any], place: str) -> None:
    start = fields.calendar_date(fields.needed(entry, "from", place), fields.at(place, "from"))
    if not recurrence.FIRST_YEAR <= start.year <= recurrence.LAST_YEAR:
        sentence = _("this must be a day from {first} to {last}.")
        said = sentence.format(first=recurrence.FIRST_YEAR, last=recurrence.LAST_YEAR)
        raise BadDefinition(fields.at(place, "from"), said)
    if "at" in entry:
        fields.wall_time(entry["at"], fields.at(place, "at"))
    recurrence.check(fields.needed(entry, "every", place), start, fields.at(place, "every"))


GOAL = ("rule", "within_days")
RUNS = ("from", "until")
# The kinds of entry: the settings of each in the order in which they are written, and what checks them.
ENTRIES: Mapping[str, tuple[tuple[str, ...], Callable[[Mapping[str, Any], str], None]]] = {
    "segment": (("key", "include_existing"), _check_segment),
    "fact": (("topic", "name", "key", "where", "rule"), _check_fact),
    "date": (("of", "offset_days", "at", "rule"), _check_date),
    "recurring": (("every", "from", "at", "rule"), _check_recurring),
}
