"""Who of those named for entry is admitted: one statement enrolls them, and tells the others why not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.webhook.events import Event
from journeys import telling
from journeys.plan import Plan
from journeys.vocabulary import EnrollmentState, NotEntered
from members.rules import Rule
from members.sql import Sql, rows

# One row a member and entry key; the partial unique index refuses a second live one. The holdout is drawn by a hash
# salted with the journey's id: the same member is held out every time, and independently of other journeys.
_ENTER = """
WITH named AS MATERIALIZED (
    SELECT DISTINCT member_id, entry_key FROM unnest(%(members)s::bigint[], %(keys)s::text[]) AS n(member_id, entry_key)
),
judged AS MATERIALIZED (
    SELECT n.member_id, n.entry_key,
           (hashint8extended(n.member_id, %(journey)s) & 4294967295)::float8 / 4294967296 < %(holdout)s AS held_out,
           CASE WHEN %(shut)s <> '' THEN %(shut)s
                WHEN last.under_way THEN 'under_way'
                WHEN last.entered_at > %(not_since)s THEN 'not_again'
                WHEN ({rule}) IS NOT TRUE THEN 'entry_rule'
                WHEN ({exit}) THEN 'exit_rule' END AS reason
    FROM named n JOIN members_member m ON m.id = n.member_id
    LEFT JOIN LATERAL (
        SELECT bool_or(e.ended_at IS NULL) AS under_way, max(e.entered_at) AS entered_at
        FROM journeys_enrollment e
        WHERE e.member_id = n.member_id AND e.journey_id = %(journey)s AND e.entry_key = n.entry_key
    ) last ON true
),
entered AS (
    INSERT INTO journeys_enrollment (member_id, journey_id, version_id, step_id, state, entry_key, entered_at,
                                     arrived_at, due_at, visit, goal_until, end_reason, held_out)
    SELECT member_id, %(journey)s, %(version)s, CASE WHEN NOT held_out THEN %(step)s::bigint END,
           CASE WHEN held_out THEN 'held_out' ELSE 'live' END, entry_key, %(now)s, %(now)s, %(now)s, 1, %(goal_until)s,
           '', held_out
    FROM judged WHERE reason IS NULL
    ON CONFLICT (journey_id, member_id, entry_key) WHERE ended_at IS NULL DO NOTHING
    RETURNING id, member_id, state
),
told AS (
    SELECT id AS enrollment_id, member_id, CASE state WHEN 'live' THEN 'entered' ELSE state END AS outcome, '' AS reason
    FROM entered
    UNION ALL SELECT NULL, member_id, 'not_entered', reason FROM judged WHERE reason IS NOT NULL
),
traced AS (
    INSERT INTO journeys_trace (member_id, journey_id, enrollment_id, step_key, visit, outcome, reason, detail, at)
    SELECT member_id, %(journey)s, enrollment_id, '', 1, outcome, reason, '{{}}', %(now)s FROM told
),
counted AS (
    INSERT INTO journeys_stepcount (journey_id, step_key, outcome, day, count)
    SELECT %(journey)s, '', outcome, %(today)s, count(*) FROM told GROUP BY outcome
    UNION ALL
    SELECT %(journey)s, %(first)s, 'arrived', %(today)s, count(*) FROM told WHERE outcome = 'entered'
    HAVING count(*) > 0
)
SELECT id, state FROM entered
"""

_ENTERED = {EnrollmentState.LIVE: Event.ENROLLMENT_ENTERED, EnrollmentState.HELD_OUT: Event.ENROLLMENT_HELD_OUT}


def admit(plan: Plan, named: Sequence[tuple[int, str]], now: datetime, *, live: bool = True) -> int:
    """Enroll the members named, as (member id, entry key), where the re-entry rule admits them; return how many.

    The caller holds the locks of the members' shards. Whoever is not admitted is told so in the trace.
    """
    rule = _condition(plan.entry_rule, now, otherwise="true").prefixed("r_")
    exit_rule = _condition(plan.exit, now, otherwise="false").prefixed("x_")
    params = {
        **rule.params,
        **exit_rule.params,
        "members": [member for member, _ in named],
        "keys": [key for _, key in named],
        "journey": plan.journey_id,
        "version": plan.version_id,
        "step": plan.first_step.id,
        "first": plan.first_step.key,
        "holdout": plan.holdout,
        "shut": _shut(plan, now, live=live),
        "not_since": _not_since(plan.re_entry, now),
        "goal_until": now + plan.goal_within,
        "now": now,
        "today": now.astimezone(UTC).date(),
    }
    entered = rows(_ENTER.format(rule=rule.text, exit=exit_rule.text), params)
    telling.tell([(pk, _ENTERED[state]) for pk, state in entered], now)
    return len(entered)


def _shut(plan: Plan, now: datetime, *, live: bool) -> str:
    """Return why the journey takes nobody in now, or nothing."""
    if not live:
        return NotEntered.PAUSED
    if plan.opens and now < plan.opens:
        return NotEntered.NOT_YET
    return NotEntered.OVER if plan.closes and now >= plan.closes else ""


def _condition(rule: Rule | None, now: datetime, *, otherwise: str) -> Sql:
    return rule.condition(now, few=True) if rule else Sql(otherwise)


def _not_since(re_entry: Any, now: datetime) -> datetime:
    """Return the instant after which an earlier entry with the same key stands against a new one."""
    if re_entry == "after_exit":
        return now
    if isinstance(re_entry, dict):
        return now - timedelta(days=re_entry["after_days"])
    return datetime.min.replace(tzinfo=UTC)
