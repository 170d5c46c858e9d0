"""Doing what a publication planned: shard by shard, under the shard's lock; what broke off is finished later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from journeys import enrollments
from journeys import plan as versions
from journeys.changeover.mapping import END, STAY
from journeys.changeover.planning import ChangePlan
from journeys.models import Changeover, Version
from members import locks
from members.models import SHARDS
from members.sql import rows

# Who stays at a step of the same key has been there since they came: a wait goes on. Its end is asked anew only where
# the step says something else: a birthday during a pause would become that of next year, and a message that was put off
# would be so once more, which may be once too often.
_MOVE = """
WITH chosen AS MATERIALIZED (
    SELECT e.id, e.member_id, e.journey_id, e.visit, s.key AS was, t.id AS step_id, t.key, v.number,
           (s.key, s.kind, s.settings) = (t.key, t.kind, t.settings) AS same
    FROM journeys_enrollment e
    JOIN journeys_step s ON s.id = e.step_id
    JOIN journeys_version v ON v.id = e.version_id
    JOIN unnest(%(was)s::text[], %(keys)s::text[]) AS m(was, key) ON m.was = s.key
    JOIN journeys_step t ON t.version_id = %(version)s AND t.key = m.key
    WHERE e.journey_id = %(journey)s AND e.shard = %(shard)s AND e.state = 'live' AND e.version_id <> %(version)s
),
moved AS (
    UPDATE journeys_enrollment e
    SET version_id = %(version)s, step_id = c.step_id,
        due_at = CASE WHEN c.same THEN e.due_at ELSE %(now)s END, rest_until = CASE WHEN c.same THEN e.rest_until END,
        arrived_at = CASE WHEN c.was = c.key THEN e.arrived_at ELSE %(now)s END,
        goal_until = e.entered_at + %(goal)s
    FROM chosen c WHERE e.id = c.id
),
traced AS (
    INSERT INTO journeys_trace (member_id, journey_id, enrollment_id, step_key, visit, outcome, reason, detail, at)
    SELECT member_id, journey_id, id, key, visit, 'moved', '', jsonb_build_object('from', was, 'version', number),
           %(now)s
    FROM chosen
),
counted AS (
    INSERT INTO journeys_stepcount (journey_id, step_key, outcome, day, count)
    SELECT journey_id, step_key, outcome, %(today)s, count(*) FROM (
        SELECT journey_id, was AS step_key, 'left' AS outcome FROM chosen WHERE was <> key
        UNION ALL SELECT journey_id, key, 'arrived' FROM chosen WHERE was <> key
    ) told GROUP BY journey_id, step_key, outcome
)
SELECT was, key, count(*), array_agg(member_id) FROM chosen GROUP BY was, key
"""


@dataclass(frozen=True)
class Moved:
    """What became of those under way: how many moved, how many left, and how many more or fewer than was planned.

    Members go on while a marketer reads a plan; what decides is where they stand when they are moved.
    """

    moved: int
    ended: int
    differs: int


def begin(version: Version, plan: ChangePlan) -> None:
    """Note what is to be done with those under way, in the transaction that publishes.

    Unfinished changeovers of the journey end here: whom they did not reach stands where the new plan has found them.
    """
    now = version.published_at
    Changeover.objects.filter(version__journey=version.journey_id, done_at__isnull=True).update(done_at=now)
    mapping = {key: target for key, target in plan.to.items() if target != STAY}
    planned = {row.key: {row.to: row.members} for row in plan.rows if row.to != STAY}
    Changeover.objects.create(version=version, mapping=mapping, planned=planned, done_at=None if mapping else now)


def finish(version: Version, now: datetime) -> Moved:
    """Move everybody of whom a version's changeover speaks; return what became of it. It may be said again."""
    found = Changeover.objects.filter(version=version).first()
    while found and found.done_at is None:
        _shard(found.pk, found.next_shard, now)
        found.refresh_from_db()
    return told(found) if found else Moved(0, 0, 0)


def finish_all(now: datetime) -> int:
    """Finish the changeovers that broke off; return how many."""
    broken = Changeover.objects.filter(done_at__isnull=True).select_related("version").order_by("pk")
    return len([finish(one.version, now) for one in broken])


def told(found: Changeover) -> Moved:
    """Return what became of a changeover so far."""
    counts = [(to, count) for of_step in found.moved.values() for to, count in of_step.items()]
    ended = sum(count for to, count in counts if to == END)
    moved = sum(count for to, count in counts if to != END)
    planned = sum(count for of_step in found.planned.values() for count in of_step.values())
    return Moved(moved, ended, moved + ended - planned)


@transaction.atomic
def _shard(changeover_id: int, shard: int, now: datetime) -> None:
    locks.wait_for_shard(shard)
    found = Changeover.objects.select_for_update(of=("self",)).select_related("version").get(pk=changeover_id)
    if found.done_at is not None or found.next_shard != shard:
        return  # somebody else did it meanwhile, or a later publication took its place
    counted = {**_move(found, shard, now), **_end(found, shard, now)}
    for (was, to), count in counted.items():
        of_step = found.moved.setdefault(was, {})
        of_step[to] = of_step.get(to, 0) + count
    found.next_shard = shard + 1
    found.done_at = now if found.next_shard == SHARDS else None
    found.save(update_fields=["moved", "next_shard", "done_at"])


def _move(found: Changeover, shard: int, now: datetime) -> Mapping[tuple[str, str], int]:
    moving = {was: to for was, to in found.mapping.items() if to != END}
    if not moving:
        return {}
    params = {
        "was": list(moving),
        "keys": list(moving.values()),
        "journey": found.version.journey_id,
        "version": found.version_id,
        "shard": shard,
        "goal": versions.plan(found.version_id).goal_within,
        "now": now,
        "today": now.astimezone(UTC).date(),
    }
    moved = rows(_MOVE, params)
    _settle(versions.plan(found.version_id), sorted({member for *_, members in moved for member in members}), now)
    return {(was, key): count for was, key, count, _members in moved}


def _settle(plan: versions.Plan, members: Sequence[int], now: datetime) -> None:
    """Let go who has reached the new version's goal or fits its exit rule: news of that was read by the old one."""
    enrollments.convert_by_facts(plan, members, now)
    enrollments.leave_by_rule(plan, members, now)


def _end(found: Changeover, shard: int, now: datetime) -> Mapping[tuple[str, str], int]:
    ended = {}
    for key in (was for was, to in found.mapping.items() if to == END):
        count = enrollments.end_at(key, found.version, shard, now)
        if count:
            ended[(key, END)] = count
    return ended
