"""Redeeming by real purchases: what a member bought inside the validity, without anyone typing a code."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from content.offers.redeeming import AFTERWARDS, settle
from members.sql import Sql

# A purchase redeems at most one grant a slot (none, if it redeemed one of the slot before), and a grant goes to the
# earliest purchase that fits; one that was undone does not take that grant again. Returns do not count. The purchase
# decides by the time when it happened: a till that reports late redeems what was live then, unless that has been closed
# meanwhile.
_REDEEM = f"""
WITH bought AS MATERIALIZED (
    SELECT p.id, p.member_id, p.happened_at, p.store_id FROM members_purchase p
    WHERE p.id IN ({{purchases}}) AND p.quantity > 0
),
fit AS MATERIALIZED (
    SELECT DISTINCT ON (g.id) g.id AS grant_id, b.id AS purchase_id, b.happened_at, b.store_id
    FROM bought b
    JOIN content_grant g ON g.member_id = b.member_id AND g.state = 'live' AND g.validity @> b.happened_at
    JOIN content_offer o ON o.id = g.offer_id
    WHERE (o.sku = '' AND o.category = '' OR EXISTS (
              SELECT 1 FROM members_purchaseline l
              WHERE l.purchase_id = b.id AND l.quantity > 0
                AND o.sku IN ('', l.sku) AND o.category IN ('', l.category)))
      AND NOT EXISTS (
          SELECT 1 FROM content_redemption r JOIN content_grant before ON before.id = r.grant_id
          WHERE r.member_id = b.member_id AND r.purchase_id = b.id AND before.slot = g.slot
            AND (r.undone_at IS NULL OR before.id = g.id))
    ORDER BY g.id, b.happened_at, b.id
),
locked AS (
    SELECT g.id FROM content_grant g WHERE g.id IN (SELECT grant_id FROM fit) AND g.state = 'live'
    ORDER BY g.id FOR UPDATE
),
closed AS (
    UPDATE content_grant g SET state = 'redeemed', closed_at = %(now)s
    FROM locked JOIN fit f ON f.grant_id = locked.id WHERE g.id = locked.id
    RETURNING g.id, g.member_id, g.offer_id, g.price, g.currency, 'purchase:' || f.purchase_id AS request_key,
              f.happened_at, 'counter'::text AS channel, f.store_id, NULL::bigint AS who_id, ''::text AS who_name,
              f.purchase_id
),
{AFTERWARDS}
"""


@transaction.atomic
def redeem_by_purchases(purchases: Sql, now: datetime) -> list[int]:
    """Redeem the live grants that these purchases (a SELECT of purchase ids) took; return the ids of the grants.

    A purchase fits if it happened inside the validity and a line of it has the offer's sku and category, where the
    offer names them.
    """
    named = purchases.prefixed("p_")
    return settle(_REDEEM.format(purchases=named.text), {**named.params, "now": now}, now)
