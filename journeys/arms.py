"""The arms of splits: who took which, and how many of them reached the goal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Sum

from journeys.models import ArmCount, SplitDecision
from members.sql import Sql, execute

# An enrollment takes an arm once, however often it visits the split.
_TAKE = """
WITH drawn AS MATERIALIZED ({drawn}),
taken AS (
    INSERT INTO journeys_arm (member_id, journey_id, step_key, enrollment_id, arm, round, by_lot)
    SELECT member_id, %(journey)s, %(step_key)s, enrollment_id, outcome, %(round)s, by_lot FROM drawn
    ON CONFLICT DO NOTHING
    RETURNING arm, by_lot
)
INSERT INTO journeys_armcount (journey_id, step_key, round, arm, by_lot, day, entered, converted)
SELECT %(journey)s, %(step_key)s, %(round)s, arm, by_lot, %(today)s, count(*), 0 FROM taken GROUP BY arm, by_lot
"""
_CONVERTED = """
INSERT INTO journeys_armcount (journey_id, step_key, round, arm, by_lot, day, entered, converted)
SELECT a.journey_id, a.step_key, a.round, a.arm, a.by_lot, %(today)s, 0, count(*)
FROM journeys_enrollment e
JOIN journeys_arm a ON a.member_id = e.member_id AND a.journey_id = e.journey_id AND a.enrollment_id = e.id
WHERE e.id = ANY(%(ids)s) GROUP BY 1, 2, 3, 4, 5
"""
# Yesterday's rows are complete: whatever is added now bears today's date.
_COMPACT = """
WITH past AS (DELETE FROM journeys_armcount WHERE day < %(today)s RETURNING *)
INSERT INTO journeys_armcount (journey_id, step_key, round, arm, by_lot, day, entered, converted)
SELECT journey_id, step_key, round, arm, by_lot, day, sum(entered), sum(converted)
FROM past GROUP BY journey_id, step_key, round, arm, by_lot, day
"""


@dataclass(frozen=True)
class Taken:
    """How many enrollments took an arm by lot and how many of them reached the goal; others were `sent` to a winner."""

    entered: int = 0
    converted: int = 0
    sent: int = 0


def latest(journey_id: int, step_key: str) -> SplitDecision | None:
    """Return the last decision about a split: who won, or that the question was opened again."""
    found = SplitDecision.objects.filter(journey=journey_id, step_key=step_key)
    return found.select_related("who", "version").order_by("-pk").first()


def round_of(decision: SplitDecision | None) -> int:
    """Return the round that the question is in."""
    return decision.round if decision else 1


def take(journey_id: int, step_key: str, now_round: int, drawn: Sql, now: datetime) -> int:
    """Note the arms of enrollments, which `drawn` yields as (enrollment_id, member_id, outcome, by_lot)."""
    named = drawn.prefixed("d_")
    params = {"journey": journey_id, "step_key": step_key, "round": now_round, "today": now.astimezone(UTC).date()}
    return execute(_TAKE.format(drawn=named.text), {**named.params, **params})


def converted(enrollments: Sequence[int], now: datetime) -> None:
    """Count for their arms that these enrollments reached the goal, in the transaction in which they did."""
    execute(_CONVERTED, {"ids": list(enrollments), "today": now.astimezone(UTC).date()})


def counted(journey_id: int, step_key: str, of_round: int) -> Mapping[str, Taken]:
    """Return what is known of a split's arms in a round."""
    rows = ArmCount.objects.filter(journey=journey_id, step_key=step_key, round=of_round)
    found: dict[str, Taken] = {}
    for arm, by_lot, entered, reached in rows.values_list("arm", "by_lot").annotate(Sum("entered"), Sum("converted")):
        before = found.get(arm, Taken())
        found[arm] = (
            Taken(entered, reached, before.sent) if by_lot else Taken(before.entered, before.converted, entered)
        )
    return found


def compact(now: datetime) -> int:
    """Add up the rows of each past day (in UTC) and return how many rows stand for them now."""
    with transaction.atomic():
        return execute(_COMPACT, {"today": now.astimezone(UTC).date()})
