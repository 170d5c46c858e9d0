"""Where the sends of all journeys meet: the outbox judges them together, and the losers are deferred or dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.json import Json

from channels.models import PressurePolicy
from channels.queueing import Verdict, queue
from journeys import afoot
from journeys.span import Span
from journeys.steps.base import SendingKind, StepAt, kinds
from journeys.vocabulary import Outcome
from members.sql import Sql, joined

_DECIDED = """
SELECT * FROM json_to_recordset(%(decided)s)
           AS decided(enrollment_id bigint, outcome text, rest_until timestamptz, reason text, detail jsonb)
"""


def judge(span: Span, steps: Sequence[StepAt]) -> Sequence[Verdict]:
    """Queue what may be sent of all that is due at these steps; return what the outbox says of each."""
    together = joined("\nUNION ALL\n", [_candidates(step, span) for step in steps], prefix="s")
    text = f"SELECT w.*, NULL::text AS address_given, NULL::text AS purpose_given FROM ({together.text}) w"
    return queue(Sql(text, together.params), span.now)


def _candidates(step: StepAt, span: Span) -> Sql:
    kind = kinds()[step.kind]
    if not isinstance(kind, SendingKind):
        raise TypeError(f"Step {step.key} of kind {step.kind} sends nothing.")
    found = kind.candidates(step, afoot.due_at(span, step.id), span.now)
    return Sql(f"({found.text})", found.params)


def decided(verdicts: Sequence[Verdict]) -> Sql:
    """Return what was decided, as StepKind.decide does."""
    told = {policy: policy.told() for policy in {verdict.policy for verdict in verdicts} if policy}
    # One document: an array of documents would be written down one by one, which took most of a send's time in Python.
    decided = [
        {
            "enrollment_id": verdict.origin_id,
            "outcome": _outcome(verdict),
            "rest_until": verdict.retry_at and verdict.retry_at.isoformat(),
            "reason": verdict.reason,
            "detail": _detail(verdict, told),
        }
        for verdict in verdicts
    ]
    return Sql(_DECIDED, {"decided": Json(decided)})


def _outcome(verdict: Verdict) -> str | None:
    if verdict.message_id is not None:
        return Outcome.QUEUED.value
    return None if verdict.retry_at is not None else Outcome.NOT_SENT.value


def _detail(verdict: Verdict, told: Mapping[PressurePolicy, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the trace keeps: enough to say later which policy and which messages stood in the way."""
    found: dict[str, Any] = {"channel": verdict.channel, "winner": verdict.winner, "winner_message": verdict.winner_id}
    if verdict.message_id is not None:
        found["planned_at"] = verdict.planned_at.isoformat()
    if verdict.policy is not None:
        found |= {"policy": told[verdict.policy], "messages": list(verdict.counted)}
    return {name: value for name, value in found.items() if value}
