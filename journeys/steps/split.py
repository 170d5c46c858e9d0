"""Split: a member's path is drawn by lot, once and for all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journeys.definition import fields
from journeys.definition.errors import BadDefinition
from journeys.steps.base import StepAt, StepText
from journeys.steps.paths import DividingKind
from members.sql import Sql

# The lot is a hash of the member, salted with journey and step: the same path on every visit, in every enrollment and
# version, and independent of the other splits and of the holdout.
_DECIDE = """
SELECT e.id AS enrollment_id, w.outcome, NULL::timestamptz AS rest_until, '' AS reason, '{{}}'::jsonb AS detail
FROM ({cohort}) e
JOIN unnest(%(outcomes)s::text[], %(lows)s::bigint[], %(highs)s::bigint[]) AS w(outcome, low, high)
  ON (hashint8extended(e.member_id, %(salt)s) & 9223372036854775807) %% %(total)s BETWEEN w.low AND w.high
"""
HEAVIEST = 10_000


class Split(DividingKind):
    """Members are spread over the paths by weight."""

    kind = "split"
    label = gettext_lazy("Split")
    names = ("paths",)
    path_names = ("key", "weight", "steps")

    def check(self, settings: StepText, place: str) -> None:
        """Somebody must be able to go somewhere."""
        super().check(settings, place)
        if not any(path["weight"] for path in settings["paths"]):
            raise BadDefinition(fields.at(place, "paths"), _("every weight is 0; give a path a weight of 1 or more."))

    def check_path(self, path: Mapping[str, Any], place: str) -> None:
        """A path needs a weight; 0 closes it."""
        fields.whole(fields.needed(path, "weight", place), fields.at(place, "weight"), 0, HEAVIEST)

    def decide(self, step: StepAt, cohort: Sql, now: datetime) -> Sql:
        """Draw everybody's path."""
        named = cohort.prefixed("c_")
        drawn = [path for path in step.settings["paths"] if path["weight"]]
        highs = [sum(path["weight"] for path in drawn[: number + 1]) - 1 for number in range(len(drawn))]
        return Sql(
            _DECIDE.format(cohort=named.text),
            {
                **named.params,
                "outcomes": [path["key"] for path in drawn],
                "lows": [0, *(high + 1 for high in highs[:-1])],
                "highs": highs,
                "total": highs[-1] + 1,
                "salt": salt(step.journey_id, step.key),
            },
        )


def salt(journey_id: int, step_key: str) -> int:
    """Return the salt of a step's draw as a signed 64-bit number."""
    digest = blake2b(f"{journey_id}:{step_key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)
