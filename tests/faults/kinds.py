"""The kinds of faults: how each is done, and how often among the others."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.db import InterfaceError, OperationalError
from kombu.exceptions import OperationalError as KombuError

from config import schedule
from config.celery import app
from config.embedded.server import wait_until
from journeys import engine
from members.models import SHARDS
from tests.carrier import Carrier
from tests.content.at_once import at_once
from tests.faults import boundaries, servers
from tests.faults.log import CarriersLog
from tests.faults.played import Played
from tests.faults.programs import Cast
from tests.faults.shop import Feed

WINDOW = 20  # messages that a worker may have with the carrier, and in doubt, at once
# A carrier without haste, so that most workers that die have a window with it.
SLOWLY = {"do": "delay", "seconds": 0.03}
LATE = 2.0  # seconds; senders wait for one
DEEDS = ("refuse", "busy", "hang", "vanish")
_TICKS = 10
_PATIENCE = 30.0  # seconds


@dataclass
class Stage:
    """All that faults are done to, and what was done: `done` by kind, `doubts` as the windows that may be in doubt."""

    dice: random.Random
    place: Path
    cast: Cast
    carrier: Carrier
    clock: Played
    feed: Feed
    log: CarriersLog
    done: Counter[str] = field(default_factory=Counter)
    doubts: int = 0
    late: int = 0
    wrong: list[str] = field(default_factory=list)
    besides: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many faults there were so far."""
        return self.table().total()

    @property
    def in_doubt(self) -> int:
        """How many messages may be in doubt, by kills and by answers that came too late."""
        return (self.doubts + len(boundaries.deaths(self.place))) * WINDOW + self.late

    def worked(self) -> Counter[str]:
        """Return how often workers have begun each task."""
        log = self.place / "tasks"
        return Counter(log.read_text().split()) if log.exists() else Counter()

    def table(self) -> Counter[str]:
        """Return how many faults of each kind there were, those of the carrier by its own log."""
        self.log.read()
        died = Counter(f"killed: {boundary}" for boundary in boundaries.deaths(self.place))
        return self.done + died + Counter({f"carrier: {did}": times for did, times in self.log.deeds.items()})


def at_a_boundary(stage: Stage) -> None:
    """Have the next worker that crosses a boundary die there."""
    boundaries.order(stage.place, stage.dice.choice(boundaries.BOUNDARIES))


def at_random(stage: Stage) -> None:
    """SIGKILL any worker, wherever it is."""
    if stage.cast.kill_child(stage.dice):
        stage.done["killed: anywhere"] += 1
        stage.doubts += 1


def whole_host(stage: Stage) -> None:
    """SIGKILL a host with all its workers."""
    at_work = stage.cast.kill_host(stage.dice)
    stage.done["killed: a host with all its workers"] += 1
    stage.doubts += at_work
    stage.cast.keep_running()


def beat(stage: Stage) -> None:
    """SIGKILL one of the two beats."""
    stage.cast.kill_beat(stage.dice)
    stage.done["killed: a beat"] += 1
    stage.cast.keep_running()


def broker(stage: Stage) -> None:
    """Kill the broker with everything in it."""
    servers.kill_broker()
    stage.done["broker killed with everything in it"] += 1


def postgres(stage: Stage) -> None:
    """Restart PostgreSQL under everybody."""
    at_work = len(stage.cast.children())
    servers.restart_postgres(stage.dice)
    stage.done["PostgreSQL restarted"] += 1
    stage.doubts += at_work


def carrier(stage: Stage) -> None:
    """Have the carrier refuse, be busy, hang or vanish with the next few messages. Its log says how many it were."""
    misbehave(stage, stage.dice.choice(DEEDS), stage.dice.randint(1, 6))


def misbehave(stage: Stage, do: str, times: int) -> None:
    """Have the carrier do this to the next messages of a channel."""
    channel = stage.dice.choice(["email", "sms"])
    stage.feed.some(times, stage.clock.now())
    stage.carrier.control(rules=[{"do": do, "channel": channel, "times": times, "seconds": 0.3}, SLOWLY])


