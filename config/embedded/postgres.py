"""The embedded PostgreSQL."""

import shutil
import signal
import socket
import subprocess
from pathlib import Path

from config.embedded import account as accounts
from config.embedded import programs
from config.embedded.account import Account
from config.embedded.errors import ServerError
from config.embedded.home import Home
from config.embedded.logs import age, appended, reason
from config.embedded.server import Server, runs_with
from config.embedded.tuning import LOOSE, settings

MAJOR = "18"
STALLED = 60.0  # seconds without a word after which a server that starts or stops is given up
NAME = "chorale"  # of the database and of its superuser

INITDB = [
    f"--username={NAME}",
    "--auth=trust",
    "--encoding=UTF8",
    # The same order and the same upper case on every machine, whatever locales it has.
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
]


class Postgres(Server):
    """A PostgreSQL that listens on a socket in a private directory only, so everybody who gets there is trusted."""

    name = "postgres"
    # Fast: breaks connections off and writes a checkpoint. Immediate: leaves the rest to recovery at the next start.
    stop_signals = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)

    def __init__(self, home: Home, durable: bool = True) -> None:
        super().__init__(home)
        self.durable = durable

    @property
    def data(self) -> Path:
        """The cluster's directory as its own user reaches it, which is not always through the home."""
        return self.home.servers.resolve() / "postgres"

    def prepare(self, account: Account) -> None:
        """Make the cluster if there is none; remove the traces of a server that was killed."""
        if not self.data.exists():
            self._make_cluster(account)
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise ServerError(
                f"{self.data} was made by PostgreSQL {found} and this is PostgreSQL {MAJOR}; "
                "dump it with the old release and load the dump with this one, or move it aside."
            )
        # No process of that server lives, says the lock; PostgreSQL itself would balk at a stranger with its old id.
        for left in (self.data / "postmaster.pid", self._socket, self._socket.with_name(f"{self._socket.name}.lock")):
            left.unlink(missing_ok=True)

    @property
    def _socket(self) -> Path:
        return self.home.sockets / ".s.PGSQL.5432"

    def _make_cluster(self, account: Account) -> None:
        """Make the cluster aside and put it in place when it is whole, so that half a one is never taken for one."""
        draft = self.data.with_name("postgres.new")
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(mode=0o700)
        maker = account if account.mine else accounts.listed()
        maker.give(draft)
        programs_at = self._programs(account)
        self._run(maker, [programs_at / "initdb", "--pgdata", draft, *INITDB])
        self._run(maker, [programs_at / "postgres", "--single", "-D", draft, "postgres"], f"CREATE DATABASE {NAME}\n")
        for path in [draft, *draft.rglob("*")]:
            account.give(path)
        draft.rename(self.data)

    def _run(self, account: Account, command: list[str | Path], said: str = "") -> None:
        with appended(self.log) as log:
            begins = log.tell()
            done = subprocess.run(
                command,
                cwd="/",
                input=said.encode(),
                stdout=log,
                stderr=log,
                umask=0o077,
                check=False,
                **account.popen(),
            )
        if done.returncode:
            raise ServerError(f"No database can be made in {self.home.servers}: {reason(self.log, begins)}.")

    def _programs(self, account: Account) -> Path:
        return programs.postgres(account, self.home.servers.resolve())

    def command(self, account: Account) -> list[str | Path]:
        """Return the postmaster's command line with all settings, so that they follow the machine at each start."""
        chosen = {**settings(), **({} if self.durable else LOOSE)}
        options = [f"--{name}={value}" for name, value in chosen.items()]
        return [self._programs(account) / "postgres", "-D", self.data, "-k", self.home.sockets, *options]

    def ready(self) -> bool:
        """Return whether the postmaster says so and its socket takes a connection."""
        if self._status() != "ready" or not self.alive():
            return False
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(str(self._socket)) == 0

    def busy(self) -> bool:
        """Return whether it recovers, starts or shuts down, and said so lately."""
        return self._status() != "ready" and age(self.log) < STALLED

    def recorded_pid(self) -> int | None:
        """Return the postmaster's process id."""
        lines = self._recorded()
        return int(lines[0]) if lines and runs_with(int(lines[0]), str(self.data)) else None

    def _status(self) -> str:
        lines = self._recorded()
        return lines[7].strip() if len(lines) > 7 else ""

    def _recorded(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []
