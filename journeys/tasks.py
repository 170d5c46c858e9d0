"""Celery's way into journeys: each task reads the clock and makes one call; all may be lost, repeated or overlap."""

from __future__ import annotations

import logging

from celery import shared_task

from channels import tasks as delivering
from journeys import arms, breaker, changeover, counts, days, engine, ramp, winners, work
from members import clock

# A task that waited longer than this is worth nothing: the next look asks the same question anew.
STALE_SECONDS = 10

log = logging.getLogger(__name__)


@shared_task
def look() -> None:
    """Find the shards that have news or somebody due and send a tick to them."""
    for shards in work.groups(clock.now()):
        tick.apply_async((shards,), expires=STALE_SECONDS)


@shared_task
def tick(shards: list[int]) -> None:
    """Do all the work that some shards have now, and have what it queued delivered at once.

    Beat's look at the senders would come within a second.
    """
    done = engine.tick(shards, clock.now())
    if done.moved:
        delivering.look.apply_async(expires=STALE_SECONDS)
    if done.work:
        words = "%d news read, %d members entered, %d enrollments moved."
        log.info(words, done.news, done.entered, done.moved, extra={"shards": shards})


@shared_task
def name_dates() -> None:
    """Name the members whose day has come, for the journeys that they enter by a date or by a recurring rule."""
    days.name(clock.now())


@shared_task
def finish_changeovers() -> None:
    """Move those under way whom a publication that broke off has not reached."""
    changeover.finish_all(clock.now())


@shared_task
def forget_days() -> None:
    """Delete what was counted for the limits of days that are over."""
    now = clock.now()
    ramp.forget(now)
    breaker.forget(now)


@shared_task
def compact_counts() -> None:
    """Add up the counts of past days, so that reading them stays short."""
    counts.compact(clock.now())
    arms.compact(clock.now())


@shared_task
def decide_splits() -> None:
    """Send who comes from now on to the winner, in the splits whose rule is met."""
    winners.decide(clock.now())