def late(stage: Stage) -> None:
    """Have the carrier take some messages and answer when nobody listens any more."""
    times = stage.dice.randint(1, 4)
    stage.carrier.control(rules=[{"do": "delay", "times": times, "seconds": LATE}, SLOWLY])
    stage.done["carrier answers too late"] += 1
    stage.late += times


def ticks(stage: Stage) -> None:
    """Run ten ticks of a shard at once, beside those of the workers."""
    shard = stage.dice.randrange(SHARDS)
    for each in at_once(_TICKS, lambda _place: engine.tick([shard], stage.clock.now())):
        if isinstance(each, BaseException) and not isinstance(each, OperationalError | InterfaceError):
            stage.wrong.append(f"A tick of shard {shard} failed: {type(each).__name__}: {each}")
    stage.done["ten ticks of a shard at once"] += 1


def scheduled(stage: Stage) -> None:
    """Do something that beat does by night, twice at once, in the middle of the day."""
    _send(stage.dice.choice(sorted(schedule.AT)))
    stage.done["a task of the night done twice by day"] += 1


def facts(stage: Stage) -> None:
    """Hand a batch of old facts in again, twice at once."""
    stage.feed.again(stage.clock.now())
    stage.done["facts handed in again"] += 1


Kind = Callable[[Stage], None]
# Each as often as it says, of their sum.
KINDS: dict[Kind, int] = {
    at_a_boundary: 40,
    at_random: 18,
    whole_host: 2,
    beat: 1,
    broker: 4,
    postgres: 3,
    carrier: 30,
    late: 6,
    ticks: 10,
    scheduled: 6,
    facts: 6,
}


def any_one(stage: Stage) -> None:
    """Do one fault of any kind."""
    [kind] = stage.dice.choices(list(KINDS), list(KINDS.values()))
    kind(stage)


def every_kind(stage: Stage) -> None:
    """Do every kind once, at every boundary, and return when all has happened, or does not happen for a long time."""
    for do in DEEDS:
        misbehave(stage, do, 2)
        _work_until(stage, lambda do=do: stage.table()[f"carrier: {do}"] > 0)  # type: ignore[misc]
    for boundary in boundaries.BOUNDARIES:
        boundaries.order(stage.place, boundary)
    for kind in KINDS:
        if kind not in (at_a_boundary, carrier):
            kind(stage)
    _work_until(stage, lambda: not boundaries.waiting(stage.place))
    _every_task(stage)


def never_done(stage: Stage) -> list[str]:
    """Return the tasks of beat that no worker has begun so far."""
    return sorted({**schedule.EVERY, **schedule.AT}.keys() - stage.worked().keys())


def _every_task(stage: Stage) -> None:
    """Have every task of beat done twice at once; what died with its worker is sent again."""
    for _attempt in range(3):
        for name in never_done(stage):
            _send(name)
        if wait_until(lambda: not never_done(stage), _PATIENCE):
            return


def _work_until(stage: Stage, condition: Callable[[], bool]) -> None:
    """Have the workers look for work, and give them some, until something has happened."""
    deadline = time.monotonic() + _PATIENCE
    while not wait_until(condition, 0.5) and time.monotonic() < deadline:
        stage.feed.some(2, stage.clock.now())
        look(stage)
        stage.cast.keep_running()


def flow(stage: Stage, messages: int, seconds: float) -> None:
    """Return when the carrier has taken some more messages, or after a while: faults belong into the middle of work."""
    stage.log.read()
    enough = stage.log.taken.total() + messages

    def flowed() -> bool:
        stage.log.read()
        return stage.log.taken.total() >= enough

    wait_until(flowed, seconds)


def look(_stage: Stage) -> None:
    """Send the looks of beat at once."""
    for name in ("journeys.tasks.look", "channels.tasks.look", "channels.tasks.recover"):
        _send(name)


def _send(name: str) -> None:
    """Send a task twice; one that gets lost with a broker is no loss."""
    for _copy in range(2):
        with suppress(KombuError):
            app.send_task(name, expires=60)
