"""Where the sends of all journeys meet: the outbox judges them together, and the losers are deferred or dropped."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg.types.json import Json

from channels import verdicts
from channels.queueing import Queued, queue_cohort
from channels.vocabulary import Reason
from journeys import afoot
from journeys.span import Span
from journeys.steps.base import SendingKind, StepAt, kinds
from journeys.vocabulary import Outcome
from members.sql import Sql, joined

# What the trace keeps: enough to say later which policy and which messages stood in the way.
_DECIDED = f"""
SELECT v.origin_id AS enrollment_id,
       CASE WHEN v.message_id IS NOT NULL THEN '{Outcome.QUEUED}' WHEN v.retry_at IS NULL THEN '{Outcome.NOT_SENT}' END
           AS outcome,
       v.retry_at AS rest_until, v.reason,
       jsonb_strip_nulls(jsonb_build_object(
           'channel', NULLIF(v.channel, ''),
           'planned_at', CASE WHEN v.message_id IS NOT NULL OR v.reason = '{Reason.QUIET_HOURS}' THEN v.planned_at END,
           'winner', NULLIF(v.winner, ''), 'winner_message', v.winner_id,
           'policy', %(told)s::jsonb -> v.policy_id::text, 'messages', NULLIF(v.counted, '{{}}'))) AS detail
FROM ({verdicts.ALL}) v
"""


def judge(span: Span, steps: Sequence[StepAt]) -> Queued:
    """Queue what may be sent of all that is due at these steps; the outbox says of each what came of it."""
    together = joined("\nUNION ALL\n", [_candidates(step, span) for step in steps], prefix="s")
    text = f"SELECT w.*, NULL::text AS address_given, NULL::text AS purpose_given FROM ({together.text}) w"
    return queue_cohort(Sql(text, together.params), span.now)


def _candidates(step: StepAt, span: Span) -> Sql:
    kind = kinds()[step.kind]
    if not isinstance(kind, SendingKind):
        raise TypeError(f"Step {step.key} of kind {step.kind} sends nothing.")
    found = kind.candidates(step, afoot.due_at(span, step.id), span.now)
    return Sql(f"({found.text})", found.params)


def decided(queued: Queued) -> Sql:
    """Return what was decided, as StepKind.decide does."""
    told = {str(pk): policy.told() for pk, policy in queued.policies.items()}
    return Sql(_DECIDED, {"told": Json(told)})
