"""The only way into the outbox: one statement decides for a cohort who gets which message, when, or why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from channels import quiet, verdicts
from channels.models import PressurePolicy
from channels.pressure import judge
from channels.subscriptions.messages import all_came_to
from channels.vocabulary import State
from members import consent, zones
from members.sql import Sql, rows

# One statement, because what it counts and what it inserts must see the same rows; the shards' locks, taken by
# the caller in a statement of their own before, keep other writers of the same members away.
# MATERIALIZED fences what is worked out once: PostgreSQL writes an expression out anew wherever its name is used, and
# so asked for consent three times and for shared addresses five times.
_QUEUE = """
WITH RECURSIVE candidate AS MATERIALIZED ({candidates}),
sender AS MATERIALIZED (
    SELECT DISTINCT ON (channel) channel, id FROM channels_sender WHERE active ORDER BY channel, rank, id
),
closed AS MATERIALIZED ({closed}),
known AS MATERIALIZED (
    SELECT row_number() OVER () AS number, c.*, m.locale, m.preferred_channel,
           COALESCE(c.purpose_given, t.purpose, 'promotional') AS purpose,
           {member_zone} AS zone, {member_country} AS country
    FROM candidate c
    JOIN members_member m ON m.id = c.member_id
    {member_zone_join}
    -- Every candidate gets an answer, also one whose content was deleted: it has no variant.
    LEFT JOIN content_content t ON t.id = c.content_id
),
-- The channels of a candidate in the order of its step. What can carry a message there is asked for once for all who
-- want the same: the sender, and the member's language, else its parent, else the house's, else whatever there is.
wish AS MATERIALIZED (
    SELECT w.*, l.rank, l.channel, (SELECT id FROM sender WHERE sender.channel = l.channel) AS sender_id,
           (
               SELECT language FROM content_variant v WHERE v.content_id = w.content_id AND v.channel = l.channel
               ORDER BY CASE v.language WHEN w.locale THEN 0 WHEN split_part(w.locale, '-', 1) THEN 1
                        WHEN %(language)s THEN 2 ELSE 3 END, v.language
               LIMIT 1
           ) AS language
    FROM (SELECT DISTINCT content_id, channels, preferred_channel, locale FROM known) w
    CROSS JOIN LATERAL (
        SELECT rank, CASE WHEN named = 'preferred' THEN NULLIF(w.preferred_channel, '') ELSE named END AS channel
        FROM unnest(w.channels) WITH ORDINALITY AS listed(named, rank)
    ) l WHERE l.channel IS NOT NULL
),
-- FULL wherever many meet many, because it is never made by comparing each with each: of how many there are the planner
-- knows nothing. In truth each row on the right has one on the left.
way AS MATERIALIZED (
    SELECT k.number, k.member_id, k.purpose, k.address_given, w.rank, w.channel, w.sender_id, w.language
    FROM known k FULL JOIN wish w
      ON COALESCE(w.content_id, 0) = COALESCE(k.content_id, 0) AND w.channels = k.channels
     AND w.preferred_channel = k.preferred_channel AND w.locale = k.locale
),
-- Where a member is reached and what stands against it, asked for once for all that is wanted of the member.
reach AS MATERIALIZED (
    SELECT r.*, CASE
               WHEN address = '' AND channel IN ('email', 'sms', 'chat') THEN 'no_address'
               WHEN {suppressed} THEN 'suppressed'
               WHEN NOT {allowed} THEN 'no_consent'
           END AS obstacle
    FROM (
        SELECT o.*, COALESCE(o.address_given, (
                   SELECT address FROM members_identity i
                   WHERE i.member_id = o.member_id AND i.channel = o.channel AND i.verified
               ), '') AS address
        FROM (
            SELECT DISTINCT member_id, channel, purpose, address_given FROM way
            WHERE language IS NOT NULL AND sender_id IS NOT NULL
        ) o OFFSET 0
    ) r
),
-- The first channel that nothing stands against. With none, the reason that came closest to a message.
best AS (
    SELECT DISTINCT ON (w.number) w.number, w.channel, w.sender_id, w.language, r.address, o.obstacle
    FROM way w FULL JOIN reach r
      ON r.member_id = w.member_id AND r.channel = w.channel AND r.purpose = w.purpose
     AND COALESCE('=' || r.address_given, '') = COALESCE('=' || w.address_given, '')
    CROSS JOIN LATERAL (
        SELECT CASE WHEN w.language IS NULL THEN 'no_variant' WHEN w.sender_id IS NULL THEN 'no_sender'
                    ELSE r.obstacle END AS obstacle
    ) o
    ORDER BY w.number, o.obstacle IS NOT NULL,
             array_position(ARRAY['no_consent', 'suppressed', 'no_address', 'no_sender', 'no_variant'], o.obstacle),
             w.rank
),
chosen AS (
    SELECT k.*, b.channel, b.sender_id, COALESCE(b.address, '') AS address, b.language,
           CASE WHEN b.channel IS NULL THEN 'no_address' ELSE b.obstacle END AS obstacle
    FROM known k FULL JOIN best b USING (number)
),
planned AS MATERIALIZED (
    SELECT o.*, p.planned_at, DATE '1970-01-01' + (extract(epoch FROM planned_at)::bigint / 86400)::int AS planned_day,
           CASE WHEN o.obstacle IS NULL AND o.once_key IS NOT NULL AND o.address <> '' AND o.journey_id IS NOT NULL
                THEN md5(concat_ws(chr(31), o.journey_id, o.step_key, o.visit, o.channel, o.address, o.once_key))::uuid
           END AS once
    FROM chosen o
    LEFT JOIN closed q ON q.channel = o.channel AND q.zone = o.zone AND q.country = o.country
    CROSS JOIN LATERAL (SELECT COALESCE({after_opening}, %(now)s) AS planned_at) p
),
shared AS MATERIALIZED (
    SELECT p.*, known.id AS known_id, g.id AS grant_id, g.price, g.currency, once.again,
           CASE WHEN known.id IS NOT NULL THEN 'known'
                WHEN p.obstacle IS NOT NULL THEN p.obstacle
                WHEN p.expires_at <= %(now)s THEN 'expired'
                WHEN p.planned_at >= p.expires_at THEN 'quiet_hours'
                WHEN p.offer_id IS NOT NULL AND g.id IS NULL THEN 'no_grant'
                WHEN once.taken THEN 'shared_address' END AS no
    FROM planned p
    -- A lost answer is asked again: what it queued is found here.
    LEFT JOIN LATERAL (
        SELECT id FROM channels_message k WHERE k.member_id = p.member_id AND k.origin_kind = p.origin_kind
           AND k.origin_id = p.origin_id AND k.step_key = p.step_key AND k.visit = p.visit
        LIMIT 1
    ) known ON true
    LEFT JOIN LATERAL (
        SELECT id, price, currency FROM content_grant g
        WHERE p.offer_id IS NOT NULL AND g.member_id = p.member_id AND g.offer_id = p.offer_id AND g.state = 'live'
          AND g.validity @> p.planned_at
        ORDER BY g.id LIMIT 1
    ) g ON true
    -- The same member again on the same day, who came back into the journey, shares the address with nobody.
    LEFT JOIN LATERAL (
        SELECT bool_or(x.member_id <> p.member_id AND x.planned_at > p.planned_at - interval '30 days') AS taken,
               bool_or(x.member_id = p.member_id AND x.planned_day = p.planned_day) AS again
        FROM channels_message x WHERE x.once = p.once AND x.state <> 'cancelled'
    ) once ON true
),
{judged},
queued AS (
    INSERT INTO channels_message (
        public_id, member_id, channel, purpose, address, language, content_id, grant_id, price, currency, sender_id,
        team_id, origin_kind, origin_id, step_key, visit, journey_id, journey_name, once, planned_day, state, reason,
        words, priority, queued_at, planned_at, due_at, expires_at, attempts, carrier_id)
    SELECT gen_random_uuid(), member_id, channel, purpose, address, language, content_id, grant_id, price,
           COALESCE(currency, ''), sender_id, team_id, origin_kind, origin_id, step_key, visit, journey_id,
           journey_name, CASE WHEN again IS NOT TRUE THEN once END, planned_day, 'queued',
           '', '', priority, %(now)s, planned_at, planned_at, expires_at, 0, ''
    FROM judged WHERE verdict IS NULL
    -- Two constraints may refuse a row: the message's key, asked for twice at once, and the shared address.
    ON CONFLICT DO NOTHING
    RETURNING id, origin_kind, origin_id, step_key, visit, journey_id, channel
),
counted AS (
    INSERT INTO channels_messagecount (journey_id, step_key, channel, state, day, count)
    SELECT journey_id, step_key, channel, 'queued', %(today)s, count(*)
    FROM queued GROUP BY journey_id, step_key, channel
),
told AS (
    INSERT INTO {verdicts} ({columns})
    SELECT j.origin_id, j.step_key, COALESCE(q.id, j.known_id),
           CASE WHEN COALESCE(q.id, j.known_id) IS NULL THEN COALESCE(j.verdict, 'shared_address') ELSE '' END,
           COALESCE(j.channel, ''), j.planned_at,
           CASE WHEN j.losing = 'defer' AND retry.at < j.expires_at THEN retry.at END,
           j.journey_id, q.id IS NOT NULL, why.policy_id, why.ids, j.winner, j.winner_id
    FROM judged j
    -- Every row of `queued` has one of `judged`.
    FULL JOIN queued q USING (origin_id, step_key, visit, origin_kind)
    {why}
    CROSS JOIN LATERAL (
        SELECT CASE j.verdict WHEN 'capped' THEN why.free_at WHEN 'lost' THEN %(now)s + interval '1 day' END AS at
    ) retry
    RETURNING journey_id, message_id, fresh, reason
)
SELECT journey_id, count(message_id), count(*) FILTER (WHERE fresh), count(*) FILTER (WHERE reason = 'lost')
FROM told GROUP BY journey_id
"""


class Verdict(NamedTuple):
    """What the outbox says of one candidate: `message_id`, or a `reason` of `channels.vocabulary.Reason`.

    `retry_at` is set where the loser may be asked again then, before its deadline. `policy` is what stood in the way of
    one that is capped or lost, with the `counted` messages (ids, the latest first, at most 20) that leave no room;
    `winner` is the name of the journey that took the last of it, by the message `winner_id`. `fresh` says that the
    message was queued now and not before.
    """

    origin_id: int
    step_key: str
    message_id: int | None
    reason: str
    channel: str
    planned_at: datetime
    retry_at: datetime | None
    journey_id: int | None
    fresh: bool
    policy: PressurePolicy | None = None
    counted: Sequence[int] = ()
    winner: str = ""
    winner_id: int | None = None


@dataclass
class Queued:
    """What came of a cohort whose verdicts stand in `channels.verdicts`.

    How many messages there are, how many of them were queued now, by journey, how many candidates lost, and the
    policies that were asked, by their ids.
    """

    policies: Mapping[int, PressurePolicy]
    messages: int = 0
    fresh: Counter[int] = field(default_factory=Counter)
    lost: int = 0


def queue(candidates: Sql, now: datetime) -> list[Verdict]:
    """Queue as `queue_cohort` does and return the verdicts, for those who ask about single members."""
    with transaction.atomic(savepoint=False):
        policies = queue_cohort(candidates, now).policies
        answers = rows(verdicts.ALL, {})
    return [
        Verdict._make((*answer, policies.get(policy), counted or (), winner or "", by))
        for *answer, policy, counted, winner, _origin, by in answers
    ]


def queue_cohort(candidates: Sql, now: datetime) -> Queued:
    """Queue a message for every candidate that may have one, and say of each in `channels.verdicts` what came of it.

    `candidates` yields the columns that `journeys.steps.base.SendingKind.candidates` lists, followed by `address_given
    text` and `purpose_given text`, null to take the member's address and the content's purpose. The caller holds the
    locks of the candidates' shards. A repeated candidate gets the message that it has.
    """
    policies = {one.pk: one for one in PressurePolicy.objects.filter(active=True).select_related("segment")}
    done = Queued(policies)
    verdicts.clear()
    _judge(candidates, done, now)
    # An address that another member of the same batch came to first may leave a winner without a message.
    while done.lost and (vain := verdicts.take_back()):
        done.lost = 0
        left = candidates.prefixed("l_")
        text = f"SELECT * FROM ({left.text}) l WHERE l.origin_id = ANY(%(vain)s)"
        _judge(Sql(text, {**left.params, "vain": vain}), done, now)
    if done.messages:
        all_came_to(Sql(f"SELECT message_id FROM {verdicts.TABLE} WHERE message_id IS NOT NULL"), State.QUEUED, now)
    return done


def _judge(candidates: Sql, done: Queued, now: datetime) -> None:
    """Judge candidates and count what came of them in with what is done."""
    named, judgement, closed = candidates.prefixed("c_"), judge(list(done.policies.values())), quiet.closed(now)
    away = closed.relation.prefixed("q_")
    text = _QUEUE.format(
        candidates=named.text,
        closed=away.text,
        judged=judgement.judged,
        why=judgement.why,
        verdicts=verdicts.TABLE,
        columns=verdicts.COLUMNS,
        after_opening=quiet.after_opening("o.member_id", "o.step_key", "q"),
        member_zone=zones.MEMBER_ZONE,
        member_country=closed.country,
        member_zone_join=zones.MEMBER_ZONE_JOIN,
        suppressed=consent.suppressed("r.channel", "r.address"),
        allowed=consent.allowed(member="r.member_id", channel="r.channel", purpose="r.purpose"),
    )
    params = {
        **named.params,
        **away.params,
        **judgement.params,
        "now": now,
        "today": now.astimezone(UTC).date(),
        "default_zone": zones.DEFAULT,
        "language": settings.LANGUAGE_CODE.split("-")[0],
    }
    for journey, messages, fresh, lost in rows(text.replace("%(now)s", "%(now)s::timestamptz"), params):
        done.messages += messages
        done.lost += lost
        if journey and fresh:
            done.fresh[journey] += fresh
