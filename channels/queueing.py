"""The only way into the outbox: one statement decides for a cohort who gets which message, when, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from channels import quiet
from channels.models import PressurePolicy
from channels.subscriptions.messages import came_to
from channels.vocabulary import LIVE, State
from members import consent, zones
from members.sql import Sql, rows

# One statement, because what it counts and what it inserts must see the same rows; the shards' locks, taken by
# the caller in a statement of their own before, keep other writers of the same members away.
_QUEUE = """
WITH candidate AS MATERIALIZED ({candidates}),
sender AS MATERIALIZED (
    SELECT DISTINCT ON (channel) channel, id FROM channels_sender WHERE active ORDER BY channel, rank, id
),
closed AS MATERIALIZED ({closed}),
option AS (
    SELECT c.*, w.rank, w.channel, carrying.id AS sender_id, v.language,
           COALESCE(c.address_given, i.address, '') AS address,
           COALESCE(c.purpose_given, t.purpose, 'promotional') AS purpose,
           {member_zone} AS zone
    FROM candidate c
    JOIN members_member m ON m.id = c.member_id
    {member_zone_join}
    -- Every candidate gets an answer, also one whose content was deleted: it has no variant.
    LEFT JOIN content_content t ON t.id = c.content_id
    CROSS JOIN LATERAL (
        SELECT min(rank) AS rank, channel FROM (
            SELECT rank, CASE WHEN named = 'preferred' THEN NULLIF(m.preferred_channel, '') ELSE named END AS channel
            FROM unnest(c.channels) WITH ORDINALITY AS listed(named, rank)
        ) listed WHERE channel IS NOT NULL GROUP BY channel
    ) w
    LEFT JOIN sender carrying ON carrying.channel = w.channel
    LEFT JOIN members_identity i ON i.member_id = c.member_id AND i.channel = w.channel AND i.verified
    -- The member's language, else its parent, else the house's, else whatever there is.
    LEFT JOIN LATERAL (
        SELECT language FROM content_variant v WHERE v.content_id = c.content_id AND v.channel = w.channel
        ORDER BY CASE v.language WHEN m.locale THEN 0 WHEN split_part(m.locale, '-', 1) THEN 1
                 WHEN %(language)s THEN 2 ELSE 3 END, v.language
        LIMIT 1
    ) v ON true
),
obstacle AS (
    SELECT o.*, CASE
        WHEN o.language IS NULL THEN 'no_variant'
        WHEN o.sender_id IS NULL THEN 'no_sender'
        WHEN o.address = '' AND o.channel IN ('email', 'sms', 'chat') THEN 'no_address'
        WHEN {suppressed} THEN 'suppressed'
        WHEN NOT {allowed} THEN 'no_consent'
    END AS obstacle
    FROM option o
),
-- A free channel first, in the step's order; with none, the reason that came closest to a message.
chosen AS (
    SELECT DISTINCT ON (origin_kind, origin_id, step_key, visit) o.*
    FROM obstacle o
    ORDER BY origin_kind, origin_id, step_key, visit, obstacle IS NOT NULL,
             array_position(ARRAY['no_consent', 'suppressed', 'no_address', 'no_sender', 'no_variant'], obstacle), rank
),
planned AS (
    SELECT o.*, g.id AS grant_id, g.price, g.currency, p.planned_at,
           CASE WHEN o.once_key IS NULL OR o.address = '' OR o.journey_id IS NULL THEN NULL
                ELSE md5(concat_ws(chr(31), o.journey_id, o.step_key, o.visit, o.channel, o.address, o.once_key))::uuid
           END AS once,
           COALESCE(o.obstacle,
                    CASE WHEN p.planned_at >= o.expires_at THEN 'quiet_hours'
                         WHEN o.offer_id IS NOT NULL AND g.id IS NULL THEN 'no_grant' END) AS reason
    FROM chosen o
    LEFT JOIN closed q ON q.channel = o.channel AND q.zone = o.zone
    CROSS JOIN LATERAL (SELECT COALESCE({after_opening}, %(now)s) AS planned_at) p
    LEFT JOIN LATERAL (
        SELECT id, price, currency FROM content_grant g
        WHERE g.member_id = o.member_id AND g.offer_id = o.offer_id AND g.state = 'live'
          AND g.validity @> p.planned_at
        ORDER BY g.id LIMIT 1
    ) g ON true
),
shared AS (
    SELECT p.*, COALESCE(p.reason, CASE WHEN p.once IS NOT NULL AND EXISTS (
        SELECT 1 FROM channels_message x
        WHERE x.once = p.once AND x.state <> 'cancelled' AND x.member_id <> p.member_id
          AND x.planned_at > p.planned_at - interval '30 days'
    ) THEN 'shared_address' END) AS no
    FROM planned p
),
-- Contact pressure: no window of so many days around the planned departure may hold more than the policy allows.
-- Counting all of ±days is stricter than each single window by itself, and never too lax.
pressed AS (
    SELECT s.*, live.count AS before, live.free_at,
           CASE WHEN s.counts THEN row_number() OVER importance END AS place,
           CASE WHEN s.counts THEN first_value(s.journey_name) OVER importance END AS winner
    FROM (SELECT *, no IS NULL AND purpose = 'promotional' AS counts FROM shared) s
    LEFT JOIN LATERAL (
        SELECT count(*) AS count,
               (array_agg(x.planned_at ORDER BY x.planned_at DESC))[%(messages)s] + %(window)s AS free_at
        FROM channels_message x
        WHERE x.member_id = s.member_id AND x.purpose = 'promotional' AND x.state = ANY(%(live)s)
          AND x.planned_at > s.planned_at - %(window)s AND x.planned_at < s.planned_at + %(window)s
    ) live ON s.counts AND %(messages)s IS NOT NULL
    WINDOW importance AS (
        PARTITION BY s.member_id, s.counts ORDER BY s.priority, s.expires_at, s.origin_id, s.step_key)
),
judged AS (
    SELECT p.*, COALESCE(p.no, CASE WHEN before >= %(messages)s THEN 'capped'
                                    WHEN before + place > %(messages)s THEN 'lost' END) AS verdict
    FROM pressed p
),
queued AS (
    INSERT INTO channels_message (
        public_id, member_id, channel, purpose, address, language, content_id, grant_id, price, currency, sender_id,
        team_id, origin_kind, origin_id, step_key, visit, journey_id, journey_name, once, planned_day, state, reason,
        words, priority, queued_at, planned_at, due_at, expires_at, attempts, carrier_id)
    SELECT gen_random_uuid(), member_id, channel, purpose, address, language, content_id, grant_id, price,
           COALESCE(currency, ''), sender_id, team_id, origin_kind, origin_id, step_key, visit, journey_id,
           -- The same member again on the same day, who came back into the journey, shares the address with nobody.
           journey_name, CASE WHEN NOT again THEN once END, planned_day, 'queued',
           '', '', priority, %(now)s, planned_at, planned_at, expires_at, 0, ''
    FROM judged CROSS JOIN LATERAL (
        SELECT DATE '1970-01-01' + (extract(epoch FROM planned_at)::bigint / 86400)::int AS planned_day
    ) d CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT 1 FROM channels_message x
                       WHERE x.once = judged.once AND x.planned_day = d.planned_day AND x.state <> 'cancelled'
                         AND x.member_id = judged.member_id) AS again
    ) e
    WHERE verdict IS NULL
    -- Two constraints may refuse a row: the message's key, when a lost answer is repeated, and the shared address.
    ON CONFLICT DO NOTHING
    RETURNING id, member_id, origin_kind, origin_id, step_key, visit, journey_id, channel
),
counted AS (
    INSERT INTO channels_messagecount (journey_id, step_key, channel, state, day, count)
    SELECT journey_id, step_key, channel, 'queued', %(today)s, count(*)
    FROM queued GROUP BY journey_id, step_key, channel
)
SELECT j.origin_id, j.step_key, COALESCE(q.id, k.id),
       CASE WHEN COALESCE(q.id, k.id) IS NULL THEN COALESCE(j.verdict, 'shared_address') ELSE '' END,
       CASE WHEN j.verdict = 'lost' THEN j.winner ELSE '' END, j.channel, j.planned_at,
       CASE WHEN COALESCE(q.id, k.id) IS NULL AND j.losing = 'defer' THEN
           CASE j.verdict WHEN 'capped' THEN j.free_at WHEN 'lost' THEN %(now)s + interval '1 day' END
       END, j.expires_at
