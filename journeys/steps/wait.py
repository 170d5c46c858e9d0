"""Wait: for a while, until a time of day, a weekly window, a date, or a date of the member's or of a fact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journeys.definition import fields
from journeys.definition.entry import check_member_date
from journeys.definition.errors import BadDefinition
from journeys.definition.facts import check_conditions, of_entry_in_words
from journeys.steps import dates, instants
from journeys.steps.base import StepAt, StepKind, StepText
from journeys.steps.dates import HAPPENED_AT, PROPERTY, Given
from journeys.steps.instants import WEEKDAYS, Asked
from members import zones
from members.sql import Sql, rows

DATED = ("until_date", "member_date", "fact_date")
WAYS = ("duration", "local_time", "window", *DATED)
WINDOW = ("days", "from", "until")
FACT_DATE = ("fact", "entry", "of", "offset_days")

# `until` is asked once, on arrival: afterwards the answer stands in `rest_until`. No `until` at all means that the
# member has no such date, and goes on. Whose zone or date became another one between the two statements is `late`, and
# is asked again a second later: nothing was worked out for them, and that is no reason to let them through.
_DECIDE = """
SELECT e.id AS enrollment_id, CASE WHEN t.until > %(now)s OR t.late THEN NULL ELSE 'next' END AS outcome,
       t.until AS rest_until, '' AS reason,
       CASE WHEN t.until IS NULL AND NOT t.late THEN '{{"date": null}}'::jsonb ELSE '{{}}'::jsonb END AS detail
FROM ({cohort}) e
{joins}
CROSS JOIN LATERAL (
    SELECT COALESCE(e.rest_until, {until}) AS until, e.rest_until IS NULL AND {late} AS late
) t
"""
_MEMBER = f"""
JOIN members_member m ON m.id = e.member_id
{zones.MEMBER_ZONE_JOIN}
"""
# What a time may depend on.
_DISTINCT = f"""
SELECT DISTINCT {zones.MEMBER_ZONE} AS zone, COALESCE({{given}}, '') AS given, e.visit > 1 AS again
FROM ({{cohort}}) e {_MEMBER} {{joins}} WHERE e.rest_until IS NULL
"""
_LOCAL = f"""
{_MEMBER}
{{joins}}
LEFT JOIN unnest(%(zones)s::text[], %(givens)s::text[], %(agains)s::boolean[], %(firsts)s::timestamptz[],
                 %(afters)s::timestamptz[], %(untils)s::timestamptz[]) AS local(zone, given, again, first, after, until)
  ON local.zone = {zones.MEMBER_ZONE} AND local.given = COALESCE({{given}}, '') AND local.again = (e.visit > 1)
  {{within}}
