"""Claims: a worker takes due messages under a lease, and what it or a dead one took is given back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction

from channels import cancelling, holds, quiet, settling
from channels.models import Sender
from channels.obstacles import GRANT_OVER, HELD, NEWS_WAITS, STATE
from members import zones
from members.sql import Sql, execute, prepared

LEASE = timedelta(minutes=5)
# How many expired leases one statement settles.
ROUND = 1000


@dataclass(frozen=True)
class Claimed:
    """A message in the hands of this worker."""

    id: int
    key: str
    member_id: int
    channel: str
    purpose: str
    address: str
    content_id: int | None
    payload: str | None
    language: str
    grant_id: int | None
    origin_kind: str
    origin_id: int
    journey_name: str
    team_id: int | None
    attempts: int
    priority: int
    expires_at: datetime


@dataclass(frozen=True)
class Claim:
    """What one claim took; `token` fences the lease, which ends at `until`.

    `cancelled` messages were dead; `postponed` ones wait until their channel opens for them.
    """

    token: UUID
    until: datetime
    messages: Sequence[Claimed]
    cancelled: int = 0
    postponed: int = 0


SENDER_HELD = holds.sender_held("%(sender)s", "%(channel)s")

# One statement takes, cancels and counts. Held messages and those whose members have unread news are passed over where
# they stand, so that they neither fill the claim nor stop what stands behind them; dead ones leave the queue for good.
# What a hold or its carrier kept until the quiet hours of its member is put off to their end. People at a desk see to
# that themselves; put off each by itself, the most important would not come first.
# Picking and updating in two statements would let a redeem slip in between. SKIP LOCKED lets workers take side by side.
# The limit is part of the text: a plan that is made once, for any limit, takes it for a tenth of the queue.
_CLAIM = f"""
WITH closed AS MATERIALIZED (
    SELECT * FROM ({{closed}}) closed WHERE channel = %(channel)s AND channel <> 'desk'
),
picked AS MATERIALIZED (
    SELECT x.id, x.member_id, x.step_key, {GRANT_OVER} AS dead
    FROM channels_message x
    WHERE x.sender_id = %(sender)s AND x.state = 'queued' AND x.due_at <= %(now)s AND x.expires_at > %(now)s
      AND NOT {SENDER_HELD} AND NOT {HELD} AND NOT {NEWS_WAITS}
    ORDER BY x.priority, x.due_at, x.id
    LIMIT {{limit}}
    FOR UPDATE OF x SKIP LOCKED
),
judged AS (
    SELECT p.id, {quiet.after_opening("p.member_id", "p.step_key", "q")} AS opens_at,
           CASE WHEN p.dead THEN 'cancelled' WHEN q.zone IS NOT NULL THEN 'queued' ELSE 'claimed' END AS came_to
    FROM picked p JOIN members_member m ON m.id = p.member_id {zones.MEMBER_ZONE_JOIN}
    LEFT JOIN closed q ON q.zone = {zones.MEMBER_ZONE} AND q.country = {{country}}
),
moved AS (
    UPDATE channels_message x
    SET state = came_to,
        reason = CASE came_to WHEN 'cancelled' THEN 'grant_closed'
                              WHEN 'queued' THEN COALESCE(NULLIF(x.reason, ''), 'quiet_hours') ELSE x.reason END,
        due_at = CASE came_to WHEN 'queued' THEN opens_at ELSE x.due_at END,
        ended_at = CASE came_to WHEN 'cancelled' THEN %(now)s END,
        lease_token = CASE came_to WHEN 'claimed' THEN %(token)s::uuid END,
        lease_until = CASE came_to WHEN 'claimed' THEN %(until)s END
    FROM judged WHERE x.id = judged.id
    RETURNING x.*
),
counted AS ({cancelling.COUNTED})
SELECT id, public_id::text, member_id, channel, purpose, address, content_id, payload::text, language, grant_id,
       origin_kind, origin_id, journey_name, team_id, attempts, priority, expires_at, state
