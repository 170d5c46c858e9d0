"""Wait for: a fact about the member, or the time is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journeys.definition import fields
from journeys.definition.facts import check_fact, in_words, news_topic
from journeys.steps.base import StepAt, StepKind, StepText
from members.sql import Sql

# What counts became known since the member arrived here, and did not happen long before: a till that reports in the
# evening still stops the second message, and a purchase of last year that is imported now does not. Whatever is known
# counts, also after the time is over: late is no reason to write to somebody who has bought.
_DECIDE = """
SELECT e.id AS enrollment_id,
       CASE WHEN f.id IS NOT NULL THEN 'happened' WHEN t.over_at <= %(now)s THEN 'timed_out' END AS outcome,
       CASE WHEN f.id IS NULL AND t.over_at > %(now)s THEN t.over_at END AS rest_until, '' AS reason,
       CASE WHEN f.id IS NULL THEN '{{}}'::jsonb ELSE jsonb_build_object('fact', f.id) END AS detail
FROM ({cohort}) e
CROSS JOIN LATERAL (SELECT e.arrived_at + %(timeout)s::interval AS over_at) t
LEFT JOIN LATERAL (
    SELECT x.id FROM {table} x
    WHERE x.member_id = e.member_id AND x.happened_at > e.arrived_at - interval '24 hours' AND x.happened_at <= %(now)s
      AND x.recorded_at > e.arrived_at AND x.recorded_at <= %(now)s {such}
    ORDER BY x.happened_at, x.id LIMIT 1
) f ON true
"""
# A return is recorded as a purchase and is none.
_FACTS = {
    "purchase": ("members_purchase", "AND x.quantity > 0"),
    "points": ("members_pointsentry", ""),
    "event": ("members_event", "AND x.name = %(name)s"),
}


class WaitFor(StepKind):
    """Rest until the fact is there, woken by news of it, or until the time is over."""

    kind = "wait_for"
    label = gettext_lazy("Wait for a fact")
    names = ("fact", "timeout", "happened", "timed_out")

    def check(self, settings: StepText, place: str) -> None:
        """A fact, and how long to wait for it at most."""
        inner = fields.at(place, "fact")
        fact = fields.mapping(fields.needed(settings, "fact", place), inner, _("A fact"))
        fields.only(fact, ("topic", "name"), inner)
        check_fact(fact, inner)
        fields.duration(fields.needed(settings, "timeout", place), fields.at(place, "timeout"))

    def paths(self, settings: StepText) -> Mapping[str, Sequence[StepText]]:
        """A path for each answer; an empty one goes on with the next step."""
        return {outcome: settings.get(outcome, ()) for outcome in self.outcomes(settings)}

    def outcomes(self, settings: StepText) -> Sequence[str]:
        """It happened, or it did not happen in time."""
        return ("happened", "timed_out")

    def rests(self, settings: StepText) -> bool:
        """A fact that is known on arrival does not count, so everybody rests."""
        return True

    def resting(self, settings: StepText) -> str:
        """The fact is waited for."""
        return _("waits for %(fact)s") % {"fact": in_words(settings["fact"])}

    def topics(self, settings: StepText) -> frozenset[str]:
        """News of the fact."""
        return frozenset({news_topic(settings["fact"])})

    def decide(self, step: StepAt, cohort: Sql, now: datetime) -> Sql:
        """Look for the fact."""
        fact, named = step.settings["fact"], cohort.prefixed("c_")
        table, such = _FACTS[fact["topic"]]
        return Sql(
            _DECIDE.format(cohort=named.text, table=table, such=such),
            {
                **named.params,
                "now": now,
                "timeout": timedelta(**step.settings["timeout"]),
                "name": fact.get("name", ""),
            },
        )
