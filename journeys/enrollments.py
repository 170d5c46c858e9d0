"""Leaving a journey early, and being woken in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from channels import messages
from channels.vocabulary import Reason
from channels.webhook.events import Event
from journeys import afoot, arms, telling
from journeys.heard import Heard
from journeys.models import Version
from journeys.plan import Plan
from journeys.span import Span
from journeys.vocabulary import EndReason, EnrollmentState
from members.rules import Rule
from members.rules.months import WITHIN, within
from members.sql import Sql, execute, listed, prepared, rows

_END = """
WITH ended AS (
    UPDATE journeys_enrollment e
    SET ended_at = COALESCE(e.ended_at, %(now)s),
        end_reason = CASE e.end_reason WHEN '' THEN %(reason)s ELSE e.end_reason END,
        state = 'ended', converted_at = CASE WHEN %(converted)s THEN %(now)s ELSE e.converted_at END
    FROM members_member m, ({chosen}) was
    WHERE m.id = e.member_id AND e.id = was.id AND ({condition})
    RETURNING e.id, e.member_id, e.journey_id, e.step_id, e.visit, was.state AS was_state
),
traced AS (
    INSERT INTO journeys_trace (member_id, journey_id, enrollment_id, step_key, visit, outcome, reason, detail, at)
    SELECT d.member_id, d.journey_id, d.id, COALESCE(s.key, ''), d.visit, %(outcome)s, %(reason)s, '{{}}', %(now)s
    FROM ended d LEFT JOIN journeys_step s ON s.id = d.step_id
),
counted AS (
    INSERT INTO journeys_stepcount (journey_id, step_key, outcome, day, count)
    SELECT journey_id, '', CASE was_state WHEN 'held_out' THEN 'held_out_' || %(outcome)s ELSE %(outcome)s END,
           %(today)s, count(*)
    FROM ended GROUP BY 1, 3
    UNION ALL
    SELECT d.journey_id, s.key, 'left', %(today)s, count(*)
    FROM ended d JOIN journeys_step s ON s.id = d.step_id WHERE d.was_state = 'live' GROUP BY 1, 2
)
SELECT id, member_id, was_state FROM ended
"""

# Everybody of a version for whom its exit rule may have become true: under way, or finished with a message still here.
_MAY_EXIT = """
SELECT e.id, e.state FROM journeys_enrollment e
WHERE e.version_id = %(version)s AND e.member_id = ANY(%(members)s) AND (
    e.state = 'live' OR e.state = 'ended' AND e.end_reason IN ('finished', 'exit_step') AND EXISTS (
        SELECT 1 FROM channels_message x
        WHERE x.member_id = e.member_id AND x.origin_kind = 'enrollment' AND x.origin_id = e.id
          AND x.state IN ('queued', 'claimed')))
"""
# A goal counts until its deadline, also after the last step, and in the holdout as well: that is what lift is held
# against.
_MAY_CONVERT = """
SELECT e.id, e.state FROM journeys_enrollment e
WHERE e.version_id = %(version)s AND e.member_id = ANY(%(members)s) AND e.converted_at IS NULL
  AND e.goal_until > %(now)s AND (e.state <> 'ended' OR e.end_reason IN ('finished', 'exit_step'))
