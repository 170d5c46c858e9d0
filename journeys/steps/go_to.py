"""Go to: on with another step of the journey, usually one before, and that so many times at most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy

from journeys.definition import fields
from journeys.steps.base import StepAt, StepKind, StepText
from journeys.vocabulary import Outcome
from members.sql import Sql

# How many visits there are where the step says nothing: a yearly round for a century, a daily one for a season.
AT_MOST = 100
MOST = 10_000
# Each way back is counted by itself, on the enrollment. A version from before there were limits has none in its
# settings, and no way for it.
_DECIDE = """
SELECT e.id AS enrollment_id,
       CASE WHEN COALESCE((e.rounds ->> %(key)s)::int, 1) >= %(at_most)s::int THEN 'limit_reached' ELSE 'next'
       END AS outcome,
       NULL::timestamptz AS rest_until, '' AS reason, '{{}}'::jsonb AS detail
FROM ({cohort}) e
"""


class GoTo(StepKind):
    """The only edge back. Whoever takes it visits the steps once more, and every message has a key of its own.

    Whoever is on the last visit goes on instead. Only a way back has a limit; a published one has `at_most` in its
    settings, and as `within` the other ways back of its loop, which begin anew with each round.
    """

    kind = "go_to"
    label = gettext_lazy("Go to")
    names = ("step", "at_most", "otherwise")

    def check(self, settings: StepText, place: str) -> None:
        """The key of a step; that it exists, and that the way back rests, is checked over the whole journey."""
        fields.slug(fields.needed(settings, "step", place), fields.at(place, "step"))
        if "at_most" in settings:
            fields.whole(settings["at_most"], fields.at(place, "at_most"), 2, MOST)

    def paths(self, settings: StepText) -> Mapping[str, Sequence[StepText]]:
        """What follows the last visit stands under `otherwise`."""
        return {Outcome.LIMIT_REACHED.value: settings.get("otherwise", ())}

    def place(self, settings: StepText, outcome: str) -> str:
        """The path of the limit is written `otherwise`."""
        return "otherwise"

    def outcomes(self, settings: StepText) -> Sequence[str]:
        """Once more, or on."""
        return (Outcome.NEXT.value, Outcome.LIMIT_REACHED.value)

    def decide(self, step: StepAt, cohort: Sql, now: datetime) -> Sql:
        """Everybody goes, but on the last visit."""
        params = {**cohort.params, "at_most": step.settings.get("at_most"), "key": step.key}
        return Sql(_DECIDE.format(cohort=cohort.text), params)
