"""The programs that the demo runs beside itself: each in a process group of its own, none of them left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

HOST = "127.0.0.1"
START = 60.0  # seconds until a program must be ready
STOP = 10.0  # seconds that a program has to stop by itself
_LOOK = 0.05


class Fallen(Exception):
    """A program of the demo stopped or did not start; the message says which, and where its log is."""


@dataclass
class Program:
    """A running program."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def check(self) -> None:
        """Raise Fallen when it runs no more."""
        if self.process.poll() is not None:
            words = self.log.read_text(errors="replace").strip().splitlines()
            last = words[-1] if words else "it said nothing"
            raise Fallen(f"The {self.name} of the demo has stopped: {last} (more in {self.log}).")

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Return as soon as it is ready. Raises Fallen."""
        deadline = time.monotonic() + START
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise Fallen(f"The {self.name} of the demo is not ready after {START:.0f} seconds (see {self.log}).")
            time.sleep(_LOOK)


class Programs:
    """All programs that run now. Leaving the block stops them; if the demo is killed, a watchdog does."""

    def __init__(self, logs: Path, *kept: int) -> None:
        """Write logs into the folder `logs`; the watchdog, too, keeps the descriptors `kept` open until all is over."""
        self._logs = logs
        self._kept = kept
        self._running: list[Program] = []

    def __enter__(self) -> Programs:
        self._logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._watchdog = subprocess.Popen(
            [sys.executable, "-m", "journeys.demo.watchdog"],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=self._kept,
            text=True,
            bufsize=1,
        )
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            self.stop(*self._running)
            self._tell("done")
        finally:
            # Without a "done", when somebody was too impatient for the lines above, the watchdog does the rest.
            if self._watchdog.stdin:
                self._watchdog.stdin.close()
        self._watchdog.wait()

    def start(self, name: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> Program:
        """Start a Python module with arguments; what it says goes to a log, and Ctrl-C does not reach it."""
        log = self._logs / f"{name.replace(' ', '-')}.log"
        with log.open("wb") as said:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=settings.BASE_DIR,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        self._tell(str(process.pid))
        program = Program(name, process, log)
        self._running.append(program)
        return program

    def stop(self, *programs: Program) -> None:
        """Ask programs to stop, all at once, and kill what does not."""
        for program in programs:
            _signal(program, signal.SIGTERM)
        deadline = time.monotonic() + STOP
        for program in programs:
            with suppress(subprocess.TimeoutExpired):
                program.process.wait(max(0.0, deadline - time.monotonic()))
            _signal(program, signal.SIGKILL)
            program.process.wait()
        self._running = [program for program in self._running if program not in programs]

    def check(self) -> None:
        """Raise Fallen when one of them runs no more."""
        for program in self._running:
            program.check()

    def _tell(self, line: str) -> None:
        if self._watchdog.stdin:
            with suppress(BrokenPipeError):
                self._watchdog.stdin.write(f"{line}\n")


def answers(port: int) -> bool:
    """Say whether somebody listens at a port of this machine."""
    with socket.socket() as asking:
        asking.settimeout(1)
        return asking.connect_ex((HOST, port)) == 0


def is_free(port: int) -> bool:
    """Say whether a port of this machine can be listened at."""
    with socket.socket() as trying:
        trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trying.bind((HOST, port))
        except OSError:
            return False
    return True


def _signal(program: Program, what: signal.Signals) -> None:
    """Signal the whole group: what a program started stops with it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(program.process.pid, what)
