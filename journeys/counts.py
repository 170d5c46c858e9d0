"""What was counted per journey and step, added up for screens and reports; nothing here counts big tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Q, Sum

from journeys.models import StepCount
from members.sql import execute

# Yesterday's rows are complete: whatever is added now bears today's date.
_COMPACT = """
WITH taken AS (DELETE FROM journeys_stepcount WHERE day < %(today)s RETURNING journey_id, step_key, outcome, day, count)
INSERT INTO journeys_stepcount (journey_id, step_key, outcome, day, count)
SELECT journey_id, step_key, outcome, day, sum(count) FROM taken GROUP BY journey_id, step_key, outcome, day
"""


def by_step(journey_id: int) -> Mapping[str, Mapping[str, int]]:
    """Return, for each step key, how often each outcome came; the empty key tells of the journey as a whole.

    `arrived` less `left` is how many stand at the step now.
    """
    found: dict[str, dict[str, int]] = {}
    counted = StepCount.objects.filter(journey=journey_id).values_list("step_key", "outcome").annotate(Sum("count"))
    for step_key, outcome, total in counted:
        found.setdefault(step_key, {})[outcome] = total
    return found


def by_journey(journey_ids: Collection[int]) -> Mapping[int, Mapping[str, int]]:
    """Return, for each journey, how often each outcome of the journey as a whole came, and `arrived` and `left`.

    `arrived` less `left`, over all steps, is how many are under way.
    """
    found: dict[int, dict[str, int]] = {}
    counted = (
        StepCount.objects.filter(journey__in=journey_ids)
        .filter(Q(step_key="") | Q(outcome__in=("arrived", "left")))
        .values_list("journey_id", "outcome")
        .annotate(Sum("count"))
    )
    for journey_id, outcome, total in counted:
        found.setdefault(journey_id, {})[outcome] = total
    return found


def compact(now: datetime) -> int:
    """Add up the rows of each past day (in UTC) and return how many rows stand for them now."""
    with transaction.atomic():
        return execute(_COMPACT, {"today": now.astimezone(UTC).date()})