FROM moved ORDER BY priority, due_at, id
"""

# Rows that others may be cancelling right now are locked in the order of their ids, so that nobody deadlocks.
_MINE = f"""
WITH mine AS (
    SELECT x.id FROM channels_message x
    WHERE x.id = ANY(%(ids)s) AND x.lease_token = %(token)s AND {STATE} = 'claimed' ORDER BY x.id FOR UPDATE
)"""
_RELEASE = f"""{_MINE}
UPDATE channels_message x SET state = 'queued', lease_token = NULL, lease_until = NULL
FROM mine WHERE x.id = mine.id RETURNING x.id
"""

_UNRENDERED = f"""{_MINE},
moved AS (
    UPDATE channels_message x
    SET state = 'cancelled', reason = 'not_rendered', words = left(given.words, 500), ended_at = %(now)s,
        lease_token = NULL, lease_until = NULL
    FROM mine JOIN unnest(%(ids)s::bigint[], %(words)s::text[]) AS given(id, words) USING (id) WHERE x.id = mine.id
    RETURNING x.*
),
counted AS ({cancelling.COUNTED})
SELECT id FROM moved
"""

# Whoever works on the rows right now (a hand-over, a redeem) is waited for by nobody: the next round finds them.
_LOST_CLAIMS = f"""
WITH lost AS (
    SELECT x.id FROM channels_message x
    WHERE {STATE} = 'claimed' AND x.lease_until <= %(now)s
    ORDER BY x.lease_until LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE channels_message x SET state = 'queued', lease_token = NULL, lease_until = NULL
FROM lost WHERE x.id = lost.id
"""

# Only a carrier that drops a second message with the same key may be asked again; for all others nobody knows. Where a
# receipt has settled the message already, only its departure is noted.
_LOST_WINDOWS = """
SELECT x.id,
       CASE WHEN x.state = 'handed' AND s.adapter = ANY(%(deduping)s) THEN 'queued' ELSE 'unconfirmed' END AS state,
       CASE WHEN x.state = 'handed' AND s.adapter = ANY(%(deduping)s) THEN x.reason ELSE 'fate_unknown' END AS reason,
       x.words, x.carrier_id, x.due_at, false AS uncounted
FROM channels_message x JOIN channels_sender s ON s.id = x.sender_id
WHERE x.state <> 'claimed' AND x.lease_until <= %(now)s
ORDER BY x.lease_until LIMIT %(limit)s
FOR UPDATE OF x SKIP LOCKED
"""

_EXPIRE = f"""
WITH over AS (
    SELECT id FROM channels_message
    WHERE state = 'queued' AND expires_at <= %(now)s
    ORDER BY expires_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
),
moved AS (
    -- A reason that kept it waiting, such as over_capacity, tells more than that the time is over.
    UPDATE channels_message x
    SET state = 'cancelled', reason = COALESCE(NULLIF(x.reason, ''), 'expired'), ended_at = %(now)s
    FROM over WHERE x.id = over.id
    RETURNING x.*
),
counted AS ({cancelling.COUNTED})
SELECT id FROM moved
"""


def claim(sender: Sender, now: datetime, limit: int) -> Claim:
    """Take up to `limit` due messages of a sender, by priority, then departure, in a short transaction of its own."""
    token, until = uuid4(), now + LEASE
    closed = quiet.closed(now)
    away = closed.relation.prefixed("q_")
    params = {
        **away.params,
        "default_zone": zones.DEFAULT,
        "sender": sender.pk,
        "channel": sender.channel,
        "now": now,
        "today": now.astimezone(UTC).date(),
        "token": token,
        "until": until,
    }
    with transaction.atomic(durable=True):
        taken = prepared(_CLAIM.format(limit=limit, closed=away.text, country=closed.country), params)
        cancelling.tell([row[0] for row in taken if row[-1] == "cancelled"], now)
    came_to = Counter(row[-1] for row in taken)
    messages = [Claimed(*row[:-1]) for row in taken if row[-1] == "claimed"]
    return Claim(token, until, messages, came_to["cancelled"], came_to["queued"])


def release(token: UUID, ids: Sequence[int]) -> int:
    """Put those messages back as they were that are still claimed under this token, and return how many."""
    return len(prepared(_RELEASE, {"ids": list(ids), "token": token}))


def cancel_unrendered(token: UUID, unrendered: Mapping[int, str], now: datetime) -> int:
    """Cancel claimed messages (id → sentence) that could not be filled in for their members; return how many."""
    if not unrendered:
        return 0
    params = {"ids": list(unrendered), "words": list(unrendered.values()), "token": token}
    return cancelling.cancel(_UNRENDERED, {**params, "now": now, "today": now.astimezone(UTC).date()}, now)


def recover(now: datetime, deduping: Sequence[str]) -> tuple[int, int]:
    """Settle expired leases: what was only claimed is queued again, what was handed over becomes unconfirmed.

    Senders whose adapter kind is in `deduping` have it queued again even then. Returns how many of each there were.
    """
    claimed = handed = 0
    while found := execute(_LOST_CLAIMS, {"now": now, "limit": ROUND}):
        claimed += found
    lost = Sql(_LOST_WINDOWS, {"now": now, "limit": ROUND, "deduping": list(deduping)})
    while found := sum(settling.settle(lost, now).values()):
        handed += found
    return claimed, handed


def expire(now: datetime) -> int:
    """Cancel what is still queued after its deadline, with the reason that kept it, and return how many."""
    expired = 0
    params = {"now": now, "today": now.astimezone(UTC).date(), "limit": ROUND}
    while found := cancelling.cancel(_EXPIRE, params, now):
        expired += found
    return expired
