"""Who is named for entry. Segments and facts come as news; dates and existing members are made news here, by set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction

from journeys.definition.facts import news_topic
from journeys.models import Journey
from journeys.plan import Plan, entering
from members import news, zones
from members.sql import Sql, rows

# News read by the tick: member id, topic, reference.
Told = tuple[int, str, str]

# A stay in the segment is worth one entry: whoever entered since joining it is not named again by a later publication.
_EXISTING = """
SELECT s.member_id FROM members_membership s
WHERE s.segment_id = %(segment)s AND NOT EXISTS (
    SELECT 1 FROM journeys_enrollment e
    WHERE e.member_id = s.member_id AND e.journey_id = %(journey)s AND e.entered_at >= s.since)
"""

# Days that open in a zone are joined to members by month and day; whoever was born on a 29th of February is named on
# the 28th where the year has no 29th. Dates are compared as ISO text: an attribute may hold anything, and a cast
# that fails would break the cohort's statement. A birth or a joining is no anniversary of its own; the date of an
# attribute, such as a service that is due, counts from its first year on.
_DATED = """
SELECT m.id AS member_id, d.day::text AS reference
FROM members_member m {zone_join}
JOIN unnest(%(zones)s::text[], %(days)s::date[], %(dates)s::date[], %(marks)s::text[]) AS d(zone, day, date, mark)
  ON d.zone = {zone} AND d.mark = substr({given}, 6)
WHERE {given} {before} d.date::text AND length({given}) = 10
"""
_PROPERTY = """
SELECT id, properties ->> %(name)s FROM members_event WHERE id = ANY(%(ids)s)
"""


def topic(plan: Plan) -> str:
    """Return the topic under which members are named for a journey directly."""
    return f"entry:{plan.journey_id}"


def named(plan: Plan, told: Sequence[Told]) -> list[tuple[int, str]]:
    """Return the members that this news names for entry, as (member id, entry key)."""
    ((kind, entry),) = plan.entry.items()
    direct = [(member, reference) for member, about, reference in told if about == topic(plan)]
    if kind == "segment":
        joined = f"segment.joined:{plan.entry_segment_id}"
        return direct + [(member, "") for member, about, _ in told if about == joined]
    if kind == "fact":
        about = news_topic(entry)
        found = [(member, int(reference or 0)) for member, told_of, reference in told if told_of == about]
        return direct + _keyed(_meant(plan, found), entry.get("key"))
    return direct


def _meant(plan: Plan, found: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    """Return the facts that let members in. The others name nobody: there is no "no" to be traced."""
    if plan.entry_fact is None or not found:
        return found
    meant = plan.entry_fact.among([fact for _, fact in found])
    return [(member, fact) for member, fact in found if fact in meant]


def _keyed(found: Sequence[tuple[int, int]], name: str | None) -> list[tuple[int, str]]:
    if name is None:
        return [(member, "") for member, _ in found]
    keys = dict(rows(_PROPERTY, {"name": name, "ids": [fact for _, fact in found]}))
    return [(member, (keys.get(fact) or "")[:128]) for member, fact in found]


def name_existing(plan: Plan, now: datetime) -> int:
    """Name everybody who is in the entry segment already; return how many."""
    return news.write(Sql(_EXISTING, {"segment": plan.entry_segment_id, "journey": plan.journey_id}), topic(plan), now)


def name_dates(now: datetime) -> int:
    """Name the members whose date has come since the last look, for every journey entered by date; return how many.

    A date comes at the entry's local time in the member's zone. Each journey remembers how far it has looked, in the
    same transaction as the news: nobody is missed after a standstill, and nobody is named twice.
    """
    plans = [plan for plan, live in entering() if live and "date" in plan.entry]
    return sum(_name_date(plan, now) for plan in plans)


@transaction.atomic
def _name_date(plan: Plan, now: datetime) -> int:
    journey = Journey.objects.select_for_update().get(pk=plan.journey_id)
    since = journey.dates_until or now
    if since >= now:
        _looked(journey, now)
        return 0
    entry = plan.entry["date"]
    opened = _opened(since, now, time.fromisoformat(entry.get("at", "09:00")))
    count = _insert(plan, entry, opened, now) if opened else 0
    _looked(journey, now)
    return count


def _looked(journey: Journey, now: datetime) -> None:
    if journey.dates_until is None or journey.dates_until < now:
        journey.dates_until = now
        journey.save(update_fields=["dates_until"])


def _opened(since: datetime, now: datetime, at: time) -> list[tuple[str, date]]:
    """Return (zone, local day) for every local day whose moment `at` lies in (since, now]."""
    pinned = [zones.zone(name) for name in zones.names()]
    return [
        (zone.key, day)
        for zone in pinned
        for day in _days(since.astimezone(zone).date(), now.astimezone(zone).date())
        if since < zones.first_instant(zone, day, at) <= now
    ]


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def _insert(plan: Plan, entry: Mapping[str, Any], opened: Iterable[tuple[str, date]], now: datetime) -> int:
    offset = timedelta(days=entry.get("offset_days", 0))
    marked = [(zone, day, day - offset, mark) for zone, day in opened for mark in _marks(day - offset)]
    columns = zip(("zones", "days", "dates", "marks"), zip(*marked, strict=True), strict=True)
    given, attribute = _given(entry["of"])
    params = {
        **{name: list(values) for name, values in columns},
        "attribute": attribute,
        "default_zone": zones.DEFAULT,
    }
    text = _DATED.format(
        zone_join=zones.MEMBER_ZONE_JOIN, zone=zones.MEMBER_ZONE, given=given, before="<=" if attribute else "<"
    )
    return news.write(Sql(text, params), topic(plan), now)


def _marks(day: date) -> list[str]:
    """Return the month-days that fall on a day: itself, and the 29th of February on the last of a common February."""
    marks = [f"{day:%m-%d}"]
    if marks == ["02-28"] and (day + timedelta(days=1)).month == 3:
        marks.append("02-29")
    return marks


def _given(of: str) -> tuple[str, str]:
    """Return the SQL of a member's date as ISO text and the name of the attribute that it reads, if any."""
    if of.startswith("attribute:"):
        return "(m.attributes ->> %(attribute)s)", of.split(":", 1)[1]
    return {"birthday": "m.birthday::text", "joined_on": "m.joined_on::text"}[of], ""
