"""Which shards have work, and which of them are ticked together."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from journeys import plan
from members.models import SHARDS
from members.sql import prepared

# Shards with little to do are ticked together, up to so much of it: a batch makes some forty statements, whose planning
# costs the same for one member as for hundreds. Small enough that a rush of news still keeps several workers busy.
TOGETHER = 1_000
# Nor are there more ticks than that at once. Members lie scattered over the shards: a batch of several shards changes
# many rows of each page that it touches, one of a single shard a page for each row.
AT_ONCE = settings.CHORALE_TICKS_AT_ONCE

# How much there is in each shard, counted no further than matters: an idle million costs next to nothing.
_WORK = f"""
SELECT shard, amount FROM generate_series(0, %(last)s) AS s(shard) CROSS JOIN LATERAL (
    SELECT count(*) AS amount FROM (
        (SELECT FROM members_news n WHERE n.shard = s.shard AND n.recorded_at <= %(now)s LIMIT %(enough)s)
        UNION ALL
        (SELECT FROM journeys_enrollment e WHERE e.shard = s.shard AND e.state = 'live' AND e.due_at <= %(now)s
           AND e.journey_id <> ALL(ARRAY({plan.PAUSED})) LIMIT %(enough)s)
        UNION ALL
        (SELECT FROM journeys_enrollment e WHERE e.shard = s.shard AND e.state = 'held_out' AND e.goal_until <= %(now)s
         LIMIT %(enough)s)
    ) work
) counted
WHERE amount > 0 ORDER BY shard
"""


def is_there(now: datetime) -> bool:
    """Say whether any shard has news or somebody due."""
    return bool(_busy(now, 1))


def groups(now: datetime) -> list[list[int]]:
    """Return the shards that have news or somebody due, in groups to be ticked together."""
    busy = _busy(now, TOGETHER)
    share = max(TOGETHER, sum(amount for _, amount in busy) / AT_ONCE)
    found: list[list[int]] = []
    room = 0.0
    for shard, amount in busy:
        if amount > room:
            found.append([])
            room = share
        found[-1].append(shard)
        room -= amount
    return found


def _busy(now: datetime, enough: int) -> list[tuple[int, int]]:
    """Return the shards with work, each with how much it is, counted to `enough` of a kind."""
    params = {"now": now, "last": SHARDS - 1, "enough": enough}
    return [(shard, amount) for shard, amount in prepared(_WORK, params)]
