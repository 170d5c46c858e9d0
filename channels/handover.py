"""The hand-over: the last look at a window of messages, committed just before the carrier is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection

from channels import cancelling
from channels.base import Outgoing
from channels.obstacles import STATE, VERDICT
from members.sql import prepared

# Longer than any adapter's time-outs for a window; a worker that takes longer is taken for dead.
LEASE = timedelta(minutes=10)

# Everything that can forbid a message is asked in the statement that hands it over: whoever redeems or withdraws before
# it wins, whoever comes after it comes too late. Token and state are compared under the row's lock, so a message that
# was cancelled or taken away meanwhile is not touched; rows are locked in the order of their ids, so that whoever
# cancels several waits instead of deadlocking.
_HAND_OVER = f"""
WITH judged AS MATERIALIZED (
    SELECT x.id, {VERDICT} AS verdict
    FROM channels_message x WHERE x.id = ANY(%(ids)s) AND x.lease_token = %(token)s AND {STATE} = 'claimed'
    ORDER BY x.id FOR UPDATE OF x
),
moved AS (
    UPDATE channels_message x
    SET state = CASE verdict WHEN '' THEN 'handed' WHEN 'waits' THEN 'queued' ELSE 'cancelled' END,
        reason = CASE WHEN verdict IN ('', 'waits') THEN x.reason ELSE verdict END,
        ended_at = CASE WHEN verdict NOT IN ('', 'waits') THEN %(now)s END,
        handed_at = CASE verdict WHEN '' THEN %(now)s ELSE x.handed_at END,
        attempts = x.attempts + (verdict = '')::int,
        lease_token = CASE verdict WHEN '' THEN x.lease_token END,
        lease_until = CASE verdict WHEN '' THEN %(until)s END
    FROM judged WHERE x.id = judged.id
    RETURNING x.*
),
replaced AS (DELETE FROM channels_rendering r USING moved WHERE r.message_id = moved.id AND moved.state = 'handed'),
counted AS ({cancelling.COUNTED})
SELECT id, state FROM moved
"""
# COPY, and in binary, because quoting HTML and reading it again took longer than sending the mail.
_KEEP = "COPY channels_rendering (message_id, subject, text, html) FROM STDIN (FORMAT BINARY)"
_KEPT = ("bigint", "varchar", "text", "text")


@dataclass(frozen=True)
class HandedOver:
    """The messages of a window that leave now; the others were `cancelled`, or wait in the queue, or were lost."""

    messages: Sequence[Outgoing]
    cancelled: int


def hand_over(window: Sequence[Outgoing], token: UUID, now: datetime) -> HandedOver:
    """Mark those of a claimed window as handed over that may still leave, and keep what their members will see.

    Called within a transaction.
    """
    params = {
        "ids": [out.message_id for out in window],
        "token": token,
        "now": now,
        "today": now.astimezone(UTC).date(),
        "until": now + LEASE,
    }
    states = dict(prepared(_HAND_OVER, params))
    cancelled = [pk for pk, state in states.items() if state == "cancelled"]
    cancelling.tell(cancelled, now)
    leaving = [replace(out, now=now) for out in window if states.get(out.message_id) == "handed"]
    unseen = [out for out in leaving if not out.stored]
    if unseen:
        with connection.cursor() as cursor, cursor.cursor.copy(_KEEP) as copy:
            copy.set_types(_KEPT)
            for out in unseen:
                copy.write_row((out.message_id, out.subject, out.text, out.html))
    return HandedOver(leaving, len(cancelled))
