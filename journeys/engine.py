"""The tick: news, entry, leaving early, steps and sends, in batches of some shards' members under the shards' locks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction

from channels.webhook.events import Event
from journeys import admission, afoot, breaker, enrollments, entries, moves, plan, telling
from journeys.heard import Heard, Told
from journeys.span import Span
from journeys.steps.base import SendingKind, StepAt, kinds
from members import locks, news, segments, standing
from members.models import SHARDS
from members.sql import Sql, rows

# A batch aims at a quarter of a second, so that a news insert, a redemption or another tick never waits longer.
BATCH = 2_000
# How long those wait who stand at a step that failed: long enough for the log, short enough to go on once it is mended.
RETRY = timedelta(minutes=5)
# No honest journey makes more moves at one instant: loops pass through a wait.
ROUNDS = 50
# How many enrollments a line of the log names.
NAMED = 100

log = logging.getLogger(__name__)

# The whole backlog is read once: where each batch begins and ends, and whether the time of anybody's holdout is over.
_SPANS = f"""
SELECT min(member_id), max(member_id), bool_or(over) FROM (
    SELECT member_id, bool_or(over) AS over, (row_number() OVER (ORDER BY member_id) - 1) / %(batch)s AS number FROM (
        SELECT member_id, false AS over FROM members_news WHERE shard = ANY(%(shards)s) AND recorded_at <= %(now)s
        UNION
        SELECT member_id, false FROM journeys_enrollment e
        WHERE e.shard = ANY(%(shards)s) AND e.state = 'live' AND e.due_at <= %(now)s
          AND e.journey_id <> ALL(ARRAY({plan.PAUSED}))
        UNION
        SELECT member_id, true FROM journeys_enrollment e
        WHERE e.shard = ANY(%(shards)s) AND e.state = 'held_out' AND e.goal_until <= %(now)s
    ) found GROUP BY member_id
) batch GROUP BY number ORDER BY number
"""

# Whoever stands nowhere (see `enrollments.versions_of`) is passed by.
_DUE_STEPS = """
SELECT found.version_id, found.step_id FROM (SELECT DISTINCT version_id, step_id FROM ({due}) due) found
JOIN journeys_step s ON s.id = found.step_id AND s.version_id = found.version_id
ORDER BY 1, 2
"""


@dataclass
class Ticked:
    """What a tick did: batches, news read, members entered, and moves of enrollments."""

    batches: int = 0
    news: int = 0
    entered: int = 0
    moved: int = 0

    @property
    def work(self) -> int:
        """All that was done; a pass that adds nothing to it need not be repeated."""
        return self.news + self.entered + self.moved

    def add(self, other: Ticked) -> None:
        """Count what another tick did in with this one."""
        self.batches += other.batches
        self.news += other.news
        self.entered += other.entered
        self.moved += other.moved


def tick(shards: Sequence[int], now: datetime, keep_on: Callable[[], bool] = lambda: True) -> Ticked:
    """Do all the work that some shards have at `now`, batch by batch; those whose lock somebody else has are left out.

    `keep_on` is asked between batches: a worker can stop there and leave the rest to the next look. What one shard
    raises does not stop the others; it is raised when they are done.
    """
    done = Ticked()
    try:
        # From the start once more, after releasing: news that came meanwhile found the locks taken and went away.
        while keep_on() and _pass(shards, now, done, keep_on):
            pass
    except Exception:
        if len(shards) == 1:
            raise
        log.exception("Shards failed together; each is tried alone.", extra={"shards": list(shards)})
        _each_alone(shards, now, done, keep_on)
    return done


def _each_alone(shards: Sequence[int], now: datetime, done: Ticked, keep_on: Callable[[], bool]) -> None:
    errors: list[Exception] = []
    for shard in shards:
        try:
            done.add(tick([shard], now, keep_on))
        except Exception as error:  # noqa: BLE001 - the first of them is raised below
            errors.append(error)
    if errors:
        raise errors[0]


def _pass(shards: Sequence[int], now: datetime, done: Ticked, keep_on: Callable[[], bool]) -> bool:
    """Work through the shards' members once and return whether anything came of it."""
    before = done.work
    for low, high, over in _spans(shards, now):
        if not keep_on():
            break
        with transaction.atomic():
            free = locks.try_shards(shards)
            if not free:
                break
            _batch(Span(tuple(free), low, high, now, tuple(plan.paused()), over), done)
    return done.work > before


def _spans(shards: Sequence[int], now: datetime) -> list[tuple[int, int, bool]]:
    """Return the first and the last member of each batch, and whether a holdout of theirs is over.

    Asked before the locks are taken, it says no more than how to go through the members; who is there is asked after.
    """
    return [(low, high, over) for low, high, over in rows(_SPANS, {"shards": list(shards), "now": now, "batch": BATCH})]


def _batch(span: Span, done: Ticked) -> None:
    heard, versions = _read_news(span)
    done.batches += 1
    done.news += len(heard)
    if span.over:
        enrollments.close_holdouts(span)  # before entries: whoever's time is over may enter anew
    afoot.begin()
    entered = _enter(span, heard, versions) if heard else 0
    done.entered += entered
    due = afoot.gather(span)
    if _leave_early(span, heard, due, versions):
        due = afoot.gather_anew(span)
    if due or entered:
        done.moved += _move(span)