FROM judged j
LEFT JOIN queued q USING (origin_kind, origin_id, step_key, visit)
LEFT JOIN channels_message k ON k.member_id = j.member_id AND k.origin_kind = j.origin_kind
    AND k.origin_id = j.origin_id AND k.step_key = j.step_key AND k.visit = j.visit
"""


@dataclass(frozen=True)
class Verdict:
    """What the outbox says of one candidate: `message_id`, or a `reason` of `channels.vocabulary.Reason`.

    `retry_at` is set where the loser may be asked again then, before its deadline; `winner` is the name of the journey
    that took the member's place.
    """

    origin_id: int
    step_key: str
    message_id: int | None
    reason: str
    winner: str
    channel: str
    planned_at: datetime
    retry_at: datetime | None
    expires_at: datetime


def queue(candidates: Sql, now: datetime) -> list[Verdict]:
    """Queue a message for every candidate that may have one and say why the others may not.

    `candidates` yields the columns that `journeys.steps.base.SendingKind.candidates` lists, followed by `address_given
    text` and `purpose_given text`, null to take the member's address and the content's purpose. The caller holds the
    locks of the candidates' shards. A repeated candidate gets the message that it has.
    """
    policy = PressurePolicy.objects.filter(pk=1).values_list("messages", "days").first()
    messages, days = policy or (None, 1)
    named, away = candidates.prefixed("c_"), quiet.closed(now).prefixed("q_")
    text = _QUEUE.format(
        candidates=named.text,
        closed=away.text,
        after_opening=quiet.after_opening("o.member_id", "o.step_key", "q"),
        member_zone=zones.MEMBER_ZONE,
        member_zone_join=zones.MEMBER_ZONE_JOIN,
        suppressed=consent.suppressed("o.channel", "o.address"),
        allowed=consent.allowed(member="o.member_id", channel="o.channel", purpose="o.purpose"),
    )
    params = {
        **named.params,
        **away.params,
        "now": now,
        "today": now.astimezone(UTC).date(),
        "messages": messages,
        "window": f"{days} days",
        "live": list(LIVE),
        "default_zone": zones.DEFAULT,
        "language": settings.LANGUAGE_CODE.split("-")[0],
    }
    found = rows(text.replace("%(window)s", "%(window)s::interval").replace("%(now)s", "%(now)s::timestamptz"), params)
    verdicts = [_verdict(row) for row in found]
    came_to([(each.message_id, State.QUEUED) for each in verdicts if each.message_id], now)
    return verdicts


def _verdict(row: tuple[Any, ...]) -> Verdict:
    origin_id, step_key, message_id, reason, winner, channel, planned_at, retry_at, expires_at = row
    if retry_at is not None and retry_at >= expires_at:
        retry_at = None
    return Verdict(
        origin_id, step_key, message_id, reason, winner or "", channel or "", planned_at, retry_at, expires_at
    )
