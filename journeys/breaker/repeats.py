"""Who would get a step again that they had in another enrollment, sooner than the journey's re-entry rule allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.vocabulary import LIVE
from journeys import afoot, plan
from journeys.span import Span
from journeys.steps.base import StepAt
from members.sql import rows

NAMED = 5
# Another entry key is another matter, such as a second order; another visit is a way back that the journey draws. Few
# ever have another enrollment of the same key, and only their messages are looked for: one look along an index for each
# of the others, whatever the planner believes of the tables (OFFSET 0 keeps it from turning that round).
#
# Compared is when messages were queued: that of the night before leaves in the morning, and so will this one. Who was
# admitted as late as the rule says may come a little sooner on the way (a tick, a cap that put off the first): a day.
_AGAIN = """
WITH asked AS MATERIALIZED (
    SELECT e.id, e.member_id, e.journey_id, e.entry_key, e.entered_at, s.key, s.since
    FROM ({due}) e
    JOIN unnest(%(steps)s::bigint[], %(keys)s::text[], %(since)s::timestamptz[]) AS s(step_id, key, since)
      ON s.step_id = e.step_id
),
other AS MATERIALIZED (
    SELECT a.*, f.id AS other_id, f.entered_at <= a.entered_at - (%(now)s - a.since) AS late_enough
    FROM asked a CROSS JOIN LATERAL (
        SELECT f.id, f.entered_at FROM journeys_enrollment f
        WHERE f.member_id = a.member_id AND f.journey_id = a.journey_id AND f.entry_key = a.entry_key AND f.id <> a.id
        OFFSET 0
    ) f
)
SELECT DISTINCT o.journey_id, o.key, m.external_id
FROM other o JOIN members_member m ON m.id = o.member_id CROSS JOIN LATERAL (
    SELECT FROM channels_message x
    WHERE x.member_id = o.member_id AND x.origin_kind = 'enrollment' AND x.origin_id = o.other_id
      AND x.step_key = o.key AND x.state = ANY(%(live)s)
      AND x.queued_at > CASE WHEN o.late_enough THEN o.since + interval '1 day' ELSE o.since END
    LIMIT 1
) x ORDER BY 1, 2, 3
"""


@dataclass(frozen=True)
class Again:
    """A step that so many members would get again, and the codes of the first of them."""

    step_key: str
    members: int
    names: Sequence[str]


def find(span: Span, steps: Sequence[StepAt]) -> Mapping[int, Again]:
    """Return, for each journey that would send members a step again within its limit, the first such step."""
    limited = [(step, since) for step in steps if (since := _since(step, span.now)) is not None]
    if not limited:
        return {}
    due = afoot.due(span)
    params = {
        **due.params,
        "steps": [step.id for step, _since in limited],
        "keys": [step.key for step, _since in limited],
        "since": [since for _step, since in limited],
        "live": list(LIVE),
    }
    return _by_journey(rows(_AGAIN.format(due=due.text), params))


def _by_journey(found: Sequence[tuple[Any, ...]]) -> Mapping[int, Again]:
    first: dict[int, tuple[str, list[str]]] = {}
    for journey, key, name in found:
        step_key, names = first.setdefault(journey, (key, []))
        if key == step_key:
            names.append(name)
    return {journey: Again(key, len(names), names[:NAMED]) for journey, (key, names) in first.items()}


def _since(step: StepAt, now: datetime) -> datetime | None:
    """Return the instant since when the step must not have been sent before; None where nothing limits it."""
    re_entry = plan.plan(step.version_id).re_entry
    if re_entry == "after_exit":
        return None
    if isinstance(re_entry, dict):
        return now - timedelta(days=re_entry["after_days"])
    return datetime.min.replace(tzinfo=UTC)
