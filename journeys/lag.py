"""How far the engine is behind, shard by shard."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from journeys import plan
from members.models import SHARDS
from members.sql import rows

# News is deleted as it is read: few rows stand there, or the engine is behind and this is what there is to tell. Those
# who are due stand in the order of their time in an index of each shard.
_LAG = """
SELECT shard, extract(epoch FROM %(now)s - min(since))::float8 FROM (
    SELECT shard, min(recorded_at) AS since FROM members_news WHERE recorded_at <= %(now)s GROUP BY shard
    UNION ALL
    SELECT s.shard, first.due_at FROM generate_series(0, %(last)s) AS s(shard) CROSS JOIN LATERAL (
        SELECT e.due_at FROM journeys_enrollment e
        WHERE e.shard = s.shard AND e.state = 'live' AND e.due_at <= %(now)s AND e.journey_id <> ALL(%(paused)s)
        ORDER BY e.due_at LIMIT 1
    ) first
) waiting GROUP BY shard
"""


def by_shard(now: datetime) -> Mapping[int, float]:
    """Return, for each shard, for how many seconds its oldest news or its longest due enrollment has waited."""
    behind = dict(rows(_LAG, {"now": now, "last": SHARDS - 1, "paused": plan.paused()}))
    return {shard: behind.get(shard, 0.0) for shard in range(SHARDS)}
