"""Users of the embedded servers: any process that needs them calls ``ensure`` once."""

import os
import select
import subprocess
import sys
from pathlib import Path

from config.embedded import locks
from config.embedded.errors import ServerError
from config.embedded.home import Home
from config.embedded.keeper import servers_of
from config.embedded.logs import appended, reason
from config.embedded.server import PATIENCE, wait_until

PROJECT = Path(__file__).resolve().parent.parent.parent
HINT = 5.0  # seconds until a user is told what the waiting is about

# Descriptors of the users' locks that this process holds, by home. They stay open until it ends. A forked child has
# them too: the servers live as long as either of both.
_held: dict[str, int] = {}


def ensure(home: Home, durable: bool = True) -> None:
    """Return when both servers of ``home`` take work, started if need be; they stay until this process ends.

    Raises ServerError with a sentence. ``durable=False`` gives durability up for speed, for tests only.
    """
    if home.key in _held:
        return
    try:
        home.make()
        _held[home.key] = _joined(home, durable)
    except OSError as error:
        raise ServerError(
            f"CHORALE_HOME: {home.root} cannot be used ({error.strerror}); "
            "name a directory of yours on a disk with room in CHORALE_HOME."
        ) from error


def _joined(home: Home, durable: bool) -> int:
    users = locks.opened(home.users_lock)
    try:
        locks.share(users)  # waits while a keeper is stopping
        with locks.taken(home.start_lock) as start_lock:
            if not _kept(home):
                _start_keeper(home, durable, start_lock)
    except BaseException:
        os.close(users)
        raise
    return users


def _kept(home: Home) -> bool:
    """Return whether a keeper has both servers ready; wait while it brings one of them back up."""
    servers = servers_of(home)

    def settled() -> bool:
        return not locks.is_taken(home.keeper_lock) or all(server.ready() for server in servers)

    if not wait_until(settled, PATIENCE, while_=lambda: any(server.alive() and server.busy() for server in servers)):
        lame = next((server for server in servers if not server.ready()), servers[0])
        raise ServerError(f"The embedded {lame.name} server does not answer: {reason(lame.log)}.")
    return locks.is_taken(home.keeper_lock)


def _start_keeper(home: Home, durable: bool, start_lock: int) -> None:
    answer, pipe = os.pipe()
    command = [sys.executable, "-m", "config.embedded.keeper", os.path.realpath(home.root)]
    command += ["--answer", str(pipe), "--start-lock", str(start_lock), *([] if durable else ["--loose"])]
    with os.fdopen(answer, "rb") as reader:
        with os.fdopen(pipe, "wb"), appended(home.keeper_log) as log:
            subprocess.run(
                command,
                cwd=PROJECT,
                env=_plain_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[pipe, start_lock],
                start_new_session=True,
                check=False,
            )
        if not select.select([reader], [], [], HINT)[0]:
            sys.stderr.write(f"Waiting for the embedded servers in {home.root} …\n")
        said = reader.read().decode()
    if said != "ready":
        raise ServerError(said or f"The keeper of the embedded servers died: {reason(home.keeper_log)}.")


def _plain_environment() -> dict[str, str]:
    """Return an environment for the servers: no PGDATA, PGPORT, LC_ALL and the like of whoever comes first."""
    found = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return {**found, "LC_ALL": "C"}
