"""Granting an offer to a cohort: one decision a member, which every channel then speaks from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from content.models import Offer
from content.offers import codes
from content.offers.changing import Change, changed
from members import news
from members.sql import Sql, rows

ROUNDS = 20


class Verdict(TextChoices):
    """What became of a candidate."""

    GRANTED = "granted", _("Granted")  # now, or by the first run of the same decision
    ALREADY = "already", _("The member has a live grant of this offer, which is used.")
    SLOT_TAKEN = "slot_taken", _("Another offer is live for the member in the same slot.")
    OFFER_OVER = "offer_over", _("The offer is not active, has not started or has ended.")


@dataclass(frozen=True)
class Decision:
    """The verdict for one candidate, with the id of the grant that is the member's now, if there is one."""

    member_id: int
    origin_id: int
    grant_id: int | None
    verdict: Verdict


# One statement decides, inserts and answers. Asking first and inserting afterwards loses to a concurrent writer, and a
# loop over members costs a round trip each. ON CONFLICT DO NOTHING without a target covers all three constraints: the
# decision's key, the one live grant a slot, and the code. A row that met a writer unseen by this statement's snapshot,
# or a code that exists, ends without a verdict and goes through once more.
_GRANT = """
WITH candidate AS MATERIALIZED ({candidates}),
offer AS MATERIALIZED (
    -- Whole days of 24 hours: adding days to a timestamp would depend on the session's time zone.
    SELECT id, slot, price, currency,
           tstzrange(%(now)s, LEAST(%(now)s + make_interval(hours => 24 * valid_days), ends_at)) AS validity
    FROM content_offer
    WHERE id = %(offer)s AND active
      AND (starts_at IS NULL OR starts_at <= %(now)s) AND (ends_at IS NULL OR ends_at > %(now)s)
),
known AS MATERIALIZED (
    SELECT c.*, first.id AS first_id, live.id AS live_id, uuid_send(gen_random_uuid()) AS noise
    FROM candidate c
    LEFT JOIN content_grant first USING (member_id, origin_kind, origin_id, step_key, visit)
    LEFT JOIN LATERAL (
        SELECT g.id FROM content_grant g
        WHERE g.member_id = c.member_id AND g.offer_id = %(offer)s AND g.state = 'live' AND g.validity @> %(now)s
        ORDER BY g.id LIMIT 1
    ) live ON true
),
granted AS (
    INSERT INTO content_grant (
        public_id, member_id, offer_id, slot, price, currency, code, validity, state, granted_at,
        origin_kind, origin_id, step_key, visit)
    SELECT gen_random_uuid(), k.member_id, o.id, o.slot, o.price, o.currency, {code}, o.validity, 'live', %(now)s,
           k.origin_kind, k.origin_id, k.step_key, k.visit
    FROM known k CROSS JOIN offer o
    WHERE k.first_id IS NULL AND k.live_id IS NULL
    -- Cohorts that meet wait for each other in the same order, so that they cannot deadlock.
    ORDER BY k.member_id, k.origin_id
    ON CONFLICT DO NOTHING
    RETURNING id, member_id, origin_kind, origin_id, step_key, visit
),
told AS ({news})
SELECT k.member_id, k.origin_id, COALESCE(k.first_id, k.live_id, g.id, twin.id),
       CASE WHEN COALESCE(k.first_id, g.id) IS NOT NULL THEN 'granted'
            WHEN COALESCE(k.live_id, twin.id) IS NOT NULL THEN 'already'
            WHEN NOT EXISTS (SELECT 1 FROM offer) THEN 'offer_over'
            WHEN EXISTS (
                SELECT 1 FROM content_grant x JOIN offer o ON x.slot = o.slot AND x.validity && o.validity
                WHERE x.member_id = k.member_id AND x.state = 'live'
            ) THEN 'slot_taken' END,
       (SELECT array_agg(DISTINCT shard) FROM told), g.id
FROM known k
LEFT JOIN granted g USING (member_id, origin_kind, origin_id, step_key, visit)
-- Two candidates of one cohort may be the same member.
LEFT JOIN granted twin ON g.id IS NULL AND twin.member_id = k.member_id
"""
_NEWS = news.insertion(
    "SELECT member_id, 'grant'::text AS topic, id::text AS reference, %(now)s::timestamptz AS since FROM granted"
)


@transaction.atomic
def grant_cohort(offer: Offer, candidates: Sql, now: datetime) -> list[Decision]:
    """Grant an offer to every candidate who can have it, and say for each what became of it.

    `candidates` yields (member_id, origin_kind, origin_id, step_key, visit), an origin id once, and is asked again for
    the few rows that met a concurrent writer; a decision that is repeated gets its first grant. The grant is valid for
    [now, now + the offer's days), at most until the offer ends. News: `grant`.
    """
    decided, open_origins = _round(offer, candidates, now)
    for _attempt in range(ROUNDS):
        if not open_origins:
            return decided
        again = f"SELECT * FROM ({candidates.text}) c WHERE c.origin_id = ANY(%(open_origins)s)"
        more, left = _round(offer, Sql(again, {**candidates.params, "open_origins": open_origins}), now)
        decided += [decision for decision in more if decision.origin_id in set(open_origins)]
        open_origins = left
    raise RuntimeError(f"{len(open_origins)} grants of offer {offer.key} found no free code; try again in a moment.")


def _round(offer: Offer, candidates: Sql, now: datetime) -> tuple[list[Decision], list[int]]:
    """Return the decisions of one statement, and the origin ids of the rows that it could not decide."""
    named = candidates.prefixed("c_")
    params = {**named.params, "offer": offer.pk, "now": now, **codes.params()}
    found = rows(_GRANT.format(candidates=named.text, code=codes.FROM_NOISE, news=_NEWS), params)
    news.announce(found[0][4] if found else None)
    changed([row[5] for row in found if row[5]], Change.GRANTED, now)
    decided = [Decision(row[0], row[1], row[2], Verdict(row[3])) for row in found if row[3]]
    return decided, [row[1] for row in found if not row[3]]
