"""Who of those named for entry is admitted: one statement enrolls them, and tells the others why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from channels.webhook.events import Event
from journeys import afoot, days, enrollments, ramp, telling
from journeys.entries import Named, deferred_direct_topic, deferred_topic
from journeys.plan import Plan
from journeys.vocabulary import NotEntered
from members import news
from members.rules import Rule
from members.sql import Sql, listed, rows

# One row a member and entry key; the partial unique index refuses a second live one. The holdout is drawn by a hash
# salted with the journey's id: the same member is held out every time, and independently of other journeys. That over
# all has a salt of its own: the same members in every journey, and independently of each journey's own.
#
# A day is worth one entry, whatever the re-entry rule: it comes twice to whoever moves west on it.
#
# Whom the ramp has no room for is named again when the next day begins, and must then fit like anybody else; that this
# happened is told the first time alone.
_ENTER = """
WITH named AS MATERIALIZED (
    SELECT member_id, entry_key, bool_or(deferred) AS deferred, bool_or(direct) AS direct, bool_or(stirred) AS stirred,
           min(since) AS since
    FROM unnest(%(members)s::bigint[], %(ways)s::int[]) AS n(member_id, way)
    JOIN unnest(%(keys)s::text[], %(deferred)s::bool[], %(direct)s::bool[], %(stirred)s::bool[],
                %(since)s::timestamptz[]) WITH ORDINALITY AS w(entry_key, deferred, direct, stirred, since, way)
      USING (way)
    GROUP BY member_id, entry_key
),
{judged} AS MATERIALIZED (
    SELECT n.member_id, n.entry_key, n.deferred, n.direct, n.since,
           (hashint8extended(n.member_id, %(journey)s) & 4294967295)::float8 / 4294967296 < %(holdout)s
           OR (hashint8extended(n.member_id, %(over_all)s) & 4294967295)::float8 / 4294967296
              < COALESCE((SELECT share FROM journeys_holdoutpolicy WHERE id = 1), 0)::float8 AS held_out,
           CASE WHEN %(shut)s <> '' THEN %(shut)s
                WHEN last.under_way THEN 'under_way'
                WHEN last.entered_at > CASE WHEN %(by_day)s AND n.entry_key LIKE '____-__-__' THEN '-infinity'
                                            ELSE %(not_since)s::timestamptz END THEN 'not_again'
                WHEN (n.deferred OR n.stirred) AND NOT n.direct AND %(segment)s::bigint IS NOT NULL AND NOT EXISTS (
                    SELECT FROM members_membership s WHERE s.segment_id = %(segment)s AND s.member_id = n.member_id
                ) THEN 'left_segment'
                WHEN ({rule}) IS NOT TRUE THEN 'entry_rule'
                WHEN ({exit}) THEN 'exit_rule' END AS reason
    FROM named n JOIN members_member m ON m.id = n.member_id
    LEFT JOIN LATERAL (
        SELECT bool_or(e.ended_at IS NULL) AS under_way, max(e.entered_at) AS entered_at
        FROM journeys_enrollment e
        -- As an expression the journey is no way to rows: of a new one the planner knows nothing, takes it for empty,
        -- and would read all who have entered it for each who enters.
        WHERE e.member_id = n.member_id AND e.journey_id + 0 = %(journey)s AND e.entry_key = n.entry_key
    ) last ON true
),
{ramped}
entered AS (
    INSERT INTO {table} ({columns} member_id, journey_id, version_id, step_id, state, entry_key, entered_at,
                         arrived_at, due_at, visit, named_at, goal_until, end_reason, held_out)
    SELECT {values} member_id, %(journey)s, %(version)s, CASE WHEN NOT held_out THEN %(step)s::bigint END,
           CASE WHEN held_out THEN 'held_out' ELSE 'live' END, entry_key, %(now)s, %(now)s, %(now)s, 1,
           CASE WHEN since < %(now)s THEN since END, %(goal_until)s, '', held_out
    FROM judged WHERE reason IS NULL
    {once}
    RETURNING id, member_id, state
),
told AS (
    SELECT id AS enrollment_id, member_id, CASE state WHEN 'live' THEN 'entered' ELSE state END AS outcome, '' AS reason
    FROM entered
    UNION ALL SELECT NULL, member_id, 'not_entered', reason FROM judged
    WHERE reason IS NOT NULL AND NOT (deferred AND reason = ANY(%(again)s))
),
put_off AS ({put_off}),
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
SELECT array_agg(id) FILTER (WHERE state = 'live'), array_agg(id) FILTER (WHERE state = 'held_out') FROM entered
"""
# Nobody but the holder of the shard's lock writes enrollments, and who is under way was turned away before.
_ONCE = "ON CONFLICT (journey_id, member_id, entry_key) WHERE ended_at IS NULL DO NOTHING"

# The first of a batch get the room; those who waited before come before the others.
_RAMPED = """
judged AS MATERIALIZED (
    SELECT member_id, entry_key, deferred, direct, since, held_out,
           CASE WHEN reason IS NULL AND row_number() OVER (
               PARTITION BY reason IS NULL ORDER BY deferred DESC, member_id, entry_key
           ) > %(room)s THEN 'ramp' ELSE reason END AS reason
    FROM asked
),
"""
_PUT_OFF = """
SELECT member_id, CASE WHEN direct THEN %(direct_topic)s ELSE %(topic)s END AS topic, entry_key AS reference,
       %(next_day)s::timestamptz AS since, since AS named_at
