"""The date that a wait depends on, as SQL over a cohort: one of the member, or one of a fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from journeys.steps import facts
from journeys.steps.base import StepAt
from members.sql import Sql

_OF_MEMBER = {"birthday": "m.birthday::text", "joined_on": "m.joined_on::text"}
PROPERTY = "property"
HAPPENED_AT = "happened_at"
# The newest fact that counts by now. Dates are texts: a property may hold anything, and a cast that fails would break
# the cohort's statement; no date with a time is longer.
_NEWEST = """
LEFT JOIN LATERAL (
    SELECT {alias}.happened_at, {property} AS given FROM {table}
    WHERE {alias}.member_id = e.member_id AND {alias}.happened_at <= %(now)s AND {alias}.recorded_at <= %(now)s
      AND {condition}
    ORDER BY {alias}.happened_at DESC, {alias}.id DESC LIMIT 1
) fact ON true
"""
# The day in UTC that an instant lies in. Days of zones overlap at most a few of these, so that each pair is worked out
# once, whatever the number of members.
_UTC_DAY = "(DATE '1970-01-01' + floor(extract(epoch FROM fact.happened_at) / 86400)::int)::text"


@dataclass(frozen=True)
class Given:
    """What each member's date is found by: joins over `e` and `m`, and an expression that is a date as text.

    Where `instant` is given, the text is its day in UTC, and the date is what the member's calendar showed then.
    """

    joins: Sql
    text: str
    instant: str = ""


def given(step: StepAt) -> Given:
    """Return the date that a wait's settings speak of; an empty text where they speak of none."""
    if "fact_date" in step.settings:
        return _of_fact(step, step.settings["fact_date"])
    of = step.settings.get("member_date", {}).get("of", "")
    if of.startswith("attribute:"):
        return Given(Sql("", {"attribute": of.partition(":")[2]}), "(m.attributes ->> %(attribute)s)")
    return Given(Sql(""), _OF_MEMBER.get(of, "''"))


def returns(settings: Mapping[str, Any]) -> bool:
    """Return whether the date comes every year."""
    return settings.get("member_date", {}).get("of") in _OF_MEMBER


def _of_fact(step: StepAt, settings: Mapping[str, Any]) -> Given:
    found = facts.of_entry(step) if settings.get("entry") else facts.asked_for(settings["fact"])
    if found is None:  # a version whose entry is none by a fact is refused; its members have no such date
        return Given(Sql(""), "''")
    kind, _colon, name = settings.get("of", HAPPENED_AT).partition(":")
    by_property = kind == PROPERTY
    text = _NEWEST.format(
        alias=found.alias,
        table=found.table,
        condition=found.condition.text,
        property="left(happened.properties ->> %(property)s::text, 40)" if by_property else "NULL::text",
    )
    joins = Sql(text, {**found.condition.params, **({"property": name} if by_property else {})})
    return Given(joins, "fact.given") if by_property else Given(joins, _UTC_DAY, instant="fact.happened_at")
