"""What both servers have in common: how one is started, adopted, watched and stopped."""

import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

import psutil

from config.embedded import locks
from config.embedded.account import Account
from config.embedded.errors import ServerError
from config.embedded.home import Home
from config.embedded.logs import appended, reason

PATIENCE = 10.0  # seconds that a server which is neither starting nor answering is waited for
GRACE = 30.0  # seconds from asking a server to stop until asking harder
BLINK = 0.02


class Server(ABC):
    """One server below a home.

    Its processes inherit the descriptor of a lock that the keeper took: whether any of them lives is what the kernel
    says about that lock, never what a file with a process id says, which may be stale or name a stranger.
    """

    name: str
    stop_signals: tuple[signal.Signals, ...]

    def __init__(self, home: Home) -> None:
        self.home = home
        self.lock = home.root / f"{self.name}.lock"
        self.log = home.root / f"{self.name}.log"
        self.log_begins = 0  # where in its log the present run of the server begins
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def prepare(self, account: Account) -> None:
        """Make what the server needs before its start; no process of it lives now."""

    @abstractmethod
    def command(self, account: Account) -> list[str | Path]:
        """Return the command that runs the server in the foreground."""

    @abstractmethod
    def ready(self) -> bool:
        """Return whether the server takes work."""

    @abstractmethod
    def busy(self) -> bool:
        """Return whether the server, if it lives, is on its way up or down, which may take as long as it likes."""

    @abstractmethod
    def recorded_pid(self) -> int | None:
        """Return the process id of the running server as it recorded it, None if there is none."""

    def alive(self) -> bool:
        """Return whether any process of the server lives."""
        if self.process:
            self.process.poll()  # a child that ended is only gone once it was asked for
        return locks.is_taken(self.lock)

    def start(self, account: Account) -> None:
        """Return when the server takes work.

        One that lives already (its keeper was killed) is adopted, or stopped when it does not answer. A new one is
        waited for as long as it lives. Raises ServerError with the server's last words when it ends instead.
        """
        started = False
        while not self._awaited():
            if self.alive():
                self.stop()
            elif started:
                raise ServerError(
                    f"The embedded {self.name} server does not start: {reason(self.log, self.log_begins)}."
                )
            else:
                self._spawn(account)
                started = True

    def _awaited(self) -> bool:
        """Wait while the server lives and can be waited for; return whether it became ready."""
        ready = wait_until(lambda: self.ready() or not self.alive(), PATIENCE, while_=self.busy)
        return ready and self.alive()

    def _spawn(self, account: Account) -> None:
        self.prepare(account)
        with locks.taken(self.lock) as descriptor, appended(self.log) as log:
            self.log_begins = log.tell()
            self.process = subprocess.Popen(
                self.command(account),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[descriptor],
                umask=0o077,
                **account.popen(),
            )

    def stop(self) -> None:
        """Stop the server and return when its last process is gone, asking harder after a while."""
        for number in self.stop_signals:
            if self.alive() and (pid := self._pid()):
                os.kill(pid, number)
            if wait_until(lambda: not self.alive(), GRACE):
                return

    def _pid(self) -> int | None:
        if self.process and self.process.poll() is None:
            return self.process.pid
        return self.recorded_pid()


def wait_until(done: Callable[[], bool], seconds: float, while_: Callable[[], bool] = lambda: False) -> bool:
    """Return True as soon as ``done``, False when that takes longer than ``seconds``, which stand still ``while_``."""
    deadline = time.monotonic() + seconds
    while not done():
        if while_():
            deadline = time.monotonic() + seconds
        if time.monotonic() > deadline:
            return False
        time.sleep(BLINK)
    return True


def runs_with(pid: int, words: str) -> bool:
    """Return whether the process ``pid`` has ``words`` on its command line: ids are used again for strangers."""
    try:
        return words in " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return False
