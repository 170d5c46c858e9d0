"""The one statement that moves a cohort (see `afoot`): next step, due time, trace and counts, for what was decided."""

from __future__ import annotations

from datetime import UTC, datetime

from journeys.afoot import TABLE
from members.sql import Sql, rows

# `decided` has a row for each enrollment (see StepKind.decide). An outcome leads along its edge; no target ends the
# journey. An outcome without an edge is a defect of the version and undoes the batch: nobody is lost on the way. What
# was decided is kept before it is joined: else each rule of a branch was asked again for every join (three times).
_MOVE = f"""
WITH outcome AS MATERIALIZED ({{decided}}),
decided AS MATERIALIZED (
    SELECT d.*, e.member_id, e.journey_id, e.visit, e.rest_until AS rested, s.key AS step_key, s.kind,
           g.id AS edge_id, g.target_id, g.again, t.key AS target_key,
           CASE WHEN g.again THEN e.rounds - ARRAY(SELECT jsonb_array_elements_text(s.settings -> 'within'))
           END AS others
    FROM outcome d
    JOIN {TABLE} e ON e.id = d.enrollment_id AND e.state = 'live'
    JOIN journeys_step s ON s.id = e.step_id
    LEFT JOIN journeys_edge g ON g.step_id = e.step_id AND g.outcome = d.outcome
    LEFT JOIN journeys_step t ON t.id = g.target_id
),
moved AS (
    UPDATE {TABLE} e SET
        step_id = COALESCE(d.target_id, e.step_id),
        visit = e.visit + CASE WHEN d.again THEN 1 ELSE 0 END,
        -- How often each way back was taken, and one; those within the loop begin anew.
        -- Whose message was put off brings along since when, up to the next wait (see `wait_for`): once through it, a
        -- fact of meanwhile has been told, and would be so in every round to come.
        rounds = CASE WHEN d.again THEN COALESCE(d.others, '{{{{}}}}') || jsonb_build_object(
                          d.step_key, COALESCE((e.rounds ->> d.step_key)::int, 1) + 1)
                      WHEN d.outcome IS NULL OR e.arrived_at >= %(now)s AND d.kind NOT IN ('wait', 'wait_for')
                      THEN e.rounds
                      WHEN d.kind IN ('send', 'follow_up') THEN COALESCE(e.rounds, '{{{{}}}}') || jsonb_build_object(
                          ':since', COALESCE(e.rounds -> ':since', to_jsonb(e.arrived_at)))
                      ELSE e.rounds - ':since' END,
        arrived_at = CASE WHEN d.outcome IS NULL THEN e.arrived_at ELSE %(now)s END,
        rest_until = CASE WHEN d.outcome IS NULL THEN d.rest_until END,
        -- A rest that is over already would be asked again in the same breath, for ever.
        due_at = CASE WHEN d.outcome IS NULL THEN GREATEST(d.rest_until, %(now)s + interval '1 second')
                      ELSE %(now)s END,
        state = CASE WHEN d.outcome IS NOT NULL AND d.target_id IS NULL THEN 'ended' ELSE e.state END,
        ended_at = CASE WHEN d.outcome IS NOT NULL AND d.target_id IS NULL THEN %(now)s END,
        end_reason = CASE WHEN d.outcome IS NULL OR d.target_id IS NOT NULL THEN ''
                          WHEN d.kind = 'exit' THEN 'exit_step' ELSE 'finished' END
    FROM decided d
    WHERE e.id = d.enrollment_id
),
traced AS (
    INSERT INTO journeys_trace (member_id, journey_id, enrollment_id, step_key, visit, outcome, reason, detail, at)
    SELECT member_id, journey_id, enrollment_id, step_key, visit, COALESCE(outcome, 'waiting'), COALESCE(reason, ''),
           COALESCE(detail, '{{{{}}}}'), %(now)s
    FROM decided
    -- Of a rest, its beginning and every rest with a reason are told, not each time that news wakes it in vain.
    WHERE outcome IS NOT NULL OR rested IS NULL OR COALESCE(reason, '') <> ''
),
counted AS (
    INSERT INTO journeys_stepcount (journey_id, step_key, outcome, day, count)
    SELECT journey_id, step_key, outcome, %(today)s, count(*) FROM (
        SELECT journey_id, step_key, outcome FROM decided WHERE outcome IS NOT NULL
        UNION ALL SELECT journey_id, step_key, 'left' FROM decided WHERE outcome IS NOT NULL
        UNION ALL SELECT journey_id, target_key, 'arrived' FROM decided WHERE target_key IS NOT NULL
    ) told GROUP BY journey_id, step_key, outcome
)
SELECT count(*), count(*) FILTER (WHERE outcome IS NOT NULL AND edge_id IS NULL),
       min(step_key) FILTER (WHERE outcome IS NOT NULL AND edge_id IS NULL)
FROM decided
"""


class NoWay(Exception):
    """A step gave an outcome that its version has no edge for; the batch is undone and nobody has moved."""


def move(decided: Sql, now: datetime) -> int:
    """Apply what was decided to those afoot and return for how many. Raises NoWay."""
    named = decided.prefixed("d_")
    params = {**named.params, "now": now, "today": now.astimezone(UTC).date()}
    total, lost, step_key = rows(_MOVE.format(decided=named.text), params)[0]
    if lost:
        raise NoWay(f"Step {step_key} gave an outcome that no edge leads on from; its journey's version is damaged.")
    return int(total)


def put_off(cohort: Sql, until: datetime) -> list[int]:
    """Make a cohort due at another time, where it stands; return the ids of its enrollments."""
    text = f"UPDATE {TABLE} e SET due_at = %(until)s FROM ({cohort.text}) c WHERE e.id = c.id RETURNING e.id"
    return [pk for (pk,) in rows(text, {**cohort.params, "until": until})]
