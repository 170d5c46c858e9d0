"""Exit: the journey ends here."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy

from journeys.steps.base import StepAt, StepKind, StepText
from journeys.steps.passing import passing
from members.sql import Sql


class Exit(StepKind):
    """Everybody leaves, with the reason `exit_step`."""

    kind = "exit"
    label = gettext_lazy("Exit")

    def check(self, settings: StepText, place: str) -> None:
        """There is nothing to set."""

    def decide(self, step: StepAt, cohort: Sql, now: datetime) -> Sql:
        """Everybody takes the way that leads nowhere."""
        return passing(cohort)
