"""What happens to messages by set, besides being queued and delivered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from channels import cancelling
from channels.obstacles import STATE
from channels.vocabulary import OriginKind, Reason
from members.sql import Sql, rows

# A handed message may be on the wire: its fate is the carrier's to tell. Claimed ones are safe to take: the worker's
# hand-over compares state and token, and drops what it no longer holds. Both lock rows in the order of their ids.
_CANCEL = """
WITH origin AS MATERIALIZED ({origins}),
mine AS (
    SELECT x.id FROM origin o JOIN channels_message x
      ON x.member_id = o.member_id AND x.origin_kind = %(kind)s AND x.origin_id = o.origin_id
    WHERE {state} IN ('queued', 'claimed')
    ORDER BY x.id FOR UPDATE OF x
),
moved AS (
    UPDATE channels_message x
    SET state = 'cancelled', reason = %(reason)s, ended_at = %(now)s, lease_token = NULL, lease_until = NULL
    FROM mine WHERE x.id = mine.id
    RETURNING x.*
),
closed AS (
    UPDATE channels_followup f SET state = 'closed', closed_at = %(now)s
    FROM origin o JOIN channels_message x
      ON x.member_id = o.member_id AND x.origin_kind = %(kind)s AND x.origin_id = o.origin_id
    WHERE f.message_id = x.id AND f.state = 'open'
),
counted AS ({counted})
SELECT id FROM moved
"""


_WAITING = """
SELECT count(*) FROM (
    SELECT FROM channels_message
    WHERE journey_id = %(journey)s AND step_key = ANY(%(steps)s) AND state IN ('queued', 'claimed') LIMIT %(most)s
) waiting
"""


def waiting(journey_id: int, step_keys: Sequence[str], most: int) -> int:
    """Return how many messages of these steps of a journey have not left; nobody counts beyond `most`."""
    return int(rows(_WAITING, {"journey": journey_id, "steps": list(step_keys), "most": most})[0][0])


def cancel(origins: Sql, reason: Reason, now: datetime) -> int:
    """Cancel what has not left of these enrollments' messages, close their open follow-ups; return how many.

    `origins` yields (member_id, origin_id).
    """
    named = origins.prefixed("o_")
    params = {
        **named.params,
        "kind": OriginKind.ENROLLMENT.value,
        "reason": reason.value,
        "now": now,
        "today": now.astimezone(UTC).date(),
    }
    return cancelling.cancel(_CANCEL.format(origins=named.text, state=STATE, counted=cancelling.COUNTED), params, now)


_CANCEL_ONE = f"""
WITH moved AS (
    UPDATE channels_message x
    SET state = 'cancelled', reason = %(reason)s, ended_at = %(now)s, lease_token = NULL, lease_until = NULL
    WHERE x.id = %(id)s AND x.state IN ('queued', 'claimed')
    RETURNING x.*
),
counted AS ({cancelling.COUNTED})
SELECT id FROM moved
"""


def cancel_by_hand(message_id: int, now: datetime) -> bool:
    """Cancel one message because somebody says so. Returns False where it has left or ended already."""
    params = {
        "id": message_id,
        "reason": Reason.CANCELLED_BY_HAND.value,
        "now": now,
        "today": now.astimezone(UTC).date(),
    }
    return bool(cancelling.cancel(_CANCEL_ONE, params, now))