"""
# Of those who were named a while before they were let in.
_AT_THE_DOOR = """
SELECT e.id FROM {table} e JOIN members_member m ON m.id = e.member_id
WHERE e.id = ANY(%(ids)s) AND e.named_at IS NOT NULL AND e.goal_until > %(now)s AND ({condition})
"""
_THESE = "SELECT id, state FROM journeys_enrollment WHERE id = ANY(%(ids)s)"
# From when on what they do counts: they are let in a while after they were named, a day or more where there is a ramp.
_SINCE = "COALESCE(e.named_at, e.entered_at)"
# What is read as news became known after the member had arrived, even if it was recorded before: its transaction was
# still open when the member was moved, or another machine's clock was behind. So the arrival is put before it.
_WAKE = f"""
UPDATE journeys_enrollment e SET due_at = LEAST(e.due_at, %(now)s), arrived_at = LEAST(e.arrived_at, n.before)
FROM (
    SELECT told.member_id, told.topic, min(f.recorded_at) - interval '1 microsecond' AS before
    FROM unnest(%(members)s::bigint[], %(topics)s::text[], %(facts)s::bigint[]) AS told(member_id, topic, fact)
    LEFT JOIN LATERAL (
        SELECT recorded_at FROM members_purchase x WHERE topic = 'purchase' AND id = fact AND {WITHIN.format(fact="x")}
        UNION ALL SELECT recorded_at FROM members_pointsentry x
            WHERE topic = 'points' AND id = fact AND {WITHIN.format(fact="x")}
        UNION ALL SELECT recorded_at FROM members_event x
            WHERE topic LIKE 'event:%%' AND id = fact AND {WITHIN.format(fact="x")}
    ) f ON true
    GROUP BY told.member_id, told.topic
) n, unnest(%(steps)s::bigint[], %(listened)s::text[]) AS w(step_id, topic)
WHERE e.member_id = n.member_id AND e.step_id = w.step_id AND w.topic = n.topic AND e.state = 'live'
"""
# Who ended before, with a message that waits for the morning.
_LEFT_BEHIND = """
SELECT e.member_id, e.id AS origin_id FROM journeys_enrollment e
WHERE e.journey_id = %(journey)s AND e.shard = %(shard)s AND e.state = 'ended' AND EXISTS (
    SELECT FROM channels_message x
    WHERE x.member_id = e.member_id AND x.origin_kind = 'enrollment' AND x.origin_id = e.id
      AND x.state IN ('queued', 'claimed'))
"""
# No constraint holds what an enrollment refers to: the few that are there are joined, so that one that is not stops
# nobody else. The audit finds it.
_VERSIONS = """
SELECT found.version_id FROM (
    SELECT DISTINCT version_id FROM journeys_enrollment
    WHERE member_id = ANY(%(members)s) AND (state <> 'ended' OR goal_until > %(now)s)
) found JOIN journeys_version v ON v.id = found.version_id
"""


def versions_of(members: Sequence[int], now: datetime) -> list[int]:
    """Return the versions in which these members are under way or may still convert."""
    return [version for (version,) in prepared(_VERSIONS, {"members": listed(members), "now": now})]


def leave_by_rule(plan: Plan, members: Sequence[int], now: datetime) -> int:
    """End the enrollments of these members for whom the version's exit rule is true; return how many."""
    if plan.exit is None or not members:
        return 0
    params = {"version": plan.version_id, "members": list(members)}
    return _end(Sql(_MAY_EXIT, params), plan.exit.condition(now, few=True), EndReason.EXIT_RULE, now)


def convert(plan: Plan, members: Sequence[int], now: datetime) -> int:
    """Mark and end the enrollments of these members that reached the goal since what named them for entry."""
    if plan.goal is None or not members:
        return 0
    params = {"version": plan.version_id, "members": list(members), "now": now}
    condition = plan.goal.condition(now, few=True, since=_SINCE)
    return _end(Sql(_MAY_CONVERT, params), condition, EndReason.GOAL, now)


def convert_at_the_door(plan: Plan, entered: Sequence[int], now: datetime, *, moving: bool) -> int:
    """Mark and end those enrollments, just made, who reached the goal after they were named and before now.

    With `moving` they are afoot.
    """
    if plan.goal is None or not entered:
        return 0
    condition = _by_facts(plan.goal, now, before="e.entered_at")
    text = _AT_THE_DOOR.format(table=afoot.TABLE if moving else "journeys_enrollment", condition=condition.text)
    reached = [pk for (pk,) in rows(text, {**condition.params, "ids": listed(entered), "now": now})]
    if not reached:
        return 0
    if moving:
        afoot.land(Sql("e.id = ANY(%(ids)s)", {"ids": reached}))
    return _end(Sql(_THESE, {"ids": reached}), Sql("true"), EndReason.GOAL, now)


def convert_by_facts(plan: Plan, members: Sequence[int], now: datetime) -> int:
    """Mark and end the enrollments of those who reached the goal by what they did since they were named."""
    if plan.goal is None or not members:
        return 0
    params = {"version": plan.version_id, "members": list(members), "now": now}
    condition = _by_facts(plan.goal, now, before="'infinity'::timestamptz")
    return _end(Sql(_MAY_CONVERT, params), condition, EndReason.GOAL, now)


