"""The facts that a step speaks of, as SQL: by topic, name and conditions, or those that let members in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from journeys.definition.facts import meant
from journeys.plan import plan
from journeys.steps.base import StepAt
from members.sql import Sql

# By topic: the table with the alias that conditions know it by.
_TABLES = {
    "purchase": "members_purchase bought",
    "points": "members_pointsentry entry",
    "event": "members_event happened",
}
# An enrollment's entry key is the value of the property that the entry names, as `journeys.entries` has it.
_OF_ENTRY = """
{condition} AND {alias}.recorded_at <= e.entered_at
AND (%(key)s::text IS NULL OR COALESCE(left({properties} ->> %(key)s::text, 128), '') = e.entry_key)
"""
_SAME = "COALESCE(left(happened.properties ->> %(same)s::text, 128), '') = e.entry_key"


@dataclass(frozen=True)
class Facts:
    """A table with its alias, and the condition over it that picks the facts; `e` may stand for the enrollment."""

    table: str
    alias: str
    condition: Sql


def such(fact: Mapping[str, Any]) -> Facts:
    """Return the facts that a mapping of `topic`, `name` and `where` means."""
    table, which = _TABLES[fact["topic"]], meant(fact, "fact")
    condition = which.condition.prefixed("w_") if which else Sql("true")
    if fact["topic"] == "event":
        condition = Sql(f"happened.name = %(name)s AND {condition.text}", {**condition.params, "name": fact["name"]})
    return Facts(table, table.split()[1], condition)


def asked_for(fact: Mapping[str, Any]) -> Facts:
    """Return the facts that a step's mapping means for the enrollment `e`: with a `key`, those about the same as it."""
    found = such(fact)
    if "key" not in fact:
        return found
    condition = Sql(f"{found.condition.text} AND {_SAME}", {**found.condition.params, "same": fact["key"]})
    return Facts(found.table, found.alias, condition)


def of_entry(step: StepAt) -> Facts | None:
    """Return the facts that fit the entry of the step's version and were known when the enrollment `e` began.

    The newest of them let the member in. None where members enter by something else.
    """
    entry = plan(step.version_id).entry.get("fact")
    if entry is None:
        return None
    found = such(entry)
    properties = "happened.properties" if entry["topic"] == "event" else "NULL::jsonb"
    text = _OF_ENTRY.format(condition=found.condition.text, alias=found.alias, properties=properties)
    return Facts(found.table, found.alias, Sql(text, {**found.condition.params, "key": entry.get("key")}))
