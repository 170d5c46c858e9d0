"""What subscribers hear of messages to members."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from channels.subscriptions.telling import tell
from channels.vocabulary import State, to_member
from channels.webhook.events import Event
from members.sql import Sql

# No address, no words of the member or the carrier: whoever needs more asks the API by the ids. The journey's key is
# not known here, because no relation points up.
_HAPPENED = f"""
SELECT x.member_id, 'message.' || given.came_to AS event, x.id AS origin_id, 1 AS visit, jsonb_build_object(
    'message', x.public_id, 'channel', x.channel, 'purpose', x.purpose, 'origin', x.origin_kind,
    'reason', CASE x.state WHEN given.came_to THEN x.reason ELSE '' END,
    'journey_name', x.journey_name, 'step', CASE x.origin_kind WHEN 'enrollment' THEN x.step_key ELSE '' END,
    'content', c.key, 'grant', g.public_id, 'planned_at', x.planned_at) AS data
FROM ({{given}}) AS given(id, came_to) JOIN channels_message x USING (id)
LEFT JOIN content_content c ON c.id = x.content_id
LEFT JOIN content_grant g ON g.id = x.grant_id
WHERE {to_member("x")}
"""
CLICKED = "clicked"
_OF_STATE = {event.value.removeprefix("message."): event for event in Event if event.value.startswith("message.")}


def came_to(changed: Iterable[tuple[int, str]], now: datetime) -> None:
    """Tell what messages came to, as (id, state or CLICKED), in the transaction that moved them.

    Nothing is told of tests, nor of webhooks about webhooks.
    """
    told = [(pk, state) for pk, state in changed if state in _OF_STATE]
    if told:
        params = {"ids": [pk for pk, _ in told], "came_to": [state for _, state in told]}
        given = "SELECT * FROM unnest(%(ids)s::bigint[], %(came_to)s::text[])"
        _tell({state for _, state in told}, Sql(given, params), now)


def all_came_to(messages: Sql, state: State, now: datetime) -> None:
    """Tell what messages came to, all to the same state; the query gives their ids."""
    named = messages.prefixed("m_")
    given = f"SELECT *, %(came_to)s::text FROM ({named.text}) messages"
    _tell({state}, Sql(given, {**named.params, "came_to": state}), now)


def _tell(states: Iterable[str], given: Sql, now: datetime) -> None:
    tell({_OF_STATE[state] for state in states}, Sql(_HAPPENED.format(given=given.text), given.params), now)
