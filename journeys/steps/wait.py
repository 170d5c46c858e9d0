"""Wait: for a while, until a time of day, a date, or a date of the member's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

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
_MEMBER = f"""
JOIN members_member m ON m.id = e.member_id
{zones.MEMBER_ZONE_JOIN}
"""
# What a time may depend on. The dates are texts: an attribute may hold anything, and a cast that fails would break the
# cohort's statement.
_DISTINCT = f"""
SELECT DISTINCT {zones.MEMBER_ZONE} AS zone, COALESCE({{given}}, '') AS given, e.visit > 1 AS again
FROM ({{cohort}}) e {_MEMBER} WHERE e.rest_until IS NULL
"""
_LOCAL = f"""
{_MEMBER}
LEFT JOIN unnest(%(zones)s::text[], %(givens)s::text[], %(agains)s::boolean[], %(untils)s::timestamptz[])
    AS local(zone, given, again, until)
  ON local.zone = {zones.MEMBER_ZONE} AND local.given = COALESCE({{given}}, '') AND local.again = (e.visit > 1)
"""
_GIVEN = {"birthday": "m.birthday::text", "joined_on": "m.joined_on::text"}
_MOMENT = timedelta(microseconds=1)
# From a zone, the member's date as text, and whether it is a further visit, to the instant that is waited for.
Until = Callable[[ZoneInfo, str, bool], datetime | None]


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

    def resting(self, settings: StepText) -> str:
        """Time alone is waited for."""
        return _("waits")

    def decide(self, step: StepAt, cohort: Sql, now: datetime) -> Sql:
        """Rest until the time has come."""
        named = cohort.prefixed("c_")
        if "duration" in step.settings:
            until = Sql("e.arrived_at + %(length)s::interval", {"length": timedelta(**step.settings["duration"])})
            joins = Sql("")
        else:
            until, joins = Sql("local.until"), _local(step.settings, named, now)
        return Sql(
            _DECIDE.format(cohort=named.text, joins=joins.text, until=until.text),
            {**named.params, **until.params, **joins.params, "now": now},
        )


def _check_member_date(value: object, place: str) -> None:
    settings = fields.mapping(value, place, _("A date of the member"))
    fields.only(settings, ("of", "offset_days"), place)
    check_member_date(fields.needed(settings, "of", place), fields.at(place, "of"))
    if "offset_days" in settings:
        fields.whole(settings["offset_days"], fields.at(place, "offset_days"), -365, 365)


def _local(settings: StepText, cohort: Sql, now: datetime) -> Sql:
    """Return the join of the instants waited for, computed once for each zone and date among those who arrive."""
    of = settings.get("member_date", {}).get("of", "")
    given = "(m.attributes ->> %(attribute)s)" if of.startswith("attribute:") else _GIVEN.get(of, "''")
    params = {"attribute": of.partition(":")[2], "default_zone": zones.DEFAULT}
    asked = rows(_DISTINCT.format(cohort=cohort.text, given=given), {**cohort.params, **params})
    until = _until(settings, now)
    columns = {
        "zones": [zone for zone, _given, _again in asked],
        "givens": [given for _zone, given, _again in asked],
        "agains": [again for _zone, _given, again in asked],
        "untils": [until(zones.zone(zone), given, again) for zone, given, again in asked],
    }
    return Sql(_LOCAL.format(given=given), {**params, **columns})


def _until(settings: StepText, now: datetime) -> Until:
    at = time.fromisoformat(settings.get("at", DEFAULT_TIME))
    if "local_time" in settings:
        at = time.fromisoformat(settings["local_time"])
        # Who comes round once more waits for the next day's time, however quick the way round was.
        return lambda zone, _given, again: zones.next_local(zone, now + _MOMENT if again else now, at)
    if "until_date" in settings:
        day = date.fromisoformat(settings["until_date"])
        return lambda zone, _given, _again: zones.first_instant(zone, day, at)
    offset = timedelta(days=settings["member_date"].get("offset_days", 0))
    yearly = settings["member_date"]["of"] in _GIVEN
    return lambda zone, given, _again: _instant(zone, given, offset, at, now if yearly else None)


def _instant(zone: ZoneInfo, text: str, offset: timedelta, at: time, returns_after: datetime | None) -> datetime | None:
    """Return when a member's date comes: its next return if it returns, else the date itself; None for no date."""
    try:
        day = date.fromisoformat(text)
        if returns_after is None:
            return zones.first_instant(zone, day + offset, at)
        return _next_return(zone, day, offset, at, returns_after)
    except (ValueError, OverflowError):  # an attribute that is no date, or one beyond the calendar
        return None


def _next_return(zone: ZoneInfo, day: date, offset: timedelta, at: time, now: datetime) -> datetime:
    year = (now - offset).astimezone(UTC).year
    returns = (zones.first_instant(zone, _in_year(day, year + ahead) + offset, at) for ahead in range(-1, 3))
    return next(instant for instant in returns if instant >= now)


def _in_year(day: date, year: int) -> date:
    """Return the day's return in a year; the 29th of February returns on the 28th where there is none."""
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)
