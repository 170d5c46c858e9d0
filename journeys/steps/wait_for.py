"""Wait for: facts about the member, one, any or all of several, or a rule that becomes true; or the time is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journeys.definition import fields
from journeys.definition.errors import BadDefinition
from journeys.definition.facts import check_conditions, news_topic, of_entry_in_words
from journeys.steps import facts
from journeys.steps.base import StepAt, StepKind, StepText
from members import rules
from members.sql import Sql

AWAITED = ("fact", "any", "all", "rule")
MOST_FACTS = 10
# How soon a rule is asked again that time alone may make true: rules go by days, and news wakes whoever has any.
ASKED_AGAIN = timedelta(hours=1)

# Whatever is known counts, also after the time is over: late is no reason to write to somebody who has bought.
_DECIDE = """
SELECT e.id AS enrollment_id,
       CASE WHEN ({met}) THEN 'happened' WHEN t.over_at <= %(now)s THEN 'timed_out' END AS outcome,
       CASE WHEN ({met}) IS NOT TRUE AND t.over_at > %(now)s THEN LEAST(t.over_at, %(again)s::timestamptz)
       END AS rest_until,
       '' AS reason, CASE WHEN ({met}) THEN {detail} ELSE '{{}}'::jsonb END AS detail
FROM ({cohort}) e
CROSS JOIN LATERAL (SELECT e.arrived_at + %(timeout)s::interval AS over_at) t
{joins}
"""
# What counts became known since the member arrived here, and did not happen long before: a till that reports in the
# evening still stops the second message, and a purchase of last year that is imported now does not. Facts that come one
# by one need no memory: each is looked for anew whenever one of them wakes the member. Whoever waits from the entry on
# was let in a while after they were named: what happened after that counts as well. So does what came while the message
# before this was put off: nobody draws that wait, and who has paid meanwhile is not to be reminded.
_SINCE = """
CROSS JOIN LATERAL (SELECT LEAST(e.arrived_at, (e.rounds ->> ':since')::timestamptz) AS at) since
"""
_FOUND = """
LEFT JOIN LATERAL (
    SELECT {x}.id FROM {table}
    WHERE {x}.member_id = e.member_id AND {x}.happened_at > since.at - interval '24 hours'
      AND {x}.happened_at <= %(now)s AND {x}.recorded_at <= %(now)s AND {condition}
      AND ({x}.recorded_at > since.at OR e.visit = 1 AND since.at <= e.entered_at AND {x}.happened_at > e.named_at)
    ORDER BY {x}.happened_at, {x}.id LIMIT 1
) found{number} ON true
"""
# Points that a step before gave are known on arrival, though the news of them is read after it.
_GIVEN = "NOT (entry.source = 'journey' AND starts_with(entry.key, e.id || ':'))"
_RULE = """
JOIN members_member m ON m.id = e.member_id
CROSS JOIN LATERAL (SELECT ({rule}) IS TRUE AS met) rule
"""


class WaitFor(StepKind):
    """Rest until it has happened, woken by news of it, or until the time is over."""

    kind = "wait_for"
    label = gettext_lazy("Wait for something to happen")
    names = (*AWAITED, "timeout", "happened", "timed_out")

    def check(self, settings: StepText, place: str) -> None:
        """What is waited for, and how long at most."""
        way = fields.one_of(settings, AWAITED, place)
        inner = fields.at(place, way)
        if way == "rule":
            fields.rule(settings["rule"], inner)
        elif way == "fact":
            check_conditions(settings["fact"], inner)
        else:
            _check_facts(settings[way], inner)
        fields.duration(fields.needed(settings, "timeout", place), fields.at(place, "timeout"))

    def paths(self, settings: StepText) -> Mapping[str, Sequence[StepText]]:
        """A path for each answer; an empty one goes on with the next step."""
        return {outcome: settings.get(outcome, ()) for outcome in self.outcomes(settings)}

    def outcomes(self, settings: StepText) -> Sequence[str]:
        """It happened, or it did not happen in time."""
        return ("happened", "timed_out")

    def rests(self, settings: StepText) -> bool:
        """A fact that is known on arrival does not count, so everybody rests; a rule may be true already."""
        return "rule" not in settings

    def resting(self, settings: StepText) -> str:
        """What is waited for."""
        if "rule" in settings:
            return _("waits until %(rule)s") % {"rule": rules.parse(settings["rule"]).describe()}
        word = _(" and ") if "all" in settings else _(" or ")
        return _("waits for %(fact)s") % {"fact": word.join(of_entry_in_words(fact) for fact in _awaited(settings))}

    def over_at(self, settings: StepText, arrived_at: datetime) -> datetime:
        """When the time is over; a rule may be asked before that."""
        return arrived_at + timedelta(**settings["timeout"])

    def topics(self, settings: StepText) -> frozenset[str]:
        """News of the facts, or of what the rule reads."""
        if "rule" in settings:
            return rules.parse(settings["rule"]).topics()
        return frozenset(news_topic(fact) for fact in _awaited(settings))

    def decide(self, step: StepAt, cohort: Sql, now: datetime) -> Sql:
        """Look for the facts, or ask the rule."""
        named, settings = cohort.prefixed("c_"), step.settings
        again = None
        if "rule" in settings:
            rule = rules.parse(settings["rule"])
            again = now + ASKED_AGAIN if rule.moves_by_time() else None
            asked = rule.condition(now, few=True).prefixed("r_")
            joins, met, detail = Sql(_RULE.format(rule=asked.text), asked.params), "rule.met", "'{}'::jsonb"
        else:
            joins, met, detail = _looked_for(settings)
        text = _DECIDE.format(cohort=named.text, joins=joins.text, met=met, detail=detail)
        timeout = timedelta(**settings["timeout"])
        return Sql(text, {**named.params, **joins.params, "now": now, "timeout": timeout, "again": again})


def _check_facts(value: object, place: str) -> None:
    found = fields.items(value, place, _("facts"))
    if not 1 <= len(found) <= MOST_FACTS:
        raise BadDefinition(place, _("name one to {most} facts.").format(most=MOST_FACTS))
    for number, fact in enumerate(found):
        check_conditions(fact, f"{place}[{number}]")


def _awaited(settings: StepText) -> Sequence[Mapping[str, Any]]:
    return [settings["fact"]] if "fact" in settings else [*settings.get("any", ()), *settings.get("all", ())]


def _looked_for(settings: StepText) -> tuple[Sql, str, str]:
    """Return the joins that look for the facts, whether they are there, and which ones the trace shall name."""
    awaited = _awaited(settings)
    pieces = [_found(fact, number) for number, fact in enumerate(awaited)]
    params = {name: value for piece in pieces for name, value in piece.params.items()}
    word = " AND " if "all" in settings else " OR "
    met = word.join(f"found{number}.id IS NOT NULL" for number in range(len(awaited)))
    ids = ", ".join(f"found{number}.id" for number in range(len(awaited)))
    named = f"'fact', {ids}" if "fact" in settings else f"'facts', jsonb_build_array({ids})"
    return Sql("".join([_SINCE, *(piece.text for piece in pieces)]), params), met, f"jsonb_build_object({named})"


def _found(fact: Mapping[str, Any], number: int) -> Sql:
    such = facts.asked_for(fact)
    condition = such.condition.prefixed(f"f{number}_")
    asked = f"{condition.text} AND {_GIVEN}" if fact["topic"] == "points" else condition.text
    text = _FOUND.format(x=such.alias, table=such.table, condition=asked, number=number)
    return Sql(text, condition.params)
