"""Enter: the member is named for another journey, and goes on in this one."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy

from journeys import entries
from journeys.definition import fields
from journeys.definition.references import check_journey
from journeys.models import Journey
from journeys.steps.base import StepAt, StepKind, StepText
from journeys.vocabulary import JourneyState, NotEntered
from members import news
from members.sql import Sql

_NAMED = "SELECT e.member_id, e.entry_key AS reference FROM ({cohort}) e"
_DECIDE = """
SELECT e.id AS enrollment_id, 'next' AS outcome, NULL::timestamptz AS rest_until,
       CASE WHEN EXISTS (SELECT FROM journeys_journey j WHERE j.key = %(journey)s AND j.state = ANY(%(open)s))
            THEN '' ELSE %(reason)s END AS reason, jsonb_build_object('journey', %(journey)s::text) AS detail
FROM ({cohort}) e
"""


class Enter(StepKind):
    """The other journey's own rules say whether it admits the member; what this entry was about goes along."""

    kind = "enter"
    label = gettext_lazy("Enter another journey")
    names = ("journey",)

    def check(self, settings: StepText, place: str) -> None:
        """The key of a journey; that it is another one, and leads not back here, is checked over the whole journey."""
        check_journey(fields.needed(settings, "journey", place), fields.at(place, "journey"))

    def act(self, step: StepAt, cohort: Sql, now: datetime) -> None:
        """Name the cohort for the other journey; nobody listens where that takes nobody in."""
        target = Journey.objects.filter(key=step.settings["journey"]).values_list("pk", flat=True).first()
        if target is not None:
            news.write(Sql(_NAMED.format(cohort=cohort.text), cohort.params), entries.topic_of(target), now)

    def decide(self, step: StepAt, cohort: Sql, now: datetime) -> Sql:
        """Everybody goes on, admitted or not."""
        named = cohort.prefixed("c_")
        params = {
            "journey": step.settings["journey"],
            "open": [JourneyState.LIVE.value, JourneyState.PAUSED.value],
            "reason": NotEntered.NOT_LIVE.value,
        }
        return Sql(_DECIDE.format(cohort=named.text), {**named.params, **params})
