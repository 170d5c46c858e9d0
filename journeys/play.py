"""Playing time: days pass step by step, through the engine, outbox and adapters that production uses.

In each step the world outside does its part up to the step's instant (facts come in), then everything is done that
beat and workers would have done by then, and at last the carriers tell what became of the messages. Time only goes
forward: the database remembers how far it was played.
"""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from channels import counts as message_counts
from channels import delivery
from channels.batches import Delivered
from channels.models import Sender
from content import offers
from journeys import apps, days, engine, work
from journeys import counts as step_counts
from journeys.engine import Ticked
from journeys.lanes import Lanes
from journeys.models import Playback
from members import news, segments, standing
from members.standing import points

EVERY = timedelta(minutes=30)
# Ticks, deliveries and ranges of members side by side: two keep two cores busy.
LANES = 2


class Backwards(Exception):
    """The days asked for were played already; the message is a sentence that says where to begin."""


def _nothing_between(_since: datetime, _until: datetime) -> None:
    return None


def _nothing_at(_moment: datetime) -> None:
    return None


@dataclass(frozen=True)
class Outside:
    """The world outside of a step, in the order in which it is asked.

    `begin(moment)` sets its clocks to the step's instant, `feed(since, until)` brings the facts that happened after
    `since` and up to `until`, and `settle(moment)` lets the carriers send back what is due. What leaves in between,
    `carry(sender, moment)` takes.
    """

    begin: Callable[[datetime], None] = _nothing_at
    feed: Callable[[datetime, datetime], None] = _nothing_between
    settle: Callable[[datetime], None] = _nothing_at
    carry: Callable[[Sender, datetime], Delivered] = delivery.deliver


@dataclass
class Played:
    """What happened while days were played."""

    steps: int = 0
    ticked: Ticked = field(default_factory=Ticked)
    delivered: Delivered = field(default_factory=Delivered)


def step(text: str) -> timedelta:
    """Read a step in whole minutes, for `--every`. Raises argparse.ArgumentTypeError with one sentence."""
    if not text.isdecimal() or not 0 < int(text) <= 24 * 60:
        raise ArgumentTypeError(f"“{text}” is no step; write whole minutes, from 1 to 1440.")
    return timedelta(minutes=int(text))


def played_until() -> datetime | None:
    """Return up to when this database was played, None if it never was."""
    return Playback.objects.filter(pk=1).values_list("played_until", flat=True).first()


def play(
    start: datetime,
    end: datetime,
    every: timedelta = EVERY,
    outside: Outside | None = None,
    told: Callable[[datetime], None] = _nothing_at,
) -> Played:
    """Play the time after `start` up to `end` in steps of `every`; `told` hears of each instant that is done.

    A step that was interrupted is played again: everything in it is safe to repeat. Raises Backwards.
    """
    known = played_until()
    if known is not None and start < known:
        raise Backwards(
            _("This database was played until %(known)s; play from there on.") % {"known": known.isoformat()}
        )
    played = Played()
    with Lanes(LANES) as lanes, _nobody_else_looks():
        for since, until in _steps(start, end, every):
            _step(since, until, outside or Outside(), lanes, played)
            Playback.objects.update_or_create(pk=1, defaults={"played_until": until})
            told(until)
    return played


@contextmanager
def _nobody_else_looks() -> Iterator[None]:
    """Send no tasks for the news that is made here: a worker would look at it in the present."""
    news.forget(apps.look_at)
    try:
        yield
    finally:
        news.on_commit(apps.look_at)


def _steps(start: datetime, end: datetime, every: timedelta) -> Iterator[tuple[datetime, datetime]]:
    since = start
    while since < end:
        until = min(since + every, end)
        yield since, until
        since = until


def _step(since: datetime, until: datetime, outside: Outside, lanes: Lanes, played: Played) -> None:
    played.steps += 1
    outside.begin(until)
    outside.feed(since, until)
    if since.date() != until.date():
        _begin_day(until, lanes)
    delivery.recover(until)
    delivery.expire(until)
    offers.expire(until)
    days.name(until)
    _tick(until, lanes, played)
    _deliver(until, outside, lanes, played)
    outside.settle(until)


def _begin_day(now: datetime, lanes: Lanes) -> None:
    """Do what beat does once a day."""
    points.expire(now)
    standing.refresh(now, each=lanes.each)
    segments.refresh_all(now)
    message_counts.compact(now)
    step_counts.compact(now)


def _tick(now: datetime, lanes: Lanes, played: Played) -> None:
    for done in lanes.each(lambda shards: engine.tick(shards, now), work.groups(now)):
        played.ticked.add(done)


def _deliver(now: datetime, outside: Outside, lanes: Lanes, played: Played) -> None:
    """Deliver until nothing is due that can leave; what waits behind a pause or a hold is left to a later step."""
    senders = Sender.objects.filter(pk__in=delivery.senders_with_work(now))
    for done in lanes.each(lambda sender: outside.carry(sender, now), senders):
        played.delivered.merge(done)
