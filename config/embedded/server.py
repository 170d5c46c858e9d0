"""What both servers have in common: how one is started, adopted, watched and stopped."""

import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path

from config.embedded import locks
from config.embedded.account import Account
from config.embedded.errors import ServerError, last_words
from config.embedded.home import Home

LOG_LIMIT = 5_000_000
GRACE = 30.0  # seconds from asking a server to stop until asking harder


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
    def recorded_pid(self) -> int | None:
        """Return the process id that the running server recorded, None if it is gone."""

    def alive(self) -> bool:
        """Return whether any process of the server lives."""
        if self.process:
            self.process.poll()  # a child that ended is only gone once it was asked for
        return locks.is_taken(self.lock)

    def start(self, account: Account) -> None:
        """Start the server and wait until it is ready, for as long as it lives. One that lives already is adopted."""
        if not self.alive():
            self._spawn(account)
        while not self.ready():
            if not self.alive():
                raise ServerError(
                    f"The embedded {self.name} server does not start: {last_words(self.log)} (log: {self.log})."
                )
            time.sleep(0.02)

    def _spawn(self, account: Account) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.prepare(account)
        with locks.taken(self.lock) as descriptor, self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
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
        """Stop the server and wait until its last process is gone, asking harder after a while."""
        for number in self.stop_signals:
            pid = self.recorded_pid() if self.alive() else None
            if pid:
                os.kill(pid, number)
            deadline = time.monotonic() + GRACE
            while self.alive() and time.monotonic() < deadline:
                time.sleep(0.02)
