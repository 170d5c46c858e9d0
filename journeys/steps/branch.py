"""Branch: everybody takes the first path whose rule is true for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy

from journeys.definition import fields
from journeys.steps.base import StepAt, StepText
from journeys.steps.paths import DividingKind
from members import rules
from members.sql import Sql, joined

_DECIDE = """
SELECT e.id AS enrollment_id, CASE {cases} ELSE 'otherwise' END AS outcome, NULL::timestamptz AS rest_until,
       '' AS reason, '{{}}'::jsonb AS detail
FROM ({cohort}) e JOIN members_member m ON m.id = e.member_id
"""


class Branch(DividingKind):
    """The rules are asked in their order, as of now; whoever fits none takes `otherwise`, or goes on."""

    kind = "branch"
    label = gettext_lazy("Branch")
    names = ("paths", "otherwise")
    path_names = ("key", "when", "steps")

    def check_path(self, path: Mapping[str, Any], place: str) -> None:
        """A path needs a rule."""
        fields.rule(fields.needed(path, "when", place), fields.at(place, "when"))

    def paths(self, settings: StepText) -> Mapping[str, Sequence[StepText]]:
        """The paths, and what is for everybody else."""
        return {**super().paths(settings), "otherwise": settings.get("otherwise", ())}

    def outcomes(self, settings: StepText) -> Sequence[str]:
        """The keys of the paths, and `otherwise`."""
        return [*super().outcomes(settings), "otherwise"]

    def decide(self, step: StepAt, cohort: Sql, now: datetime) -> Sql:
        """Ask the rules of all paths in one statement; CASE stops at the first that is true."""
        cases = joined(" ", [_case(path, now) for path in step.settings["paths"]], prefix="p")
        named = cohort.prefixed("c_")
        return Sql(_DECIDE.format(cohort=named.text, cases=cases.text), {**named.params, **cases.params})


def _case(path: Mapping[str, Any], now: datetime) -> Sql:
    condition = rules.parse(path["when"], "when").condition(now, few=True)
    return Sql(f"WHEN ({condition.text}) THEN %(outcome)s", {**condition.params, "outcome": path["key"]})
