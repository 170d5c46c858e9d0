"""How much memory the demo takes: this process, its programs, and the embedded servers, together."""

from __future__ import annotations

import os
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024


@dataclass(frozen=True)
class _Process:
    pid: int
    parent: int
    command: str
    kb: int


class Peak:
    """The most that was seen, in megabytes. Pages that processes share count once where the system says so (Linux)."""

    def __init__(self, home: Path) -> None:
        """Count the processes below this one and those that name `home`, as the embedded servers do."""
        self._home = os.path.realpath(home)
        self.mb = 0

    def look(self) -> None:
        """Look once more."""
        self.mb = max(self.mb, self._now())

    def _now(self) -> int:
        processes = {process.pid: process for process in _processes()}
        children = defaultdict(list)
        for process in processes.values():
            children[process.parent].append(process.pid)
        waiting = [pid for pid, process in processes.items() if pid == os.getpid() or self._home in process.command]
        mine: set[int] = set()
        while waiting:
            pid = waiting.pop()
            if pid not in mine:
                mine.add(pid)
                waiting += children[pid]
        return sum(_shared_fairly(processes[pid]) for pid in mine) // 1024


def _processes() -> Iterator[_Process]:
    return _from_proc() if _PROC.is_dir() else _from_ps()


def _from_proc() -> Iterator[_Process]:
    for folder in _PROC.glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            yield _Process(int(folder.name), int(fields[1]), command, int(fields[21]) * _PAGE_KB)


def _from_ps() -> Iterator[_Process]:
    columns = ["-o", "pid=,ppid=,rss=,command="]
    listed = subprocess.run(["ps", "-axww", *columns], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        pid, parent, kb, *command = line.split(maxsplit=3)
        yield _Process(int(pid), int(parent), "".join(command), int(kb))


def _shared_fairly(process: _Process) -> int:
    """Return kilobytes: the proportional set size where the system knows it, else the resident set."""
    with suppress(OSError):
        for line in (_PROC / str(process.pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return process.kb
