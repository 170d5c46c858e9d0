"""What subscribers hear of grants."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from channels.subscriptions.telling import tell
from channels.webhook.events import Event
from content.offers import Change
from members.sql import Sql

# The code is left out: whoever has it can redeem. A grant can be redeemed again after its redemption was undone; how
# many redemptions there are tells the one from the other.
_HAPPENED = """
SELECT g.member_id, %(event)s::text AS event, g.id AS origin_id, GREATEST(taken.times, 1)::int AS visit,
       jsonb_build_object(
           'grant', g.public_id, 'offer', o.key, 'state', g.state, 'price', g.price::text, 'currency', g.currency,
           'valid_from', lower(g.validity), 'valid_until', upper(g.validity)
       ) || CASE WHEN %(of_redemption)s THEN jsonb_build_object(
           'redeemed_at', r.happened_at, 'channel', r.channel, 'store', s.code) ELSE '{}' END AS data
FROM content_grant g
JOIN content_offer o ON o.id = g.offer_id
LEFT JOIN LATERAL (
    SELECT count(*) AS times, max(id) AS last FROM content_redemption WHERE grant_id = g.id
) taken ON true
LEFT JOIN content_redemption r ON r.id = taken.last
LEFT JOIN members_store s ON s.id = r.store_id
WHERE g.id = ANY(%(grants)s)
"""
_OF_REDEMPTION = {Change.REDEEMED, Change.UNDONE}


def changed(grants: Collection[int], change: Change, now: datetime) -> None:
    """Tell what became of grants, in the transaction that changed them."""
    event = Event(f"grant.{change}")
    params = {"grants": list(grants), "event": event.value, "of_redemption": change in _OF_REDEMPTION}
    tell([event], Sql(_HAPPENED, params), now)