FROM judged WHERE reason = 'ramp' OR deferred AND reason = ANY(%(again)s)
"""
OVER_ALL = int.from_bytes(blake2b(b"holdout over all", digest_size=8).digest(), signed=True)
# Whoever the ramp put off is not lost to a pause.
_AGAIN = (NotEntered.RAMP, NotEntered.PAUSED, NotEntered.NOT_YET)


def admit(plan: Plan, named: Sequence[Named], now: datetime, *, live: bool = True, moving: bool = False) -> int:
    """Enroll the members named where the journey's rules admit them and its ramp has room; return how many.

    The caller holds the locks of the members' shards. Whoever is not admitted is told so in the trace. A batch that
    goes on `moving` them finds them among those who are afoot, and must write them back.
    """
    shut = _shut(plan, now, live=live)
    room = ramp.room(plan, now) if plan.ramp is not None and not shut else None
    asked = _question(plan, shut, room, now, moving=moving)
    [(entered, held_out)] = rows(asked.text, {**asked.params, **_names(named)})
    entered, held_out = entered or [], held_out or []
    if room is not None and (entered or held_out):
        ramp.take(plan, len(entered) + len(held_out), now)
    told = [(pk, Event.ENROLLMENT_ENTERED) for pk in entered] + [(pk, Event.ENROLLMENT_HELD_OUT) for pk in held_out]
    telling.tell(told, now, table=_table(moving=moving))
    enrollments.convert_at_the_door(plan, [*entered, *held_out], now, moving=moving)
    return len(entered) + len(held_out)


def _names(named: Sequence[Named]) -> Mapping[str, Any]:
    """Return who is named and how; there are few ways, and each is said once."""
    ways: dict[tuple[Any, ...], int] = {}
    each = [ways.setdefault(one[1:], len(ways) + 1) for one in named]
    columns = ("keys", "deferred", "direct", "stirred", "since")
    told = dict(zip(columns, map(list, zip(*ways, strict=True)), strict=True))
    return {"members": listed(one.member_id for one in named), "ways": listed(each), **told}


def _table(*, moving: bool) -> str:
    return afoot.TABLE if moving else "journeys_enrollment"


def _question(plan: Plan, shut: str, room: int | None, now: datetime, *, moving: bool) -> Sql:
    """Return the statement for a plan at a time, without those who are named."""
    rule = _condition(plan.entry_rule, now, otherwise="true").prefixed("r_")
    exit_rule = _condition(plan.exit, now, otherwise="false").prefixed("x_")
    beginning = afoot.BEGINNING if moving else {}
    text = _ENTER.format(
        rule=rule.text,
        exit=exit_rule.text,
        judged="judged" if room is None else "asked",
        ramped="" if room is None else _RAMPED,
        put_off=news.insertion(_PUT_OFF, happened_at="named_at"),
        table=_table(moving=moving),
        columns="".join(f"{name}, " for name in beginning),
        values="".join(f"{value}, " for value in beginning.values()),
        once="" if moving else _ONCE,
    )
    params = {
        "journey": plan.journey_id,
        "version": plan.version_id,
        "segment": plan.entry_segment_id,
        "step": plan.first_step.id,
        "first": plan.first_step.key,
        "holdout": plan.holdout,
        "over_all": OVER_ALL,
        "shut": shut,
        "room": room,
        "again": list(_AGAIN),
        "topic": deferred_topic(plan),
        "direct_topic": deferred_direct_topic(plan),
        "next_day": ramp.today(now).ends,
        "not_since": _not_since(plan.re_entry, now),
        "by_day": not plan.entry.keys().isdisjoint(days.KINDS),
        "goal_until": now + plan.goal_within,
        "now": now,
        "today": now.astimezone(UTC).date(),
    }
    return Sql(text, {**rule.params, **exit_rule.params, **params})


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
    """Return the instant after which an earlier entry with the same key stands against a new one.

    An entry at this very instant always does: journeys that enter one another would never come to rest.
    """
    if re_entry == "after_exit":
        return now - timedelta(microseconds=1)
    if isinstance(re_entry, dict):
        return now - timedelta(days=re_entry["after_days"])
    return datetime.min.replace(tzinfo=UTC)
