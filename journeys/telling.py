"""What subscribers hear of enrollments."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from channels import subscriptions
from channels.webhook.events import Event
from members.sql import Sql

# The entry key tells two enrollments of a member side by side from one another, such as of two orders.
_HAPPENED = """
SELECT e.member_id, told.event, e.id AS origin_id, 1 AS visit, jsonb_build_object(
    'journey', j.key, 'journey_name', j.name, 'version', v.number, 'entry_key', e.entry_key,
    'entered_at', e.entered_at, 'held_out', e.held_out, 'converted_at', e.converted_at, 'ended_at', e.ended_at,
    'reason', e.end_reason) AS data
FROM unnest(%(ids)s::bigint[], %(events)s::text[]) AS told(id, event)
JOIN {table} e USING (id)
JOIN journeys_journey j ON j.id = e.journey_id
JOIN journeys_version v ON v.id = e.version_id
"""


def tell(happened: Iterable[tuple[int, Event]], now: datetime, *, table: str = "journeys_enrollment") -> None:
    """Tell what happened to enrollments, by their ids, in the transaction that did it; `table` is where they are."""
    told = list(happened)
    if told:
        params = {"ids": [pk for pk, _ in told], "events": [event.value for _, event in told]}
        subscriptions.tell({event for _, event in told}, Sql(_HAPPENED.format(table=table), params), now)