"""
_WITHIN = "AND {instant} >= local.first AND {instant} < local.after"
# A zone, a date as text, whether it is a further visit; the first instant of a local day and that of the next, where
# the date was an instant; and what is waited for.
Line = tuple[str, str, bool, datetime | None, datetime | None, datetime | None]


class Wait(StepKind):
    """Nobody moves on before the time has come; what it depends on is asked when the member arrives."""

    kind = "wait"
    label = gettext_lazy("Wait")
    names = (*WAYS, "at")

    def check(self, settings: StepText, place: str) -> None:
        """Exactly one way of waiting; `at` belongs to the dates."""
        way = fields.one_of(settings, WAYS, place)
        _CHECKS[way](settings[way], fields.at(place, way))
        if "at" in settings:
            fields.wall_time(settings["at"], fields.at(place, "at"))
            if way not in DATED:
                sentence = _("a time of day belongs to a date; remove it, or use `local_time` in a step of its own.")
                raise BadDefinition(fields.at(place, "at"), sentence)

    def check_journey(self, settings: StepText, journey: Mapping[str, Any], place: str) -> None:
        """The fact that let the member in is there only where a fact does."""
        dated, inner = settings.get("fact_date", {}), fields.at(place, "fact_date")
        if dated.get("entry"):
            if "fact" not in journey["entry"]:
                sentence = _("members do not enter this journey by a fact; name the `fact` instead.")
                raise BadDefinition(fields.at(inner, "entry"), sentence)
            _check_of(dated, journey["entry"]["fact"]["topic"], inner)

    def rests(self, settings: StepText) -> bool:
        """A date may lie in the past and a window be open; a duration and a time of day never let through twice."""
        return "duration" in settings or "local_time" in settings

    def resting(self, settings: StepText) -> str:
        """Time alone is waited for; what decides when it has come."""
        if "window" in settings:
            return _("waits for the hours of the week in which the journey goes on")
        if "fact_date" in settings:
            fact = settings["fact_date"].get("fact")
            return _("waits for a date of %(fact)s") % {
                "fact": of_entry_in_words(fact) if fact else _("what the journey is about")
            }
        return _("waits for a date of theirs") if "member_date" in settings else _("waits")

    def decide(self, step: StepAt, cohort: Sql, now: datetime) -> Sql:
        """Rest until the time has come."""
        named = cohort.prefixed("c_")
        if "duration" in step.settings:
            until = Sql("e.arrived_at + %(length)s::interval", {"length": timedelta(**step.settings["duration"])})
            joins, late = Sql(""), "false"
        else:
            until, joins, late = Sql("local.until"), _local(step, named, now), _late(step)
        return Sql(
            _DECIDE.format(cohort=named.text, joins=joins.text, until=until.text, late=late),
            {**named.params, **until.params, **joins.params, "now": now},
        )


def _local(step: StepAt, cohort: Sql, now: datetime) -> Sql:
    """Return the join of the instants waited for, computed once for each zone and date among those who arrive."""
    given = dates.given(step)
    params = {**given.joins.params, "default_zone": zones.DEFAULT, "now": now}
    text = _DISTINCT.format(cohort=cohort.text, given=given.text, joins=given.joins.text)
    asked = rows(text, {**cohort.params, **params})
    lines = list(_lines(step.settings, given, asked, now))
    columns = ("zones", "givens", "agains", "firsts", "afters", "untils")
    found = {name: [line[place] for line in lines] for place, name in enumerate(columns)}
    within = _WITHIN.format(instant=given.instant) if given.instant else ""
    return Sql(_LOCAL.format(given=given.text, joins=given.joins.text, within=within), {**params, **found})


def _late(step: StepAt) -> str:
    """Return whether nothing was worked out for a member, as SQL; where there is no instant of a fact, nothing is."""
    given = dates.given(step)
    return f"local.zone IS NULL AND {given.instant} IS NOT NULL" if given.instant else "local.zone IS NULL"


def _lines(settings: StepText, given: Given, asked: Sequence[tuple[str, str, bool]], now: datetime) -> Iterator[Line]:
    until = instants.until(settings, now)
    for name, text, again in asked:
        zone = zones.zone(name)
        if not given.instant:
            yield name, text, again, None, None, until(Asked(zone, text, again))
        elif text:
            for day, first, after in instants.local_days(zone, text):
                yield name, text, again, first, after, until(Asked(zone, day.isoformat(), again))


def _check_window(value: object, place: str) -> None:
    window = fields.mapping(value, place, _("A window"))
    fields.only(window, WINDOW, place)
    if not window:
        raise BadDefinition(place, _("name the `days` of the week, or the times `from` and `until`."))
    if "days" in window:
        _check_days(window["days"], fields.at(place, "days"))
    for name, other in (("from", "until"), ("until", "from")):
        if name in window:
            fields.wall_time(window[name], fields.at(place, name))
            fields.needed(window, other, place)


def _check_days(value: object, place: str) -> None:
    named = fields.items(value, place, _("days of the week"))
    days = [fields.chosen(day, f"{place}[{number}]", WEEKDAYS) for number, day in enumerate(named)]
    if not days or len(set(days)) < len(days):
        raise BadDefinition(place, _("name at least one day of the week, and each only once."))


def _check_member_date(value: object, place: str) -> None:
    settings = fields.mapping(value, place, _("A date of the member"))
    fields.only(settings, ("of", "offset_days"), place)
    check_member_date(fields.needed(settings, "of", place), fields.at(place, "of"))
    _check_offset(settings, place)


def _check_fact_date(value: object, place: str) -> None:
    """The newest of some facts, or the one of the entry; that the entry is by a fact is checked over the journey."""
    settings = fields.mapping(value, place, _("A date of a fact"))
    fields.only(settings, FACT_DATE, place)
    if fields.one_of(settings, ("fact", "entry"), place) == "fact":
        _check_of(settings, check_conditions(settings["fact"], fields.at(place, "fact")), place)
    elif settings["entry"] is not True:
        raise BadDefinition(fields.at(place, "entry"), _("this must be `true`, or a `fact` must stand here instead."))
    else:
        _check_of(settings, "event", place)
    _check_offset(settings, place)


def _check_of(settings: StepText, topic: str, place: str) -> None:
    """Refuse what is neither the time of a fact nor, of an event, a property."""
    inner, of = fields.at(place, "of"), settings.get("of", HAPPENED_AT)
    kind, _colon, name = of.partition(":") if isinstance(of, str) else ("", "", "")
    if of != HAPPENED_AT and not (kind == PROPERTY and name.strip() and len(name) <= 64):
        raise BadDefinition(inner, _("this must be `happened_at` or `property:<name>`, such as `property:due_on`."))
    if kind == PROPERTY and topic != "event":
        raise BadDefinition(inner, _("only events have properties; use `happened_at`, or name an event."))


def _check_offset(settings: StepText, place: str) -> None:
    if "offset_days" in settings:
        fields.whole(settings["offset_days"], fields.at(place, "offset_days"), -365, 365)


_CHECKS = {
    "duration": fields.duration,
    "local_time": fields.wall_time,
    "window": _check_window,
    "until_date": fields.calendar_date,
    "member_date": _check_member_date,
    "fact_date": _check_fact_date,
}
