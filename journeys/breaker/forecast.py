"""How many messages a journey may be expected to queue on a busy day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.db.models import Count

from journeys import days, entries
from journeys.breaker import way
from journeys.definitions import Checked
from journeys.models import Enrollment, Journey, StepCount
from journeys.steps import facts
from journeys.vocabulary import EnrollmentState, Outcome
from members import rules, segments
from members.models import Member, Segment
from members.sql import rows

DAYS = 28
AT_LEAST = 1_000  # of what nobody can foretell
# The busiest of 28 times 24 hours that end now; a segment's first members are its filling, not its growth.
_BUSIEST = """
SELECT COALESCE(max(count), 0) FROM (
    SELECT count({what}) FROM {table} WHERE {at} > %(since)s AND {at} <= %(now)s AND {condition}
    GROUP BY floor(extract(epoch FROM %(now)s::timestamptz - {at}) / 86400)
) day
"""
_JOINED = """
segment_id = %(segment)s AND since > (SELECT min(since) FROM members_membership WHERE segment_id = %(segment)s)
"""
_COMING = """
SELECT COALESCE(max(count), 0) FROM (
    SELECT count(*) FROM members_member m WHERE substr({given}, 6) = ANY(%(marks)s) GROUP BY substr({given}, 6)
) day
"""


@dataclass(frozen=True)
class Forecast:
    """What a busy day may bring: members entering, members under way, and messages on the longest way.

    `known` is false where nothing tells how many enter, so that everybody is taken to do so once.
    """

    entering: int
    under_way: int
    sends: int
    held_out: float
    known: bool

    @property
    def messages(self) -> int:
        """The messages of a busy day."""
        entering = self.entering * (1 - self.held_out)
        return ceil(self.sends * max(entering, self.under_way))

    @property
    def daily_maximum(self) -> int:
        """Twice the forecast: what a journey queues on a day at most, unless its publisher says otherwise."""
        return 2 * self.messages


def forecast(journey: Journey, checked: Checked, now: datetime) -> Forecast:
    """Return what a definition may be expected to queue on a busy day.

    That is: the sends on its longest way (or on that of a version where members are under way), times the greater of
    two numbers of members: those who are under way now, and those who enter on a busy day and are not held out. Members
    who came together get their next message together.

    A busy day brings as many members as
    - segment: joined it on the busiest of the last 28 days, and those who are in it already if they enter at once;
    - fact: had such a fact on the busiest of the last 28 days;
    - date: have their date on the busiest of the next 28 days;
    - recurring: the rule holds for now, all on one day;
    but at least as many as entered on a day of the last 28 in the mean, which counts those who are named by the API or
    by another journey, and no more than the ramp takes in. Where all of that is nobody, it is every member once.
    """
    kind, entry = next(iter(checked.definition["entry"].items()))
    entering = max(_ENTERING[kind](journey, entry, now), _mean(journey, now))
    live = Enrollment.objects.filter(journey=journey.pk, state=EnrollmentState.LIVE).order_by()
    by_version = dict(live.values_list("version").annotate(Count("pk")))
    under_way = sum(by_version.values())
    known = bool(entering or under_way)
    if not known:
        entering = max(AT_LEAST, Member.objects.count())
    entering = min(entering, checked.definition.get("ramp", entering))
    sends = max([way.of_definition(checked), *(way.of_version(pk) for pk in by_version)])
    return Forecast(entering, under_way, sends, float(checked.holdout), known)


def _mean(journey: Journey, now: datetime) -> int:
    since = (now - timedelta(days=DAYS)).date()
    counted = StepCount.objects.filter(journey=journey.pk, step_key="", outcome=Outcome.ENTERED, day__gte=since)
    return ceil(sum(counted.values_list("count", flat=True)) / DAYS)


def _by_segment(journey: Journey, entry: Mapping[str, Any], now: datetime) -> int:
    segment = Segment.objects.get(key=entry["key"])
    joined = _busiest("members_membership", "since", _JOINED, now, segment=segment.pk)
    if not entry.get("include_existing"):
        return joined
    if segment.refreshed_at is None:
        return joined + segments.count(rules.parse(segment.rule), now)
    return joined + entries.existing(segment.pk, journey.pk or 0)


def _by_fact(_journey: Journey, entry: Mapping[str, Any], now: datetime) -> int:
    found = facts.such(entry)
    what = "*" if "key" in entry else f"DISTINCT {found.alias}.member_id"
    at = f"{found.alias}.happened_at"
    return _busiest(found.table, at, found.condition.text, now, what, **found.condition.params)


def _by_date(_journey: Journey, entry: Mapping[str, Any], now: datetime) -> int:
    offset = entry.get("offset_days", 0)
    coming = [now.date() + timedelta(days=ahead - offset) for ahead in range(DAYS)]
    given, attribute = days.given(entry["of"])
    marks = sorted({mark for day in coming for mark in days.marks_of(day)})
    [(most,)] = rows(_COMING.format(given=given), {"marks": marks, "attribute": attribute})
    return int(most)


def _by_rule(_journey: Journey, entry: Mapping[str, Any], now: datetime) -> int:
    if "rule" in entry:
        return segments.count(rules.parse(entry["rule"], place="entry.recurring.rule"), now)
    return Member.objects.count()


def _busiest(table: str, at: str, condition: str, now: datetime, what: str = "*", **params: Any) -> int:
    text = _BUSIEST.format(table=table, at=at, condition=condition, what=what)
    [(most,)] = rows(text, {**params, "since": now - timedelta(days=DAYS), "now": now})
    return int(most)


_ENTERING = {"segment": _by_segment, "fact": _by_fact, "date": _by_date, "recurring": _by_rule}
