"""How long messages wait for their carrier, as a histogram that every worker on every host adds to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db.models import Sum

from channels.models import DeliveryTime
from members.sql import execute

# In seconds. The last bucket has no bound.
BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0)

# A value at a bound belongs below it, as Prometheus has it, where width_bucket would count it above: hence the signs.
BELOW = [-bound for bound in reversed(BOUNDS)]

# For the WITH of the statement whose `moved` yields messages and what they came to; needs %(below)s, %(now)s
# and %(today)s.
TIMED = """
    INSERT INTO channels_deliverytime (sender_id, day, bucket, count, seconds)
    SELECT sender_id, %(today)s,
           cardinality(%(below)s::float8[]) - width_bucket(-waited, %(below)s::float8[]) AS bucket,
           count(*), sum(waited)
    FROM (
        SELECT sender_id, GREATEST(0, extract(epoch FROM %(now)s - due_at))::float8 AS waited
        FROM moved WHERE came_to = 'sent'
    ) sent GROUP BY sender_id, bucket
"""
_COMPACT = """
WITH taken AS (
    DELETE FROM channels_deliverytime WHERE day < %(today)s RETURNING sender_id, day, bucket, count, seconds
)
INSERT INTO channels_deliverytime (sender_id, day, bucket, count, seconds)
SELECT sender_id, day, bucket, sum(count), sum(seconds) FROM taken GROUP BY sender_id, day, bucket
"""


@dataclass
class Histogram:
    """How many messages fell into each bucket, the last one without a bound, and how long they waited together."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0


def by_sender() -> Mapping[int, Histogram]:
    """Return the histogram of all messages that each sender's carrier ever took."""
    found: dict[int, Histogram] = {}
    summed = DeliveryTime.objects.values_list("sender_id", "bucket").annotate(Sum("count"), Sum("seconds"))
    for sender_id, bucket, count, seconds in summed:
        histogram = found.setdefault(sender_id, Histogram())
        histogram.counts[bucket] += count
        histogram.seconds += seconds
    return found


def compact(now: datetime) -> int:
    """Add up the rows of each past day (in UTC) and return how many rows stand for them now."""
    return execute(_COMPACT, {"today": now.astimezone(UTC).date()})
