"""Receipts taken in by one statement: each is kept once, its message found, and settled where it still can be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any
from uuid import UUID

from channels.base import ReceiptEvent
from channels.models import Sender
from channels.subscriptions import messages
from channels.vocabulary import State, to_member
from members.sql import rows
from members.staging import staged

_COLUMNS = {
    "position": "int",
    "key": "text",
    "kind": "text",
    "happened_at": "timestamptz",
    "payload": "jsonb",
    "message_key": "uuid",
    "carrier_id": "text",
    "address": "text",
    "words": "text",
}

# `kept` waits for another transaction that takes the same receipt in, and then does nothing: exactly one wins. Keys and
# messages are touched in their order, so that two batches wait for each other and never deadlock.
#
# A message is found by our key, else by the carrier's id. Whoever writes from an address answers the message that last
# went there; if none ever did, the first member who has the address is meant. An address alone settles no message.
#
# What a member never saw (a test) is settled, and the member whose data it shows knows nothing.
#
# A failure wins over a delivery, and nothing goes back from delivered to sent. A message that is tried again (queued,
# claimed) although it had left is settled as well, before it leaves twice. A `handed` one keeps its lease: the worker
# that handed it over still notes the departure.
_RECEIVE = """
WITH given AS MATERIALIZED ({given}),
once AS (SELECT DISTINCT ON (key) * FROM given ORDER BY key, position),
addressed AS (
    SELECT o.*, COALESCE(
        (SELECT x.id FROM channels_message x WHERE x.public_id = o.message_key AND x.sender_id = %(sender)s),
        (SELECT x.id FROM channels_message x
         WHERE o.carrier_id <> '' AND x.sender_id = %(sender)s AND x.carrier_id = o.carrier_id AND x.carrier_id <> ''
         ORDER BY x.id DESC LIMIT 1)) AS named_id
    FROM once o
),
found AS MATERIALIZED (
    SELECT a.*, x.id AS message_id, COALESCE(NULLIF(x.address, ''), a.address) AS at,
           CASE WHEN x.id IS NULL THEN (
               SELECT i.member_id FROM members_identity i WHERE i.channel = %(channel)s AND i.address = a.address
               ORDER BY i.member_id LIMIT 1)
           WHEN {to_member} THEN x.member_id END AS member_id
    FROM addressed a
    LEFT JOIN LATERAL (
        SELECT x.id FROM members_identity i JOIN channels_message x ON x.member_id = i.member_id
        WHERE a.named_id IS NULL AND a.address <> '' AND i.channel = %(channel)s AND i.address = a.address
          AND x.channel = %(channel)s AND x.address = a.address AND x.handed_at IS NOT NULL
        ORDER BY x.handed_at DESC, x.id DESC LIMIT 1
    ) answered ON true
    LEFT JOIN channels_message x ON x.id = COALESCE(a.named_id, answered.id)
),
kept AS (
    INSERT INTO channels_receipt (sender_id, key, kind, message_id, payload, happened_at, recorded_at)
    SELECT %(sender)s, key, kind, message_id, payload, LEAST(happened_at, %(now)s), %(now)s FROM found ORDER BY key
    ON CONFLICT (sender_id, key) DO NOTHING
    RETURNING id, key
),
said AS (
    SELECT named_id AS id, bool_or(kind <> 'delivered') AS failed, bool_or(kind = 'delivered') AS delivered,
           (array_agg(words ORDER BY kind = 'delivered', happened_at DESC))[1] AS words,
           max(carrier_id) AS carrier_id, LEAST(max(happened_at), %(now)s) AS at
    FROM found JOIN kept USING (key)
    WHERE named_id IS NOT NULL AND kind IN ('delivered', 'failed', 'bounced') GROUP BY named_id
),
locked AS MATERIALIZED (
    SELECT x.id, x.state, x.reason, x.handed_at FROM channels_message x WHERE x.id IN (SELECT id FROM said)
    ORDER BY x.id FOR UPDATE
),
judged AS (
    SELECT s.*, l.state AS before, CASE
        WHEN s.failed AND l.state IN ('handed', 'sent', 'delivered', 'unconfirmed') THEN 'failed'
        WHEN s.delivered AND NOT s.failed AND (
            l.state IN ('handed', 'sent', 'unconfirmed')
            OR l.state IN ('queued', 'claimed') AND l.handed_at IS NOT NULL
            OR l.state = 'failed' AND l.reason = 'carrier_failed') THEN 'delivered'
    END AS after
    FROM said s JOIN locked l USING (id)
),
moved AS (
    UPDATE channels_message x
    SET state = j.after,
        reason = CASE j.after WHEN 'failed' THEN 'bounced' ELSE '' END,
        words = CASE j.after WHEN 'failed' THEN left(j.words, 500) ELSE '' END,
        carrier_id = CASE x.carrier_id WHEN '' THEN left(j.carrier_id, 200) ELSE x.carrier_id END,
        sent_at = CASE j.before WHEN 'handed' THEN x.sent_at ELSE COALESCE(x.sent_at, x.handed_at) END,
        ended_at = j.at,
        lease_token = CASE j.before WHEN 'handed' THEN x.lease_token END,
        lease_until = CASE j.before WHEN 'handed' THEN x.lease_until END
    FROM judged j WHERE x.id = j.id AND j.after IS NOT NULL
    RETURNING x.id, j.before, j.after, x.journey_id, x.step_key, x.channel
),
counted AS (
    INSERT INTO channels_messagecount (journey_id, step_key, channel, state, day, count)
    SELECT journey_id, step_key, channel, came_to, %(today)s, count(*)
    FROM moved, LATERAL (
        VALUES (after), (CASE WHEN before IN ('queued', 'claimed', 'failed') THEN 'sent' END)
    ) came(came_to)
    WHERE came_to IS NOT NULL
    GROUP BY journey_id, step_key, channel, came_to
)
SELECT f.position, k.id, f.message_id, f.member_id, f.at, m.before, m.after
FROM found f JOIN kept k USING (key) LEFT JOIN moved m ON m.id = f.named_id
ORDER BY f.position
"""


@dataclass(frozen=True)
class Received:
    """A receipt that is new. `member_id` is None when nobody is known behind it; `address` is the one to speak of.

    `before` and `after` are states, set where a receipt of this batch moved the message.
    """

    event: ReceiptEvent
    receipt_id: int
    message_id: int | None
    member_id: int | None
    address: str
    before: str | None
    after: str | None


def receive(sender: Sender, events: Sequence[ReceiptEvent], now: datetime) -> list[Received]:
    """Take receipts in and return the new ones; called within a transaction.

    Addresses are in their stored form, and texts as `storable` leaves them.
    """
    given = staged("chorale_receipt", _COLUMNS, [_row(position, event) for position, event in enumerate(events)])
    named = given.prefixed("given_")
    params = {
        **named.params,
        "sender": sender.pk,
        "channel": sender.channel,
        "now": now,
        "today": now.astimezone(UTC).date(),
    }
    found = rows(_RECEIVE.format(given=named.text, to_member=to_member("x")), params)
    received = [Received(events[position], *columns) for position, *columns in found]
    messages.came_to(_came_to(received), now)
    return received


def _came_to(received: Sequence[Received]) -> Iterator[tuple[int, str]]:
    """Yield what messages came to. One that was to be tried again, or had failed, had left all the same."""
    for each in received:
        if each.message_id is not None and each.after:
            yield each.message_id, each.after
            if each.before in {State.QUEUED, State.CLAIMED, State.FAILED}:
                yield each.message_id, State.SENT


def storable(value: Any) -> Any:
    """Return a text, or whatever JSON holds, without what PostgreSQL cannot store: NUL, half letters, infinities."""
    if isinstance(value, str):
        return value.replace("\0", "").encode(errors="replace").decode()
    if isinstance(value, Mapping):
        return {storable(str(name)): storable(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [storable(part) for part in value]
    return str(value) if isinstance(value, float) and not isfinite(value) else value


def _row(position: int, event: ReceiptEvent) -> tuple[object, ...]:
    return (
        position,
        event.key[:200],
        str(event.kind),
        event.happened_at,
        json.dumps(event.payload, default=str),
        _uuid(event.message_key),
        event.carrier_id,
        event.address,
        event.text,
    )


def _uuid(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None
