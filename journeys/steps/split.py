"""Split: a member's path is drawn by lot, once and for all, until one of the paths has won."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journeys import arms
from journeys.definition import fields
from journeys.definition.errors import BadDefinition
from journeys.plan import plan
from journeys.steps.base import StepAt, StepText
from journeys.steps.paths import DividingKind
from members.sql import Sql

# The lot is a hash of the member, salted with journey and step: the same path on every visit, in every enrollment and
# version, and independent of the other splits and of the holdout.
_DRAWN = """
SELECT e.id AS enrollment_id, e.member_id, w.outcome, true AS by_lot, 'lot' AS way
FROM ({cohort}) e
JOIN unnest(%(outcomes)s::text[], %(lows)s::bigint[], %(highs)s::bigint[]) AS w(outcome, low, high)
  ON (hashint8extended(e.member_id, %(salt)s) & 9223372036854775807) %% %(total)s BETWEEN w.low AND w.high
"""
# Where paths compete, a member stays on the one that an enrollment of theirs took, if it is still open: the weights may
# be others, a winner may have been found since, and the question may be open again. Who comes new goes to the winner.
_COMPETING = """
SELECT d.enrollment_id, d.member_id, COALESCE(kept.arm, before.arm, %(winner)s, d.outcome) AS outcome,
       COALESCE(kept.by_lot, before.arm IS NOT NULL OR %(winner)s::text IS NULL) AS by_lot,
       CASE WHEN kept.arm IS NOT NULL OR before.arm IS NOT NULL THEN 'kept'
            WHEN %(winner)s::text IS NOT NULL THEN 'won' ELSE 'lot' END AS way
FROM ({drawn}) d
LEFT JOIN LATERAL (
    SELECT a.arm, a.by_lot FROM journeys_arm a
    WHERE a.member_id = d.member_id AND a.journey_id = %(journey)s AND a.step_key = %(step_key)s
      AND a.arm = ANY(%(outcomes)s)
    ORDER BY a.enrollment_id = d.enrollment_id DESC, a.enrollment_id DESC LIMIT 1
) kept ON true
-- Who took a path while the journey had no goal stands in the trace alone.
LEFT JOIN LATERAL (
    SELECT t.outcome AS arm FROM journeys_trace t
    WHERE kept.arm IS NULL AND %(winner)s::text IS NOT NULL AND t.member_id = d.member_id AND t.journey_id = %(journey)s
      AND t.step_key = %(step_key)s AND t.outcome = ANY(%(outcomes)s)
    ORDER BY t.id DESC LIMIT 1
) before ON true
"""
_DECIDE = """
SELECT enrollment_id, outcome, NULL::timestamptz AS rest_until, '' AS reason, {detail} AS detail FROM ({drawn}) drawn
"""
HEAVIEST = 10_000
WINNER = ("probability", "sample", "reopen")
MOST_SAMPLE = 100_000_000
MOST_ARMS = 10


class Split(DividingKind):
    """Members are spread over the paths by weight; with a `winner`, all who come after the decision take its path."""

    kind = "split"
    label = gettext_lazy("Split")
    names = ("winner", "paths")
    path_names = ("key", "weight", "steps")

    def check(self, settings: StepText, place: str) -> None:
        """Somebody must be able to go somewhere, and a winner needs somebody to win against."""
        super().check(settings, place)
        open_paths = [path for path in settings["paths"] if path["weight"]]
        if not open_paths:
            raise BadDefinition(fields.at(place, "paths"), _("every weight is 0; give a path a weight of 1 or more."))
        if "winner" in settings:
            _check_winner(settings["winner"], fields.at(place, "winner"))
            if not 2 <= len(open_paths) <= MOST_ARMS:
                sentence = _("a winner is one of two to {most} paths with a weight of 1 or more; see that there are.")
                raise BadDefinition(fields.at(place, "winner"), sentence.format(most=MOST_ARMS))

    def check_journey(self, settings: StepText, journey: Mapping[str, Any], place: str) -> None:
        """The goal is what paths win by."""
        if "winner" in settings and "goal" not in journey:
            sentence = _("paths win by the journey's goal, and this journey has none; add a `goal`, or remove this.")
            raise BadDefinition(fields.at(place, "winner"), sentence)

    def check_path(self, path: Mapping[str, Any], place: str) -> None:
        """A path needs a weight; 0 closes it."""
        fields.whole(fields.needed(path, "weight", place), fields.at(place, "weight"), 0, HEAVIEST)

    def act(self, step: StepAt, cohort: Sql, now: datetime) -> None:
        """Note who takes which path, where there is a goal to compare them by."""
        if plan(step.version_id).goal is not None:
            now_round = arms.round_of(arms.latest(step.journey_id, step.key))
            arms.take(step.journey_id, step.key, now_round, _drawn(step, cohort), now)

    def decide(self, step: StepAt, cohort: Sql, now: datetime) -> Sql:
        """Draw everybody's path, or send them to the winner."""
        drawn = _drawn(step, cohort)
        detail = "jsonb_build_object('drawn', way)" if "winner" in step.settings else "'{}'::jsonb"
        return Sql(_DECIDE.format(drawn=drawn.text, detail=detail), drawn.params)


def _drawn(step: StepAt, cohort: Sql) -> Sql:
    """Return (enrollment_id, member_id, outcome, by_lot, way) for a cohort."""
    named = cohort.prefixed("c_")
    lot = Sql(_DRAWN.format(cohort=named.text), {**named.params, **_lots(step)})
    if "winner" not in step.settings:
        return lot
    latest = arms.latest(step.journey_id, step.key)
    winner = latest.arm if latest and latest.arm in lot.params["outcomes"] else None
    params = {"winner": winner, "journey": step.journey_id, "step_key": step.key}
    return Sql(_COMPETING.format(drawn=lot.text), {**lot.params, **params})


def _lots(step: StepAt) -> Mapping[str, Any]:
    drawn = [path for path in step.settings["paths"] if path["weight"]]
    highs = [sum(path["weight"] for path in drawn[: number + 1]) - 1 for number in range(len(drawn))]
    return {
        "outcomes": [path["key"] for path in drawn],
        "lows": [0, *(high + 1 for high in highs[:-1])],
        "highs": highs,
        "total": highs[-1] + 1,
        "salt": salt(step.journey_id, step.key),
    }


def salt(journey_id: int, step_key: str) -> int:
    """Return the salt of a step's draw as a signed 64-bit number."""
    digest = blake2b(f"{journey_id}:{step_key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def _check_winner(value: object, place: str) -> None:
    rule = fields.mapping(value, place, _("The rule of a winner"))
    fields.only(rule, WINNER, place)
    fields.whole(fields.needed(rule, "sample", place), fields.at(place, "sample"), 1, MOST_SAMPLE)
    chance = rule.get("probability", 0.95)
    if isinstance(chance, bool) or not isinstance(chance, int | float) or not 0.5 < chance < 1:
        sentence = _("this must be a number above 0.5 and below 1, such as 0.95.")
        raise BadDefinition(fields.at(place, "probability"), sentence)
    if "reopen" in rule:
        fields.yes_or_no(rule["reopen"], fields.at(place, "reopen"))
