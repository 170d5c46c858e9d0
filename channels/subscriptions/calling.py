"""Calling: what a step of a journey tells one receiver by name, as a message in the outbox like any other webhook."""

from __future__ import annotations

from datetime import UTC, datetime

from channels.models import Sender
from channels.vocabulary import WEBHOOK
from channels.webhook.events import Event
from members.sql import Sql, rows

# The receiver is locked against being deleted meanwhile, for the cohort's move would fail on a message without a
# sender. Contact pressure, consent and quiet hours are the member's, and this is said to a machine; a hold on the
# journey keeps it back, and so does unread news, because the row is the journey's.
_CALL = """
WITH taken AS MATERIALIZED ({taken}),
hearing AS MATERIALIZED (
    SELECT id FROM channels_sender
    WHERE adapter = 'webhook' AND active AND name = %(receiver)s AND settings -> 'events' ? %(event)s FOR KEY SHARE
),
queued AS (
    INSERT INTO channels_message (
        public_id, member_id, channel, purpose, address, language, payload, currency, sender_id, origin_kind, origin_id,
        step_key, visit, journey_id, journey_name, planned_day, state, reason, words, priority, queued_at, planned_at,
        due_at, expires_at, attempts, carrier_id)
    SELECT gen_random_uuid(), t.member_id, 'webhook', 'transactional', '', '',
           jsonb_build_object('type', %(event)s::text, 'timestamp', %(now)s::timestamptz, 'data',
               jsonb_build_object('member', m.public_id, 'external_id', m.external_id) || t.data),
           '', hearing.id, 'enrollment', t.origin_id, t.step_key, t.visit, t.journey_id, t.journey_name, %(today)s,
           'queued', '', '', 50, %(now)s, %(now)s, %(now)s, t.expires_at, 0, ''
    FROM taken t JOIN members_member m ON m.id = t.member_id CROSS JOIN hearing
    ON CONFLICT DO NOTHING
    RETURNING journey_id, step_key, channel
),
counted AS (
    INSERT INTO channels_messagecount (journey_id, step_key, channel, state, day, count)
    SELECT journey_id, step_key, channel, 'queued', %(today)s, count(*) FROM queued GROUP BY 1, 2, 3
)
SELECT count(*) FROM queued
"""


def call(receiver: str, taken: Sql, now: datetime) -> int:
    """Queue what the receiver of this name hears of a step, in the transaction that moves the cohort; return how many.

    `taken` yields (member_id, origin_id, step_key, visit, journey_id, journey_name, expires_at, data): the enrollment
    with its step and visit, which refuse a second message, and the payload's data besides the member. Nothing is
    queued where no active receiver of this name listens to steps of journeys.
    """
    named = taken.prefixed("t_")
    today = now.astimezone(UTC).date()
    params = {"receiver": receiver, "event": Event.JOURNEY_STEP.value, "now": now, "today": today}
    return int(rows(_CALL.format(taken=named.text), {**named.params, **params})[0][0])


def receivers() -> list[str]:
    """Return the names of those who listen to steps of journeys, whether they are active now or not."""
    listed = Sender.objects.filter(channel=WEBHOOK, settings__events__contains=[Event.JOURNEY_STEP.value])
    return list(listed.order_by("name").values_list("name", flat=True))
