"""Go to: on with another step of the journey, usually one before."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy

from journeys.definition import fields
from journeys.steps.base import StepAt, StepKind, StepText
from journeys.steps.passing import passing
from members.sql import Sql


class GoTo(StepKind):
    """The only edge back. Whoever takes it visits the steps once more, and every message has a key of its own."""

    kind = "go_to"
    label = gettext_lazy("Go to")
    names = ("step",)

    def check(self, settings: StepText, place: str) -> None:
        """The key of a step; that it exists, and that the way back rests, is checked over the whole journey."""
        fields.slug(fields.needed(settings, "step", place), fields.at(place, "step"))

    def decide(self, step: StepAt, cohort: Sql, now: datetime) -> Sql:
        """Everybody goes."""
        return passing(cohort)