def _enter(span: Span, heard: Heard, versions: set[int]) -> int:
    """Let in whom this news names, and return how many; `versions` becomes those whose goals and exits are to be asked.

    No exit rule holds for those who were just admitted, and their goals alone may have been reached at once. Whoever
    enters a journey that rests is not moved.
    """
    total = 0
    for entry, live in plan.entering():
        named = entries.named(entry, heard)
        if not named:
            continue
        moving = entry.journey_id not in span.paused
        total += admission.admit(entry, named, span.now, live=live, moving=moving)
        if entry.goal and (stirred := heard.of(entry.goal.topics())):
            versions.add(entry.version_id)
            if moving:
                asked = {"version": entry.version_id, "members": sorted(stirred)}
                afoot.land(Sql("e.version_id = %(version)s AND e.member_id = ANY(%(members)s)", asked))
    return total


def _move(span: Span) -> int:
    """Move those who are afoot until all rest, and return how many moves that were."""
    total = 0
    for _ in range(ROUNDS):
        moved = _round(span)
        total += moved
        if not moved:
            break
    telling.tell([(ended, Event.ENROLLMENT_ENDED) for ended in afoot.write_back()], span.now)
    return total


def _read_news(span: Span) -> tuple[Heard, set[int]]:
    """Read the span's news, bring standing and segments up to date with it, and wake who waits for it.

    Returns it, and the versions in which whom it is about are.
    """
    told: list[Told] = [*news.read(span.shards, span.now, low=span.low, high=span.high)]
    bought = {member for member, topic, *_ in told if topic in ("purchase", "points")}
    if bought:
        standing.refresh(span.now, Sql("SELECT unnest(%(ids)s::bigint[]) AS member_id", {"ids": sorted(bought)}))
        told += news.read(span.shards, span.now, low=span.low, high=span.high)
    if told:
        segments.refresh_for([(member, topic) for member, topic, *_ in told], span.now)
        told += news.read(span.shards, span.now, low=span.low, high=span.high)
    heard = Heard(told)
    versions = enrollments.versions_of(sorted(heard.members), span.now) if told else []
    enrollments.wake(heard, plan.wakers(versions), span.now)
    return heard, set(versions)


def _leave_early(span: Span, heard: Heard, due: set[int], versions: set[int]) -> int:
    """Settle goals and exits before anything is sent: on news of what their rules read, exits also for who is due.

    `versions` are those of whom there is news. A pause does not stop this: what a member did meanwhile must not be
    forgotten. Returns how many left.
    """
    silent, left = sorted(due - heard.members), 0
    for version_id in sorted(versions.union(enrollments.versions_of(silent, span.now) if silent else ())):
        version = plan.plan(version_id)
        if version.goal:
            left += enrollments.convert(version, sorted(heard.of(version.goal.topics())), span.now)
        if version.exit:
            left += enrollments.leave_by_rule(version, sorted(due | heard.of(version.exit.topics())), span.now)
    return left


def _round(span: Span) -> int:
    """Move everybody who is due by one step and return how many moves that were; sends come when all else rests."""
    steps = _due_steps(span)
    quiet = [step for step in steps if not isinstance(kinds()[step.kind], SendingKind)]
    if quiet:
        return sum(_guarded([step], span, _step) for step in quiet)
    return _guarded(steps, span, breaker.send) if steps else 0


def _step(steps: Sequence[StepAt], span: Span) -> int:
    (step,) = steps
    kind, cohort = kinds()[step.kind], afoot.due_at(span, step.id)
    kind.act(step, cohort, span.now)
    return moves.move(kind.decide(step, cohort, span.now), span.now)


def _guarded(steps: Sequence[StepAt], span: Span, move: Callable[[Sequence[StepAt], Span], int]) -> int:
    """Move by these steps; when that fails, undo it, say so, and put those who stand there off for a while.

    One damaged step must not stop the shard's other journeys. Of several sends that fail together each is tried alone.
    """
    try:
        with transaction.atomic():
            return move(steps, span)
    except (DatabaseError, ValueError, KeyError, moves.NoWay):
        if len(steps) > 1:
            return sum(_guarded([step], span, move) for step in steps)
        late = moves.put_off(afoot.due_at(span, steps[0].id), span.now + RETRY)
        stuck = {"journey": steps[0].journey_id, "step": steps[0].key, "count": len(late), "enrollments": late[:NAMED]}
        log.exception("A step failed; it is tried again later.", extra=stuck)
        return len(late)


def _due_steps(span: Span) -> Sequence[StepAt]:
    due = afoot.due(span)
    found = rows(_DUE_STEPS.format(due=due.text), due.params)
    return [plan.plan(version).steps[step] for version, step in found]


def end_journey(journey_id: int, now: datetime) -> int:
    """End everybody under way in a stopped journey, shard by shard, waiting for each shard's lock; return how many."""
    return sum(_end_shard(journey_id, shard, now) for shard in range(SHARDS))


@transaction.atomic
def _end_shard(journey_id: int, shard: int, now: datetime) -> int:
    locks.wait_for_shard(shard)
    return enrollments.end_all(journey_id, shard, now)
