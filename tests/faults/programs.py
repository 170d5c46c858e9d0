"""The processes of a run: hosts of workers, beats and the carrier; who died without having been killed is a finding."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import psutil

from channels.sandbox.server import Ports
from journeys.demo.processes import Programs, answers
from tests.carrier import Carrier
from tests.faults.nursery import Nursery, alive, kill
from tests.faults.place import free_port

CHILDREN = 3  # prefork processes of a host
# Celery gives a host up that loses a process while it starts; whoever supervises it starts another.
_STARTING = "Could not start worker processes"
_STOP = 20.0  # seconds that a host has to stop by itself
_HOW = {
    "host": ["worker", "--concurrency", str(CHILDREN), "--without-mingle", "--without-gossip"],
    "beat": ["beat", "--pidfile="],
}


class Cast:
    """Everything that runs beside the run itself."""

    def __init__(self, nursery: Nursery, programs: Programs, logs: Path) -> None:
        self._nursery, self._programs, self._logs = nursery, programs, logs
        self._numbers = count(1)
        self._running: dict[str, dict[int, Path]] = {kind: {} for kind in _HOW}
        self.fallen: list[str] = []

    def carrier(self) -> Carrier:
        """Start the carrier and return it when it listens."""
        ports = Ports(free_port(), free_port())
        options = ["--smtp-port", str(ports.smtp), "--http-port", str(ports.http), "--pace", "0.05"]
        program = self._programs.start("carrier", ["manage.py", "sandbox", "--reactions", "none", *options])
        program.wait_until(lambda: answers(ports.http) and answers(ports.smtp))
        return Carrier(ports)

    def keep_running(self) -> None:
        """Keep two hosts and two beats; whoever ended unasked is noted, and replaced."""
        for kind, running in self._running.items():
            for pid, log in [each for each in running.items() if not alive(each[0])]:
                del running[pid]
                words = log.read_text(errors="replace").strip()
                if _STARTING not in words:
                    self.fallen.append(f"A {kind} ended by itself: {words.splitlines()[-1:]}")
            while len(running) < 2:
                self._start(kind)

    def children(self) -> list[int]:
        """Return the process ids of all prefork processes."""
        return sorted(child for host in self._running["host"] for child in _children(host))

    def kill_child(self, dice: random.Random) -> bool:
        """SIGKILL any one prefork process; return whether there was one."""
        children = self.children()
        with suppress(ProcessLookupError, IndexError):
            os.kill(dice.choice(children), signal.SIGKILL)
        return bool(children)

    def kill_host(self, dice: random.Random) -> int:
        """SIGKILL a host with all its processes at one instant; return how many were at work."""
        return self._kill("host", dice.choice(list(self._running["host"])))

    def kill_beat(self, dice: random.Random) -> None:
        """SIGKILL one of the beats."""
        self._kill("beat", dice.choice(list(self._running["beat"])))

    def kill_hosts(self) -> int:
        """SIGKILL all hosts; return how many prefork processes were at work."""
        return sum(self._kill("host", pid) for pid in list(self._running["host"]))

    def stop(self) -> None:
        """Ask all hosts and beats to stop, and wait for them."""
        everybody = [pid for running in self._running.values() for pid in running]
        for pid in everybody:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP
        while any(alive(pid) for pid in everybody) and time.monotonic() < deadline:
            time.sleep(0.05)

    def _kill(self, kind: str, pid: int) -> int:
        at_work = len(_children(pid))
        kill(pid)
        del self._running[kind][pid]
        return at_work

    def _start(self, kind: str) -> None:
        name = f"{kind}-{next(self._numbers)}"
        named = ["--hostname", name] if kind == "host" else []
        log = self._logs / f"{name}.log"
        self._running[kind][self._nursery.start(log, [*_HOW[kind], *named, "--loglevel", "WARNING"])] = log


def _children(pid: int) -> list[int]:
    with suppress(psutil.NoSuchProcess):
        return [child.pid for child in psutil.Process(pid).children()]
    return []


@contextmanager
def cast(logs: Path) -> Iterator[Cast]:
    """Give a cast that is gone when the block ends, and when this process is killed."""
    nursery = Nursery()
    try:
        with Programs(logs) as programs:
            yield Cast(nursery, programs, logs)
    finally:
        nursery.close()
