"""How much a journey may still queue today: exact with any number of workers, and nobody waits while there is room.

Whoever queues holds a shared lock of the journey until commit, and sees in pg_locks who else is about to. Each of these
counts for as many as one may queue in a transaction. Only where that might be too many, the lock is taken for oneself.
Locks are tried and never waited for: who gets none comes again a second later.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from journeys import ramp
from journeys.models import SendDay
from members.sql import execute, prepared

# What one transaction may queue of a journey beside others: as much as two batches of members.
BESIDE_OTHERS = 4_000
_KEY = 0x43_68_6F_42  # the first half of the advisory locks' keys; the second is the journey

# A hold that stands, what may be sent today, and what was queued; a release may have raised it for its day.
_LIMITS = """
SELECT j.id, j.name, EXISTS (
           SELECT FROM journeys_breakerhold h WHERE h.journey_id = j.id AND h.released_at IS NULL),
       GREATEST(j.daily_maximum, (
           SELECT max(h.most_that_day) FROM journeys_breakerhold h
           WHERE h.journey_id = j.id AND h.released_day = %(day)s)),
       (SELECT COALESCE(sum(d.queued), 0) FROM journeys_sendday d WHERE d.journey_id = j.id AND d.day = %(day)s),
       EXISTS (
           SELECT FROM journeys_breakerhold h
           WHERE h.journey_id = j.id AND h.released_day = %(day)s AND h.kind = 'again'),
       j.daily_maximum IS NULL
FROM journeys_journey j WHERE j.id = ANY(%(journeys)s)
"""
_TRY_SHARED = "SELECT j FROM unnest(%(journeys)s::int[]) j WHERE pg_try_advisory_xact_lock_shared(%(key)s, j)"
_TRY_ALONE = "SELECT j FROM unnest(%(journeys)s::int[]) j WHERE pg_try_advisory_xact_lock(%(key)s, j)"
_OTHERS = """
SELECT objid::bigint, count(*) FROM pg_locks
WHERE locktype = 'advisory' AND classid = %(key)s AND objsubid = 2 AND granted AND pid <> pg_backend_pid()
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND objid::bigint = ANY(%(journeys)s)
GROUP BY objid
"""
_ADD = """
INSERT INTO journeys_sendday (journey_id, day, shard, queued)
SELECT journey, %(day)s, %(shard)s, more FROM unnest(%(journeys)s::bigint[], %(more)s::int[]) AS m(journey, more)
ON CONFLICT (journey_id, day, shard) DO UPDATE SET queued = journeys_sendday.queued + EXCLUDED.queued
"""


@dataclass(frozen=True)
class Limit:
    """What a journey may queue: whether it is held, its maximum of today if it has one, and what it queued today.

    `lets_again` says that somebody released it today though members get a step again.
    """

    journey_id: int
    name: str
    held: bool
    maximum: int | None
    queued: int
    lets_again: bool

    @property
    def room(self) -> int | None:
        """How many more may be queued today; None where nothing limits it."""
        return None if self.maximum is None else max(0, self.maximum - self.queued)


def limits(journeys: Collection[int], now: datetime) -> Mapping[int, Limit]:
    """Return what these journeys may queue, as far as others have committed."""
    found = prepared(_LIMITS, {"journeys": list(journeys), "day": ramp.today(now).day})
    return {
        pk: Limit(pk, name, held, None if endless else maximum, int(queued), again)
        for pk, name, held, maximum, queued, again, endless in found
    }


def locked(wanted: Mapping[int, int], before: Mapping[int, int], now: datetime) -> Mapping[int, Limit]:
    """Return what journeys may queue that want so many more, and keep others from changing that until commit.

    `before` is what this transaction has queued already. A journey that others are about to fill is left out.
    """
    shared = _taken(_TRY_SHARED, wanted)
    others = dict(prepared(_OTHERS, {"key": _KEY, "journeys": shared})) if shared else {}
    # In this order: whoever is no more among the others has committed, and is counted.
    found = limits(shared, now)
    close = [pk for pk in shared if not _far(found[pk], wanted[pk], before.get(pk, 0), others.get(pk, 0))]
    alone = _taken(_TRY_ALONE, close) if close else []
    again = limits(alone, now) if alone else {}
    return {pk: again.get(pk, found[pk]) for pk in shared if pk in again or pk not in close}


def add(queued: Mapping[int, int], shard: int, now: datetime) -> None:
    """Note that so many messages of each journey were queued, by who holds the shard's lock."""
    if queued:
        names = {"journeys": list(queued), "more": list(queued.values())}
        execute(_ADD, {**names, "shard": shard, "day": ramp.today(now).day})


def used(journey_id: int, now: datetime) -> int:
    """Return how many messages a journey queued today."""
    found = SendDay.objects.filter(journey=journey_id, day=ramp.today(now).day)
    return sum(found.values_list("queued", flat=True))


def forget(now: datetime) -> int:
    """Delete the counts of days that nothing asks for any more; return how many."""
    return execute("DELETE FROM journeys_sendday WHERE day < %(day)s", {"day": (now - ramp.KEPT).date()})


def _far(limit: Limit, wanted: int, before: int, others: int) -> bool:
    """Say whether there is room for all whatever the others queue, without asking them."""
    if limit.maximum is None:
        return True
    fits = limit.queued + wanted + others * BESIDE_OTHERS <= limit.maximum
    return fits and before + wanted <= BESIDE_OTHERS


def _taken(text: str, journeys: Collection[int]) -> list[int]:
    return [pk for (pk,) in prepared(text, {"key": _KEY, "journeys": sorted(journeys)})]
