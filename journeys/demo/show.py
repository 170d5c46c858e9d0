"""The demo from its first line to its last: prepare, play, sum up, and stay."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.management import call_command

from journeys.demo import dataset
from journeys.demo.alone import alone
from journeys.demo.dataset import Bought
from journeys.demo.days import Days, days
from journeys.demo.feed import Feed
from journeys.demo.live import live
from journeys.demo.memory import Peak
from journeys.demo.outside import Carriers, start_sandbox, start_web, write_clock
from journeys.demo.prepare import claim, prepare, reset
from journeys.demo.processes import Programs, is_free
from journeys.demo.summary import Summary, summarise
from journeys.play import Outside, play, played_until
from journeys.progress import Progress

# Fine enough for quiet hours and for people's day; finer steps give the same messages and take longer.
EVERY = timedelta(hours=3)


class PortTaken(Exception):
    """The web server's port is taken; the message names the setting."""


def show(now: datetime, told: Callable[[str], None], *, afresh: bool, once: bool, every: timedelta) -> Summary:
    """Run the demo and return what came of the played days; without `once`, it then stays up until it is interrupted.

    `told` hears what is going on. Raises NotAlone, PortTaken, NoDataset, NotOurs, Fallen and CannotReport, each with
    a sentence.
    """
    began = time.monotonic()
    with alone(settings.CHORALE_HOME / "demo") as lock:
        check_port()
        log = dataset.read()
        call_command("migrate", verbosity=0)
        if afresh:
            reset()
        claim()
        peak = Peak(settings.CHORALE_HOME)
        when = days(log, now)
        log = when.moved(log)
        prepare(log, when, told)
        peak.look()
        with Programs(settings.CHORALE_HOME / "demo", lock) as programs:
            _play(programs, log, when, peak, every)
            result = summarise(when.end, time.monotonic() - began, peak.mb)
            for line in ["", *result.lines(), ""]:
                told(line)
            if not once:
                live(programs, told)
    return result


def check_port() -> None:
    """Raise PortTaken when the web server could not listen."""
    port = settings.CHORALE_PORT
    if not is_free(port):
        raise PortTaken(f"Port {port} is taken; name a free one in CHORALE_PORT, such as CHORALE_PORT={port + 1}.")


def _play(programs: Programs, log: Sequence[Bought], when: Days, peak: Peak, every: timedelta) -> None:
    """Play what is left of the days, against a sandbox and a web server that live at the played time."""
    start = max(played_until() or when.start, when.start)
    if start >= when.end:
        return
    played = [bought for bought in log if bought.day >= start.date()]
    clock = settings.CHORALE_HOME / "demo" / "clock"
    write_clock(clock, start)
    sandbox, ports = start_sandbox(programs, pace=1, now=start)
    web = start_web(programs, clock=clock)
    with Carriers(ports, clock) as carriers, Progress(when.start, start, when.end) as progress:

        def moved(moment: datetime) -> None:
            programs.check()
            progress.reach(moment)
            if moment.hour == 0:
                peak.look()

        play(start, when.end, every, Outside(carriers.begin, Feed(played), carriers.settle), moved)
    programs.stop(web, sandbox)