def _by_facts(goal: Rule, now: datetime, *, before: str) -> Sql:
    """Return the condition for having reached the goal by what was done since the naming and `before`, SQL over `e`.

    News of that may have been read long ago. What holds for them without it, such as a tag, is no goal reached since.
    """
    asked = goal.condition(now, few=True, since=_SINCE).prefixed("since_")
    anyway = goal.condition(now, few=True, since=before).prefixed("anyway_")
    return Sql(f"({asked.text}) AND ({anyway.text}) IS NOT TRUE", {**asked.params, **anyway.params})


def close_holdouts(span: Span) -> int:
    """End the holdout among the span's members whose time for the goal is over."""
    chosen = (
        "SELECT id, state FROM journeys_enrollment"
        " WHERE shard = ANY(%(shards)s) AND state = 'held_out' AND goal_until <= %(now)s"
        " AND member_id BETWEEN %(low)s AND %(high)s"
    )
    return _end(Sql(chosen, span.params), Sql("true"), EndReason.HELD_OUT, span.now)


def end_all(journey_id: int, shard: int, now: datetime) -> int:
    """End everybody under way in a stopped journey, of one shard whose lock the caller holds; return how many.

    What has not left is cancelled, also of those who had gone all the way before.
    """
    chosen = (
        "SELECT id, state FROM journeys_enrollment"
        " WHERE journey_id = %(journey)s AND shard = %(shard)s AND ended_at IS NULL"
    )
    params = {"journey": journey_id, "shard": shard}
    ended = _end(Sql(chosen, params), Sql("true"), EndReason.STOPPED, now)
    messages.cancel(Sql(_LEFT_BEHIND, params), Reason.ENDED, now)
    return ended


def end_at(step_key: str, version: Version, shard: int, now: datetime) -> int:
    """End those who stand at a step in other versions of a version's journey, of one shard whose lock the caller holds.

    Returns how many.
    """
    chosen = (
        "SELECT e.id, e.state FROM journeys_enrollment e JOIN journeys_step s ON s.id = e.step_id"
        " WHERE e.journey_id = %(journey)s AND e.version_id <> %(version)s AND e.shard = %(shard)s"
        " AND e.state = 'live' AND s.key = %(step)s"
    )
    params = {"journey": version.journey_id, "version": version.pk, "shard": shard, "step": step_key}
    return _end(Sql(chosen, params), Sql("true"), EndReason.NEW_VERSION, now)


def _end(chosen: Sql, condition: Sql, reason: EndReason, now: datetime) -> int:
    named, asked = chosen.prefixed("e_"), condition.prefixed("c_")
    params = {
        **named.params,
        **asked.params,
        "now": now,
        "today": now.astimezone(UTC).date(),
        "reason": reason.value,
        "converted": reason == EndReason.GOAL,
        "outcome": "converted" if reason == EndReason.GOAL else "ended",
    }
    ended = rows(_END.format(chosen=named.text, condition=asked.text), params)
    if ended:
        origins = Sql(
            "SELECT * FROM unnest(%(members)s::bigint[], %(ids)s::bigint[]) AS o(member_id, origin_id)",
            {"members": [member for _, member, _ in ended], "ids": [found for found, *_ in ended]},
        )
        messages.cancel(origins, Reason.ENDED, now)
        if reason == EndReason.GOAL:
            arms.converted([found for found, *_ in ended], now)
            telling.tell([(found, Event.ENROLLMENT_CONVERTED) for found, *_ in ended], now)
        telling.tell([(found, Event.ENROLLMENT_ENDED) for found, _, was in ended if was != EnrollmentState.ENDED], now)
    return len(ended)


def wake(heard: Heard, steps: Sequence[tuple[int, str]], now: datetime) -> int:
    """Make due whoever rests at one of the steps, as (step id, topic), and has news of that topic."""
    told = heard.about({topic for _, topic in steps})
    if not told:
        return 0
    params = {
        "members": [one.member_id for one in told],
        "topics": [one.topic for one in told],
        "facts": [int(one.reference or 0) for one in told],
        **within([one.happened_at for one in told]),
        "steps": [step for step, _ in steps],
        "listened": [topic for _, topic in steps],
        "now": now,
    }
    return execute(_WAKE, params)
