"""Wait: for a while, until a time of day, a date, or a date of the member's."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journeys.definition import fields
from journeys.definition.entry import check_member_date
from journeys.definition.errors import BadDefinition
from journeys.steps.base import StepAt, StepKind, StepText
from members import zones
from members.sql import Sql, rows

WAYS = ("duration", "local_time", "until_date", "member_date")
DEFAULT_TIME = "09:00"

# `until` is asked once, on arrival: afterwards the answer stands in `rest_until`. No `until` at all means that the
# member has no such date, and goes on.
_DECIDE = """
SELECT e.id AS enrollment_id, CASE WHEN t.until > %(now)s THEN NULL ELSE 'next' END AS outcome, t.until AS rest_until,
       '' AS reason, CASE WHEN t.until IS NULL THEN '{{"date": null}}'::jsonb ELSE '{{}}'::jsonb END AS detail
FROM ({cohort}) e
{joins}
CROSS JOIN LATERAL (SELECT COALESCE(e.rest_until, {until}) AS until) t
"""
_ZONE = f"""
JOIN members_member m ON m.id = e.member_id
{zones.MEMBER_ZONE_JOIN}
"""
# The dates as texts: an attribute may hold anything, and a cast that fails would break the cohort's statement.
_DATES = f"""
SELECT DISTINCT {zones.MEMBER_ZONE} AS zone, {{given}} AS given FROM ({{cohort}}) e {_ZONE}
WHERE e.rest_until IS NULL AND {{given}} IS NOT NULL
"""


class Wait(StepKind):
    """Nobody moves on before the time has come; what it depends on is asked when the member arrives."""

    kind = "wait"
    label = gettext_lazy("Wait")
    names = (*WAYS, "at")

    def check(self, settings: StepText, place: str) -> None:
        """Exactly one way of waiting; `at` belongs to the dates."""
        way = fields.one_of(settings, WAYS, place)
        value, inner = settings[way], fields.at(place, way)
        if way == "duration":
            fields.duration(value, inner)
        elif way == "local_time":
            fields.wall_time(value, inner)
        elif way == "until_date":
            fields.calendar_date(value, inner)
        else:
            _check_member_date(value, inner)
        if "at" in settings:
            fields.wall_time(settings["at"], fields.at(place, "at"))
            if way not in ("until_date", "member_date"):
                sentence = _("a time of day belongs to a date; remove it, or use `local_time` in a step of its own.")
                raise BadDefinition(fields.at(place, "at"), sentence)

    def rests(self, settings: StepText) -> bool:
        """A date may lie in the past and let everybody through; a duration and a time of day never do twice."""
        return "duration" in settings or "local_time" in settings

    def decide(self, step: StepAt, cohort: Sql, now: datetime) -> Sql:
        """Rest until the time has come."""
        settings = step.settings
        at = time.fromisoformat(settings.get("at", DEFAULT_TIME))
        if "duration" in settings:
            length = timedelta(**settings["duration"])
            return _decision(cohort, now, Sql("e.arrived_at + %(length)s::interval", {"length": length}))
        if "local_time" in settings:
            # Who comes round once more waits for the next day's time, however quick the way round was.
            local = _times_of_day(now, time.fromisoformat(settings["local_time"]))
            until = Sql("CASE WHEN e.visit > 1 THEN local.later ELSE local.first END")
            return _decision(cohort, now, until, _by_zone(local))
        if "until_date" in settings:
            local = _on_date(date.fromisoformat(settings["until_date"]), at)
            return _decision(cohort, now, Sql("local.until"), _by_zone(local))
        return _member_dates(settings["member_date"], at, cohort, now)


def _check_member_date(value: object, place: str) -> None:
    settings = fields.mapping(value, place, _("A date of the member"))
    fields.only(settings, ("of", "offset_days"), place)
    check_member_date(fields.needed(settings, "of", place), fields.at(place, "of"))
    if "offset_days" in settings:
        fields.whole(settings["offset_days"], fields.at(place, "offset_days"), -365, 365)


def _decision(cohort: Sql, now: datetime, until: Sql, joins: Sql | None = None) -> Sql:
    named, joins = cohort.prefixed("c_"), joins or Sql("")
    return Sql(
        _DECIDE.format(cohort=named.text, joins=joins.text, until=until.text),
        {**named.params, **until.params, **joins.params, "now": now},
    )


def _by_zone(local: Sql, match: str = "true", **params: str) -> Sql:
    """Return the join of a relation with one row for each zone, or each zone that `match` is true for."""
    named = local.prefixed("l_")
    text = f"{_ZONE} LEFT JOIN ({named.text}) local ON local.zone = {zones.MEMBER_ZONE} AND {match}"
    return Sql(text, {**named.params, **params, "default_zone": zones.DEFAULT})


@lru_cache(maxsize=64)
def _times_of_day(now: datetime, at: time) -> Sql:
    """Return, for every zone, the `first` such time from now on and the first one `later` than now."""
    moment = timedelta(microseconds=1)
    return zones.relation(
        {"first": "timestamptz", "later": "timestamptz"},
        lambda zone: (zones.next_local(zone, now, at), zones.next_local(zone, now + moment, at)),
    )


@lru_cache(maxsize=64)
def _on_date(day: date, at: time) -> Sql:
    return zones.relation({"until": "timestamptz"}, lambda zone: (zones.first_instant(zone, day, at),))


def _member_dates(settings: StepText, at: time, cohort: Sql, now: datetime) -> Sql:
    """Return the decision for a date of each member's: computed once for each zone and date that the cohort has."""
    given, attribute = _given(settings["of"])
    named = cohort.prefixed("c_")
    params = {**named.params, "attribute": attribute, "default_zone": zones.DEFAULT}
    asked = rows(_DATES.format(cohort=named.text, given=given), params)
    yearly = not settings["of"].startswith("attribute:")
    offset = timedelta(days=settings.get("offset_days", 0))
    known = [(zone, text, _instant(zone, text, offset, at, now, yearly=yearly)) for zone, text in asked]
    local = Sql(
        "SELECT * FROM unnest(%(zone)s::text[], %(given)s::text[], %(until)s::timestamptz[]) AS x(zone, given, until)",
        {
            "zone": [zone for zone, _text, _until in known],
            "given": [text for _zone, text, _until in known],
            "until": [until for _zone, _text, until in known],
        },
    )
    joins = _by_zone(local, f"local.given = {given}", attribute=attribute)
    return _decision(cohort, now, Sql("local.until"), joins)


def _given(of: str) -> tuple[str, str]:
    if of.startswith("attribute:"):
        return "(m.attributes ->> %(attribute)s)", of.partition(":")[2]
    return {"birthday": "m.birthday::text", "joined_on": "m.joined_on::text"}[of], ""


def _instant(zone: str, text: str, offset: timedelta, at: time, now: datetime, *, yearly: bool) -> datetime | None:
    """Return when a member's date comes: its next return if it is yearly, else the date itself; None for no date."""
    try:
        day = date.fromisoformat(text)
        if yearly:
            return _next_return(zone, day, offset, at, now)
        return zones.first_instant(zones.zone(zone), day + offset, at)
    except (ValueError, OverflowError):  # an attribute that is no date, or one beyond the calendar
        return None


def _next_return(zone: str, day: date, offset: timedelta, at: time, now: datetime) -> datetime:
    pinned, year = zones.zone(zone), (now - offset).astimezone(UTC).year
    returns = (zones.first_instant(pinned, _in_year(day, year + ahead) + offset, at) for ahead in range(-1, 3))
    return next(instant for instant in returns if instant >= now)


def _in_year(day: date, year: int) -> date:
    """Return the day's return in a year; the 29th of February returns on the 28th where there is none."""
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)
