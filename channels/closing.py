"""What ends with a grant: messages that have not left, and follow-ups that nobody needs to work any more."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from channels import cancelling
from channels.obstacles import STATE
from members.sql import rows

# Bookkeeping: a message about a dead grant cannot be claimed or handed over anyway. Handed ones are with the carrier.
# Rows are locked in the order of their ids, as in a hand-over: the two wait for each other instead of deadlocking.
_CLOSE = f"""
WITH mine AS (
    SELECT x.id FROM channels_message x WHERE x.grant_id = ANY(%(grants)s) AND {STATE} IN ('queued', 'claimed')
    ORDER BY x.id FOR UPDATE
),
moved AS (
    UPDATE channels_message x
    SET state = 'cancelled', reason = 'grant_closed', ended_at = %(now)s, lease_token = NULL, lease_until = NULL
    FROM mine WHERE x.id = mine.id
    RETURNING x.*
),
counted AS ({cancelling.COUNTED}),
closed AS (
    UPDATE channels_followup f SET state = 'closed', closed_at = %(now)s
    FROM channels_message x WHERE x.id = f.message_id AND x.grant_id = ANY(%(grants)s) AND f.state = 'open'
)
SELECT id FROM moved
"""


def grants_closed(grants: Collection[int], now: datetime) -> None:
    """Cancel what has not left about these grants and close their open follow-ups, in the transaction ending them."""
    params = {"grants": list(grants), "now": now, "today": now.astimezone(UTC).date()}
    cancelling.cancel(_CLOSE, params, now)


# A follow-up that the redemption closed bears its time; one that ended with its journey stays closed. Messages stay
# cancelled: nobody is written to at the hour of an undoing.
_REOPEN = """
UPDATE channels_followup f SET state = 'open', closed_at = NULL
FROM channels_message x JOIN content_redemption r ON r.grant_id = x.grant_id
WHERE x.id = f.message_id AND x.grant_id = ANY(%(grants)s) AND f.state = 'closed'
  AND r.undone_at = %(now)s AND f.closed_at = r.recorded_at
"""


def grants_reopened(grants: Collection[int], now: datetime) -> None:
    """Open the follow-ups again that the redemption closed which is being undone, in the same transaction."""
    rows(_REOPEN, {"grants": list(grants), "now": now})
