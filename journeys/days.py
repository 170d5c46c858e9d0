"""Who is named for entry because a day has come: a date of the member, one of a recurring rule, the journey's first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction

from journeys import entries
from journeys.definition import recurrence
from journeys.entries import topic
from journeys.models import Journey
from journeys.plan import Plan, entering
from members import news, zones
from members.rules import Rule, planning
from members.sql import Sql

# A zone and a local day whose moment has come there.
Opened = tuple[str, date]

KINDS = ("date", "recurring")
AT = "09:00"
_MOMENT = timedelta(microseconds=1)

# Days that open in a zone are joined to members by month and day; whoever was born on a 29th of February is named on
# the 28th where the year has no 29th. Dates are compared as ISO text: an attribute may hold anything, and a cast
# that fails would break the cohort's statement. A birth or a joining is no anniversary of its own; the date of an
# attribute, such as a service that is due, counts from its first year on.
_DATED = """
SELECT m.id AS member_id, d.day::text AS reference
FROM members_member m {zone_join}
JOIN unnest(%(zones)s::text[], %(days)s::date[], %(dates)s::date[], %(marks)s::text[]) AS d(zone, day, date, mark)
  ON d.zone = {zone} AND d.mark = substr({given}, 6)
WHERE {given} {before} d.date::text AND length({given}) = 10 {whose}
"""
# So that the index finds whose day it is; the date of an attribute is looked for among everybody.
_WHOSE = "AND EXTRACT(MONTH FROM {field}) * 100 + EXTRACT(DAY FROM {field}) = ANY(%(calendar)s::numeric[])"
# Only those for whom the rule holds are named: of a day for few, the many others get neither news nor a trace.
_RECURRING = """
SELECT m.id AS member_id, d.day::text AS reference
FROM members_member m {zone_join}
JOIN unnest(%(zones)s::text[], %(days)s::date[]) AS d(zone, day) ON d.zone = {zone}
WHERE {rule}
"""


def name(now: datetime) -> int:
    """Name the members whose day has come since the last look, for every journey that looks; return how many.

    A day comes at the entry's local time in the member's zone. Each journey remembers how far it has looked, in the
    same transaction as the news: nobody is missed after a standstill, and nobody is named twice.
    """
    return sum(_name(plan, now) for plan, live in entering() if live and _looks(plan))


def _looks(plan: Plan) -> bool:
    return bool(plan.entry.keys() & set(KINDS)) or (plan.opens is not None and plan.includes_existing)


@transaction.atomic
def _name(plan: Plan, now: datetime) -> int:
    journey = Journey.objects.select_for_update().get(pk=plan.journey_id)
    since = journey.dates_until or now
    count = _since(plan, since, now) if since < now else 0
    _looked(journey, now)
    return count


def _since(plan: Plan, since: datetime, now: datetime) -> int:
    """Name whose day came after `since`. Days outside of the journey's time are past, as those of a pause are."""
    if plan.includes_existing:
        begun = plan.opens is not None and since < plan.opens <= now
        return entries.name_existing(plan, now) if begun else 0
    since = max(since, plan.opens - _MOMENT) if plan.opens else since
    until = min(now, plan.closes - _MOMENT) if plan.closes else now
    opened = _come(plan, since, until) if since < until else []
    return _write(plan, opened, now) if opened else 0


def _come(plan: Plan, since: datetime, now: datetime) -> list[Opened]:
    """Return the local days in (since, now] on which the entry names anybody at all."""
    ((kind, entry),) = plan.entry.items()
    at = time.fromisoformat(entry.get("at", AT))
    if kind == "date":
        return _opened(since, now, at)
    # Zones are at most a day apart from UTC; on most days there is nothing to look for in six hundred of them.
    around = since.date() - timedelta(days=1), now.date() + timedelta(days=1)
    days = set(recurrence.days(entry["every"], date.fromisoformat(entry["from"]), *around))
    opened = _opened(since, now, at) if days else []
    # A day that the zone's calendar leaves out would let members in twice on the day after it.
    return [(zone, day) for zone, day in opened if day in days and zones.exists(zones.zone(zone), day)]


def _write(plan: Plan, opened: Iterable[Opened], now: datetime) -> int:
    if "date" in plan.entry:
        return news.write(_dated(plan.entry["date"], opened), topic(plan), now)
    with planning.for_everybody():
        return news.write(_recurring(plan.entry_rule, opened, now), topic(plan), now)


def _looked(journey: Journey, now: datetime) -> None:
    if journey.dates_until is None or journey.dates_until < now:
        journey.dates_until = now
        journey.save(update_fields=["dates_until"])


def _opened(since: datetime, now: datetime, at: time) -> list[Opened]:
    """Return (zone, local day) for every local day whose moment `at` lies in (since, now].

    A day ahead as well: clocks that were put back just after midnight showed tomorrow, and show today again.
    """
    pinned = [zones.zone(name) for name in zones.names()]
    return [
        (zone.key, day)
        for zone in pinned
        for day in _days(since.astimezone(zone).date(), now.astimezone(zone).date() + timedelta(days=1))
        if since < zones.first_instant(zone, day, at) <= now
    ]


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def _dated(entry: Mapping[str, Any], opened: Iterable[Opened]) -> Sql:
    """Return the members whose date has come, with the local day as the entry key."""
    offset = timedelta(days=entry.get("offset_days", 0))
    marked = [(zone, day, day - offset, mark) for zone, day in opened for mark in marks_of(day - offset)]
    columns = zip(("zones", "days", "dates", "marks"), zip(*marked, strict=True), strict=True)
    of, attribute = given(entry["of"])
    params = {
        **{name: list(values) for name, values in columns},
        "calendar": sorted({int(mark.replace("-", "")) for *_, mark in marked}),
        "attribute": attribute,
        "default_zone": zones.DEFAULT,
    }
    text = _DATED.format(
        zone_join=zones.MEMBER_ZONE_JOIN,
        zone=zones.MEMBER_ZONE,
        given=of,
        before="<=" if attribute else "<",
        whose="" if attribute else _WHOSE.format(field=f"m.{entry['of']}"),
    )
    return Sql(text, params)


def _recurring(rule: Rule | None, opened: Iterable[Opened], now: datetime) -> Sql:
    """Return the members for whom the rule holds where the day has come, with the local day as the entry key."""
    asked = (rule.condition(now) if rule else Sql("true")).prefixed("r_")
    pinned, days = zip(*opened, strict=True)
    text = _RECURRING.format(zone_join=zones.MEMBER_ZONE_JOIN, zone=zones.MEMBER_ZONE, rule=asked.text)
    return Sql(text, {**asked.params, "zones": list(pinned), "days": list(days), "default_zone": zones.DEFAULT})


def marks_of(day: date) -> list[str]:
    """Return the month-days that fall on a day: itself, and the 29th of February on the last of a common February."""
    marks = [f"{day:%m-%d}"]
    if marks == ["02-28"] and (day + timedelta(days=1)).month == 3:
        marks.append("02-29")
    return marks


def given(of: str) -> tuple[str, str]:
    """Return the SQL of a member's date as ISO text and the name of the attribute that it reads, if any."""
    if of.startswith("attribute:"):
        return "(m.attributes ->> %(attribute)s)", of.split(":", 1)[1]
    return {"birthday": "m.birthday::text", "joined_on": "m.joined_on::text"}[of], ""
