"""What processes take: memory by the proportional set size, and processor time, from /proc (Linux)."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_EVERY = 0.5
# What a process is called here, by what its command line says; the first that fits.
_NAMES = (
    ("benchmarks.crew", "worker"),
    ("benchmarks.sink", "sink"),
    ("celery", "Celery"),
    ("gunicorn", "gunicorn"),
    ("valkey", "broker"),
    ("postgres", "PostgreSQL"),
    ("config.embedded", "keeper"),
    ("benchmarks", "this program"),
)
# Of these every process counts alone, and the largest is told; of all others, what they take together.
ALONE = ("worker", "Celery", "gunicorn")


@dataclass(frozen=True)
class Process:
    """A process of this house."""

    pid: int
    parent: int
    name: str
    ticked: float  # seconds of processor time so far, in hundredths

    def seconds(self) -> float:
        """Return the processor time that it took so far, to the nanosecond where the system counts so."""
        taken = 0
        for thread in (_PROC / str(self.pid) / "task").glob("*/schedstat"):
            with suppress(OSError):  # it has ended meanwhile
                taken += int(thread.read_text().split()[0])
        return taken / 1e9 or self.ticked

    def pss_mb(self) -> float:
        """Return what it takes in megabytes; pages that several have count for each by its share."""
        with suppress(OSError):
            for line in (_PROC / str(self.pid) / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    return int(line.split()[1]) / 1024
        return 0.0


def running() -> list[Process]:
    """Return this process, all below it, and the servers of this house with all below them."""
    home = os.path.realpath(os.environ["CHORALE_HOME"])
    found = {process.pid: (process, command) for process, command in _all()}
    below = defaultdict(list)
    for process, _command in found.values():
        below[process.parent].append(process.pid)
    waiting = [pid for pid, (_, command) in found.items() if pid == os.getpid() or home in command]
    mine: dict[int, Process] = {}
    while waiting:
        pid = waiting.pop()
        if pid not in mine:
            mine[pid] = found[pid][0]
            waiting += below[pid]
    return list(mine.values())


def so_far() -> dict[int, float]:
    """Return the processor time that each of the house's processes has taken, by its id."""
    return {process.pid: process.seconds() for process in running()}


def since(before: Mapping[int, float]) -> dict[str, float]:
    """Return the processor time that the house's processes have taken since `so_far` was asked, by name.

    What has ended meanwhile is not counted: its time is not known any more.
    """
    taken: dict[str, float] = defaultdict(float)
    for process in running():
        taken[process.name] += process.seconds() - before.get(process.pid, 0.0)
    return dict(taken)


def _all() -> Iterator[tuple[Process, str]]:
    for folder in _PROC.glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            name = next((name for part, name in _NAMES if part in command), "others")
            seconds = (int(fields[11]) + int(fields[12])) / _TICKS
            yield Process(int(folder.name), int(fields[1]), name, seconds), command


class Watch:
    """Looks at the memory of the house's processes until the block ends; `peaks` holds the most, in megabytes."""

    def __init__(self) -> None:
        self.peaks: dict[str, float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()
        self.look()

    def look(self) -> None:
        """Look once more."""
        now: dict[str, float] = defaultdict(float)
        for process in running():
            taken = process.pss_mb()
            now[process.name] = max(now[process.name], taken) if process.name in ALONE else now[process.name] + taken
        self.peaks = {name: max(mb, self.peaks.get(name, 0.0)) for name, mb in {**self.peaks, **now}.items()}

    def _look_on(self) -> None:
        while not self._over.wait(_EVERY):
            self.look()
