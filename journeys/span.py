"""A batch of the tick: some members of some shards, at one time, under the shards' locks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from members.sql import Sql

# The one definition of "due here now".
_DUE = """
SELECT e.* FROM journeys_enrollment e
WHERE e.shard = ANY(%(shards)s) AND e.state = 'live' AND e.due_at <= %(now)s
  AND e.member_id BETWEEN %(low)s AND %(high)s AND e.journey_id <> ALL(%(paused)s)
"""


@dataclass(frozen=True)
class Span:
    """The members `low` to `high`, both included, of some shards.

    `paused` are the journeys that rest; `over` says whether the time of anybody's holdout is over. `queued` counts the
    messages that the batch has queued, by journey.
    """

    shards: tuple[int, ...]
    low: int
    high: int
    now: datetime
    paused: tuple[int, ...] = ()
    over: bool = False
    queued: dict[int, int] = field(default_factory=dict, compare=False)

    @property
    def params(self) -> Mapping[str, Any]:
        """The parameters that the span's statements share."""
        return {
            "shards": list(self.shards),
            "low": self.low,
            "high": self.high,
            "now": self.now,
            "today": self.now.astimezone(UTC).date(),
            "paused": list(self.paused),
        }

    def due(self) -> Sql:
        """Return the enrollments that are due, whole rows; the batch takes them in (see `afoot`)."""
        return Sql(_DUE, self.params)
