"""How many messages came into which state, added up for screens and reports; nothing here counts messages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Sum

from channels.models import MessageCount
from channels.vocabulary import WEBHOOK
from members.sql import execute

# Yesterday's rows are complete: whatever is added now bears today's date.
_COMPACT = """
WITH taken AS (
    DELETE FROM channels_messagecount WHERE day < %(today)s RETURNING journey_id, step_key, channel, state, day, count
)
INSERT INTO channels_messagecount (journey_id, step_key, channel, state, day, count)
SELECT journey_id, step_key, channel, state, day, sum(count) FROM taken
GROUP BY journey_id, step_key, channel, state, day
"""


def by_step(journey_id: int) -> Mapping[str, Mapping[str, int]]:
    """Return, for each step key of a journey, how many messages ever came into each state (or were `clicked`).

    Those of a step that calls another system are calls.
    """
    found: dict[str, dict[str, int]] = {}
    counted = MessageCount.objects.filter(journey_id=journey_id).values_list("step_key", "state").annotate(Sum("count"))
    for step_key, state, total in counted:
        found.setdefault(step_key, {})[state] = total
    return found


def by_journey(journey_ids: Collection[int]) -> Mapping[int, Mapping[str, int]]:
    """Return, for each journey, how many messages to members ever came into each state (or were `clicked`)."""
    found: dict[int, dict[str, int]] = {}
    to_members = MessageCount.objects.filter(journey_id__in=journey_ids).exclude(channel=WEBHOOK)
    counted = to_members.values_list("journey_id", "state")
    for journey_id, state, total in counted.annotate(Sum("count")):
        found.setdefault(journey_id, {})[state] = total
    return found


def by_state() -> Mapping[tuple[str, str], int]:
    """Return how many messages of each channel ever came into each state (or were `clicked`)."""
    counted = MessageCount.objects.values_list("channel", "state").annotate(Sum("count"))
    return {(channel, state): total for channel, state, total in counted}


def compact(now: datetime) -> int:
    """Add up the rows of each past day (in UTC) and return how many rows stand for them now."""
    with transaction.atomic():
        return execute(_COMPACT, {"today": now.astimezone(UTC).date()})
