"""The embedded PostgreSQL."""

import shutil
import signal
import socket
import subprocess
from pathlib import Path

import psutil

from config.embedded import account as accounts
from config.embedded import machine, programs
from config.embedded.account import Account
from config.embedded.errors import ServerError
from config.embedded.home import Home
from config.embedded.machine import within
from config.embedded.server import Server

MAJOR = "18"
NAME = "chorale"  # of the database and of its superuser


class Postgres(Server):
    """A PostgreSQL that listens on a socket in a private directory only, so everybody who gets there is trusted."""

    name = "postgres"
    # Fast: breaks connections off and writes a checkpoint. Immediate: leaves the rest to recovery at the next start.
    stop_signals = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)

    def __init__(self, home: Home, durable: bool = True) -> None:
        super().__init__(home)
        self.durable = durable
        self.data = home.servers / "postgres"

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
        # Nobody of that server lives, says the lock; PostgreSQL itself would be stopped by a stranger with its old id.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _make_cluster(self, account: Account) -> None:
        draft = self.data.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        maker = account if account.mine else accounts.listed()
        maker.give(draft)
        bin_directory = programs.postgres(account, self.home.servers.resolve())
        self._run(maker, [bin_directory / "initdb", "--pgdata", draft, *INITDB])
        self._run(maker, [bin_directory / "postgres", "--single", "-D", draft, "postgres"], f"CREATE DATABASE {NAME}\n")
        for path in [draft, *draft.rglob("*")]:
            account.give(path)
        draft.rename(self.data)

    def _run(self, account: Account, command: list[str | Path], said: str = "") -> None:
        with self.log.open("ab") as log:
            done = subprocess.run(  # noqa: S603
                command, cwd="/", input=said.encode(), stdout=log, stderr=log, umask=0o077, check=False, **account.popen()
            )
        if done.returncode:
            words = [line for line in self.log.read_text(errors="replace").splitlines() if "error" in line or "FATAL" in line]
            raise ServerError(f"No database can be made in {self.home.servers}: {words[-1] if words else 'initdb failed'}.")

    def command(self, account: Account) -> list[str | Path]:
        """Return the postmaster's command line with all settings, so that they follow the machine at each start."""
        program = programs.postgres(account, self.home.servers.resolve()) / "postgres"
        settings = {**self._settings(), **({} if self.durable else FAST_AND_LOOSE)}
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [program, "-D", self.data.resolve(), "-k", self.home.sockets, *options]

    def _settings(self) -> dict[str, str | int]:
        memory, cores = machine.memory(), machine.cores()
        return {
            **FIXED,
            "max_connections": within(60, 40 + 20 * cores, 200),
            "shared_buffers": f"{within(64, memory // 16, 1024)}MB",
            "effective_cache_size": f"{memory // 2}MB",
            "work_mem": f"{within(4, memory // 512, 64)}MB",
            "maintenance_work_mem": f"{within(32, memory // 32, 512)}MB",
            "max_worker_processes": within(8, cores + 4, 64),
            "max_parallel_workers": cores,
            "max_parallel_workers_per_gather": within(0, cores // 2, 4),
            "dynamic_shared_memory_type": "mmap" if machine.shared_memory_is_small() else "posix",
        }

    def ready(self) -> bool:
        """Return whether the postmaster says so and its socket takes a connection."""
        lines = self._pid_lines()
        if len(lines) < 8 or lines[7].strip() != "ready" or not self.alive():
            return False
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(str(self.home.sockets / ".s.PGSQL.5432")) == 0

    def recorded_pid(self) -> int | None:
        """Return the postmaster's process id, verified: a killed one may have left the id of a stranger."""
        pid = int((self._pid_lines() or ["0"])[0])
        if pid and psutil.pid_exists(pid) and str(self.data.resolve()) in psutil.Process(pid).cmdline():
            return pid
        return None

    def _pid_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []


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

FIXED: dict[str, str | int] = {
    "listen_addresses": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "fsync": "on",
    "synchronous_commit": "on",
    # Chorale runs many small statements; compiling one costs more than running it.
    "jit": "off",
    # Nobody replicates this server, so bulk loads need not write all they do into the log.
    "wal_level": "minimal",
    "max_wal_senders": 0,
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    # Statements and the details of errors repeat personal data, which stays out of logs.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}

FAST_AND_LOOSE: dict[str, str | int] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
