"""Celery's way into journeys: each task reads the clock and makes one call; all may be lost, repeated or overlap."""

from __future__ import annotations

from celery import shared_task

from journeys import counts, engine, entries
from members import clock

# A task that waited longer than this is worth nothing: the next look asks the same question anew.
STALE_SECONDS = 10


@shared_task
def look() -> None:
    """Find the shards that have news or somebody due and send a tick to each."""
    for shard in engine.shards_with_work(clock.now()):
        tick.apply_async((shard,), expires=STALE_SECONDS)


@shared_task
def tick(shard: int) -> None:
    """Do all the work that a shard has now."""
    engine.tick(shard, clock.now())


@shared_task
def name_dates() -> None:
    """Name the members whose birthday or other date has come for the journeys entered by date."""
    entries.name_dates(clock.now())


@shared_task
def compact_counts() -> None:
    """Add up the counts of past days, so that reading them stays short."""
    counts.compact(clock.now())
