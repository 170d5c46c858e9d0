"""A faults run: a shop opens, everything is broken at several stations in time, comes to rest, and is judged."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Min

from channels.models import Message
from channels.vocabulary import OPEN
from journeys.models import Enrollment
from members.models import News
from tests.faults import kinds, programs, servers, shop, verdict, web
from tests.faults.kinds import Stage
from tests.faults.log import CarriersLog, surprises
from tests.faults.place import place
from tests.faults.played import Played
from tests.faults.verdict import Expected
from tests.faults.writers import Told, Writers

_LULL = 0.6  # seconds without messages after which the next fault is done all the same
_TELL = 10.0  # seconds between two lines that say how far it is
QUARRELLED = 8  # members whose offers the writers work on
_SETTLED = 600.0  # seconds for everything to come to rest at the end
_BEGAN = time.monotonic()
_LEASES = timedelta(minutes=15)
_TOGETHER = timedelta(hours=5)  # what is due so soon after each other need not be waited for one by one


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# Most begin minutes before clocks change somewhere, so that it happens in the middle of everything.
STATIONS = [
    _at("2026-03-08 06:55"),  # New York leaps from 02:00 to 03:00
    _at("2026-03-10 14:00"),
    _at("2026-03-29 00:55"),  # Berlin leaps
    _at("2026-03-31 13:00"),
    _at("2026-04-04 14:55"),  # Lord Howe goes back, by half an hour
    _at("2026-04-06 22:00"),
    _at("2026-10-03 15:25"),  # Lord Howe leaps, by half an hour
    _at("2026-10-25 00:55"),  # Berlin goes back
    _at("2026-11-01 05:55"),  # New York goes back
    _at("2026-11-03 14:00"),
]
SHORT = [STATIONS[2], STATIONS[3]]


@dataclass(frozen=True)
class Plan:
    """How big a run is. `facts` are those with which a station begins, `pace` the messages between
    two faults, `writing` the seconds that the writers write."""

    seed: int
    faults: int
    members: int
    facts: int
    pace: int
    writing: float
    stations: Sequence[datetime]


def long(seed: int, faults: int) -> Plan:
    """Return the run that takes minutes."""
    return Plan(seed, faults, members=4000, facts=40, pace=20, writing=120, stations=STATIONS)


def short(seed: int, faults: int) -> Plan:
    """Return the run that takes seconds."""
    return Plan(seed, faults, members=400, facts=12, pace=5, writing=4, stations=SHORT)


def play(plan: Plan) -> tuple[Stage, list[str]]:
    """Do it, and return what was done and a sentence for everything that does not hold."""
    with _open(plan) as stage, web.running() as calls:
        _say(stage, "the shop opens")
        shop.open_shop(plan.members, stage.carrier.ports, stage.clock.now())
        stage.carrier.control(profile={"email": {"delivered": 0.7}, "sms": {"delivered": 0.15}})
        quarrelled = [shop.external_id(number) for number in range(QUARRELLED)]
        told = Told()
        with Writers(quarrelled, plan.seed, plan.writing, told) as writers:
            for number, station in enumerate(plan.stations, 1):
                _station(stage, plan, station, plan.faults * number // len(plan.stations))
            writers.finish()
        settle(stage)
        stage.log.read()
        expected = Expected(stage.feed.orders, set(quarrelled), stage.in_doubt, told)
        found = verdict.broken(expected, stage.log, stage.clock.now())
        found += [*stage.wrong, *stage.cast.fallen]
    found += [f"No worker ever began {name}." for name in kinds.never_done(stage)]
    stage.besides = {
        "calls of the carrier, each handed in twice": calls.calls,
        "facts that were known already": stage.feed.repeated,
        "tasks, each sent twice": stage.worked().total(),
        "deeds of sixteen writers": told.deeds.total(),
        "messages": stage.log.taken.total(),
        "in doubt": expected.unconfirmed(),
        "in doubt at most": expected.doubts,
    }
    return stage, [*found, *surprises(place())]


@contextmanager
def _open(plan: Plan) -> Iterator[Stage]:
    dice = random.Random(plan.seed)
    clock = Played(place() / "clock", plan.stations[0] - timedelta(days=1))
    clock.start()
    with ExitStack() as stack:
        stack.callback(clock.stop)
        cast = stack.enter_context(programs.cast(place()))
        feed, carrier = shop.Feed(plan.members, dice), cast.carrier()
        yield Stage(dice, place(), cast, carrier, clock, feed, CarriersLog(settings.HOME.root))


def _station(stage: Stage, plan: Plan, at: datetime, upto: int) -> None:
    """Go to a time, with whatever was left at the last one, and do faults there until there were so many."""
    if at != plan.stations[0]:
        stage.doubts += stage.cast.kill_hosts()
        stage.done["killed: all hosts at once"] += 1
    stage.clock.jump(at)
    stage.done["clock carried over weeks and changes of time"] += 1
    stage.carrier.control(rules=[kinds.SLOWLY])
    stage.cast.keep_running()
    stage.feed.some(plan.facts, stage.clock.now())
    if at == plan.stations[0]:
        kinds.every_kind(stage)
        _say(stage, "every kind was done")
    told = time.monotonic()
    while stage.total < upto:
        stage.feed.some(plan.facts // 10, stage.clock.now())
        kinds.any_one(stage)
        stage.cast.keep_running()
        kinds.flow(stage, stage.dice.randint(0, 2 * plan.pace), _LULL)
        if time.monotonic() - told > _TELL:
            told = time.monotonic()
            _say(stage, f"{at:%Y-%m-%d}")


def settle(stage: Stage) -> None:
    """Let everything come to rest: nothing goes wrong any more, and time passes when nobody has anything to do."""
    _say(stage, "all that is left settles")
    stage.carrier.control(rules=[])
    stage.clock.jump(stage.clock.now() + _LEASES)
    stage.cast.keep_running()
    deadline = time.monotonic() + _SETTLED
    while time.monotonic() < deadline:
        at_work, later = servers.asked(lambda: _left(stage.clock.now()))
        if not at_work and later is None:
            break
        if not at_work and later:
            stage.clock.jump(later + _TOGETHER)
            kinds.look(stage)
        stage.cast.keep_running()
        time.sleep(0.3)
    stage.cast.stop()


def _left(now: datetime) -> tuple[bool, datetime | None]:
    """Return whether somebody is at work or has something to do now, and when the next has if that is later."""
    messages = Message.objects.filter(state__in=OPEN).exclude(channel="webhook")
    leased = messages.exclude(state="queued").exists()
    live = Enrollment.objects.filter(state="live")
    times = [
        messages.filter(state="queued").aggregate(first=Min("due_at"))["first"],
        live.aggregate(first=Min("due_at"))["first"],
    ]
    first = min((at for at in times if at), default=None)
    at_work = leased or News.objects.exists() or (first is not None and first <= now)
    return at_work, first


def _say(stage: Stage, words: str) -> None:
    sys.stdout.write(f"{time.monotonic() - _BEGAN:4.0f} s {stage.total:5} faults  {words}\n")
    sys.stdout.flush()
