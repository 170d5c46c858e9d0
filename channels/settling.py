"""What became of messages is written in one statement: their state, a touchpoint for each that left, and the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction

from channels import latency
from channels.obstacles import STATE
from channels.receiving import storable
from channels.subscriptions import messages
from channels.vocabulary import Reason, State, to_member
from members import news, touchpoints
from members.sql import Sql, prepared

_CONTACT = f"""
    SELECT x.member_id, %(now)s::timestamptz AS happened_at, x.channel, 'out' AS direction,
           CASE x.channel WHEN 'desk' THEN 'follow_up' ELSE 'message' END AS kind, rep.id AS who_id,
           COALESCE(NULLIF(btrim(concat_ws(' ', rep.first_name, rep.last_name)), ''), rep.username) AS who_name,
           x.id AS message_id, x.journey_id, x.journey_name,
           g.offer_id, o.name AS offer_name, x.grant_id, x.price, x.currency,
           x.content_id, c.name AS content_name, COALESCE(NULLIF(r.subject, ''), r.text) AS text, x.came_to AS outcome
    FROM moved x
    JOIN content_content c ON c.id = x.content_id
    LEFT JOIN members_user rep ON x.origin_kind = 'rep' AND rep.id = x.origin_id
    LEFT JOIN channels_rendering r ON r.message_id = x.id
    LEFT JOIN content_grant g ON g.id = x.grant_id
    LEFT JOIN content_offer o ON o.id = g.offer_id
    WHERE x.came_to IN ('sent', 'unconfirmed') AND {to_member("x")}
"""
_COLUMNS = (
    "member_id",
    "happened_at",
    "channel",
    "direction",
    "kind",
    "who_id",
    "who_name",
    "message_id",
    "journey_id",
    "journey_name",
    "offer_id",
    "offer_name",
    "grant_id",
    "price",
    "currency",
    "content_id",
    "content_name",
    "text",
    "outcome",
)

# `given` yields (id, state, reason, words, carrier_id, due_at, uncounted). A receipt may overtake the answer of its own
# hand-over: then the message is delivered or failed already and stays so, and only the departure is noted. Without our
# token the row belongs to somebody else.
_SETTLE = """
WITH given AS MATERIALIZED ({given}),
moved AS (
    UPDATE channels_message x
    SET state = CASE x.state WHEN 'handed' THEN g.state ELSE x.state END,
        reason = CASE x.state WHEN 'handed' THEN g.reason ELSE x.reason END,
        words = CASE x.state WHEN 'handed' THEN left(g.words, 500) ELSE x.words END,
        carrier_id = CASE g.carrier_id WHEN '' THEN x.carrier_id ELSE left(g.carrier_id, 200) END,
        due_at = COALESCE(g.due_at, x.due_at),
        attempts = x.attempts - g.uncounted::int,
        sent_at = CASE WHEN g.state = 'sent' OR x.state <> 'handed' THEN %(now)s ELSE x.sent_at END,
        ended_at = CASE WHEN x.state = 'handed' AND g.state IN ('refused', 'failed', 'unconfirmed')
                        THEN %(now)s ELSE x.ended_at END,
        lease_token = NULL, lease_until = NULL
    FROM given g
    WHERE x.id = g.id AND {state} IN ('handed', 'delivered', 'failed') AND {held}
    RETURNING x.*, CASE WHEN x.state IN ('delivered', 'failed') AND g.state IN ('sent', 'unconfirmed')
                        THEN 'sent' ELSE g.state END AS came_to
),
contacts AS ({contacts}),
told AS ({news}),
counted AS (
    INSERT INTO channels_messagecount (journey_id, step_key, channel, state, day, count)
    SELECT journey_id, step_key, channel, came_to, %(today)s, count(*)
    FROM moved WHERE came_to <> 'queued' GROUP BY journey_id, step_key, channel, came_to
),
timed AS ({timed})
SELECT (SELECT array_agg(id) FROM moved), (SELECT array_agg(came_to) FROM moved),
       (SELECT array_agg(DISTINCT shard) FROM told)
"""


@dataclass(frozen=True)
class Settlement:
    """What a message comes to. `due_at` is when it is tried again; `uncounted` takes back the attempt."""

    id: int
    state: State
    reason: Reason | str = ""
    words: str = ""
    carrier_id: str = ""
    due_at: datetime | None = None
    uncounted: bool = False


_SETTLEMENT = {
    "id": "bigint",
    "state": "text",
    "reason": "text",
    "words": "text",
    "carrier_id": "text",
    "due_at": "timestamptz",
    "uncounted": "boolean",
}
# Locked in the order of their ids, like the messages of a pile of receipts: else the two wait for each other.
_GIVEN = (
    f"SELECT given.* FROM unnest({', '.join(f'%({name})s::{kind}[]' for name, kind in _SETTLEMENT.items())})"
    f" AS given({', '.join(_SETTLEMENT)}) JOIN channels_message x ON x.id = given.id ORDER BY x.id"
    " FOR NO KEY UPDATE OF x"
)


def record(settlements: Sequence[Settlement], token: UUID, now: datetime) -> dict[str, int]:
    """Write what became of the messages that are still handed over under this token; returns how many came to what."""
    if not settlements:
        return {}
    params = {name: [getattr(settlement, name) for settlement in settlements] for name in _SETTLEMENT}
    for name in ("words", "carrier_id"):  # what carriers say
        params[name] = [storable(said) for said in params[name]]
    return settle(Sql(_GIVEN, params), now, token)


def settle(given: Sql, now: datetime, token: UUID | None = None) -> dict[str, int]:
    """Write what a SELECT of Settlement's columns yields, for messages that are handed over.

    The SELECT locks them. With a token only those under its lease are settled.
    """
    named = given.prefixed("given_")
    text = _SETTLE.format(
        given=named.text,
        state=STATE,
        held="x.lease_token = %(token)s" if token else "x.lease_token IS NOT NULL",
        contacts=touchpoints.insertion(_CONTACT, _COLUMNS),
        news=touchpoints.news_of("contacts"),
        timed=latency.TIMED,
    )
    params = {**named.params, "below": latency.BELOW, "now": now, "today": now.astimezone(UTC).date(), "token": token}
    with transaction.atomic(savepoint=False):
        [(ids, came_to, shards)] = prepared(text, params)
        news.announce(shards)
        ended = [each for each in zip(ids or (), came_to or (), strict=True) if each[1] != State.QUEUED]
        messages.came_to(ended, now)
    return Counter(came_to)
