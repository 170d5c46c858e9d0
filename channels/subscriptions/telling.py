"""Telling: a message in the outbox for each subscription to each event."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from channels.webhook.events import Event
from members.sql import Sql, execute, prepared

# So long a receiver may be away; docs/webhooks.md promises it.
DEADLINE = timedelta(days=3)

# Asked before the statement below, because planning that one takes longer than this one altogether. With the statement
# inside those that make the changes, each of them took half a millisecond more, whether anybody listened or not.
_LISTENED = """
SELECT EXISTS (SELECT FROM channels_sender WHERE adapter = 'webhook' AND active AND settings -> 'events' ?| %(events)s)
"""
# Not by `queueing.queue`: what a machine is told needs no consent, no quiet hours and no place under contact pressure.
# Senders are locked against being deleted meanwhile, for the change itself would fail on a message without a sender.
_TELL = """
WITH happened AS MATERIALIZED ({happened}),
hearing AS MATERIALIZED (
    SELECT id, settings -> 'events' AS events FROM channels_sender
    WHERE adapter = 'webhook' AND active AND settings -> 'events' ?| %(events)s ORDER BY id FOR KEY SHARE
)
INSERT INTO channels_message (
    public_id, member_id, channel, purpose, address, language, payload, currency, sender_id, origin_kind, origin_id,
    step_key, visit, journey_name, planned_day, state, reason, words, priority, queued_at, planned_at, due_at,
    expires_at, attempts, carrier_id)
SELECT gen_random_uuid(), h.member_id, 'webhook', 'transactional', '', '',
       jsonb_build_object('type', h.event, 'timestamp', %(now)s::timestamptz, 'data',
           jsonb_build_object('member', m.public_id, 'external_id', m.external_id) || h.data),
       '', hearing.id, 'webhook', h.origin_id, h.event || ':' || hearing.id::text, h.visit, '', %(today)s, 'queued',
       '', '', 50, %(now)s, %(now)s, %(now)s, %(until)s, 0, ''
FROM happened h JOIN members_member m ON m.id = h.member_id JOIN hearing ON hearing.events ? h.event
ON CONFLICT DO NOTHING
"""


def tell(events: Iterable[Event], happened: Sql, now: datetime) -> int:
    """Queue what subscribers to these events hear, in the transaction of what happened; return how many messages.

    `happened` yields (member_id, event, origin_id, visit, data): of whom, what, of which thing, for the how many-th
    time, and the payload's data besides the member. The first four name an event; told again it is the same one.
    """
    asked = {"events": [event.value for event in events]}
    if not prepared(_LISTENED, asked)[0][0]:
        return 0
    named = happened.prefixed("h_")
    today = now.astimezone(UTC).date()
    params = {**named.params, **asked, "now": now, "today": today, "until": now + DEADLINE}
    return execute(_TELL.format(happened=named.text), params)
