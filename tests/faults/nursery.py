"""Where hosts and beats come from: a process that has loaded everything and forks them, which takes no time.

It reads a line for each, the log and the arguments of `celery`, and answers with the process id. Each leads a group of
its own. When its input ends, because the run is over or was killed, it kills what is left of them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from django.conf import settings


class Nursery:
    """The run's end of it."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.faults.nursery"]
        self._process = subprocess.Popen(
            command, cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def start(self, log: Path, arguments: Sequence[str]) -> int:
        """Start `celery` with these arguments and return its process id."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([str(log), *arguments]) + "\n")
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """Kill everything that it started, and end."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


def alive(pid: int) -> bool:
    """Say whether a process lives; the nursery leaves no zombies."""
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def kill(pid: int) -> None:
    """SIGKILL a process with its children, at one instant."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def main() -> None:
    """Fork as told."""
    from tests.faults import app  # noqa: F401 - loaded once, for all of them

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    born: list[int] = []
    for line in sys.stdin:
        log, *arguments = json.loads(line)
        pid = os.fork()
        if not pid:
            _live(log, arguments)
        born.append(pid)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
    for pid in born:
        kill(pid)


def _live(log: str, arguments: list[str]) -> None:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor, source in ((0, os.open(os.devnull, os.O_RDONLY)), (1, said), (2, said)):
        os.dup2(source, descriptor)
    from tests.faults.app import app

    try:
        app.start(argv=arguments)
    finally:
        os._exit(1)


if __name__ == "__main__":
    main()
