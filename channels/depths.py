"""How much waits at each sender, and for how long; asked along indexes, whatever stands in the outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from channels.models import Hold
from channels.vocabulary import State
from members.sql import rows

# Counting a million index entries takes about a tenth of a second; beyond it the number says nothing new.
MOST = 1_000_000

# The index begins with sender and priority, so the oldest is sought priority by priority instead of among all.
_DEPTHS = """
WITH RECURSIVE priorities AS (
    SELECT s.id AS sender_id, (SELECT min(x.priority) FROM channels_message x
                               WHERE x.sender_id = s.id AND x.state = 'queued') AS priority
    FROM channels_sender s
    UNION ALL
    SELECT p.sender_id, (SELECT min(x.priority) FROM channels_message x
                         WHERE x.sender_id = p.sender_id AND x.state = 'queued' AND x.priority > p.priority)
    FROM priorities p WHERE p.priority IS NOT NULL
),
oldest AS (
    SELECT p.sender_id, min(x.due_at) AS due_at
    FROM priorities p CROSS JOIN LATERAL (
        SELECT x.due_at FROM channels_message x
        WHERE x.sender_id = p.sender_id AND x.state = 'queued' AND x.priority = p.priority
        ORDER BY x.due_at LIMIT 1
    ) x GROUP BY p.sender_id
)
SELECT s.id, s.name, s.channel, s.active AND s.failing_since IS NOT NULL,
       (SELECT count(*) FROM (SELECT FROM channels_message x WHERE x.sender_id = s.id AND x.state = 'queued'
                              LIMIT %(most)s) waiting),
       COALESCE(GREATEST(0, extract(epoch FROM %(now)s - o.due_at)), 0)::float8
FROM channels_sender s LEFT JOIN oldest o ON o.sender_id = s.id
ORDER BY s.id
"""
# By the lease, which has an index: few messages are under way at any time.
_UNDER_WAY = "SELECT state, count(*) FROM channels_message WHERE lease_until IS NOT NULL GROUP BY state"


@dataclass(frozen=True)
class Depth:
    """What waits at a sender: how many are queued, at most MOST, and for how many seconds the oldest has been due.

    What a hold keeps is among them. `failing` says that its carrier fails now.
    """

    sender_id: int
    name: str
    channel: str
    failing: bool
    queued: int
    seconds: float


def by_sender(now: datetime) -> Sequence[Depth]:
    """Return what waits at each sender."""
    return [Depth(*row) for row in rows(_DEPTHS, {"now": now, "most": MOST})]


def under_way() -> Mapping[str, int]:
    """Return how many messages are in the hands of workers, by state."""
    return {State.CLAIMED: 0, State.HANDED: 0, **dict(rows(_UNDER_WAY, {}))}


def holds() -> Mapping[str, int]:
    """Return how many holds stand, by scope."""
    found = list(Hold.objects.values_list("scope", flat=True))
    return {scope: found.count(scope) for scope in Hold.Scope.values}
