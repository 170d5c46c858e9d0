"""Users of the embedded servers: any process that needs them calls ``ensure`` once."""

import os
import select
import subprocess
import sys
import time
from pathlib import Path

from config.embedded import locks
from config.embedded.errors import ServerError, last_words
from config.embedded.home import Home
from config.embedded.keeper import servers_of

PROJECT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 10.0  # seconds with a keeper but without a server that lives
HINT = 5.0  # seconds until a user is told what the waiting is about

# Descriptors of the users' locks that this process holds, by home. They stay open until it ends; a forked child has
# them too, so that the servers outlive whoever of both ends first.
_held: dict[str, int] = {}


def ensure(home: Home, durable: bool = True) -> None:
    """Return when both servers of ``home`` take work, started if need be; they stay until this process ends.

    Raises ServerError with a sentence. ``durable=False`` gives durability up for speed, for tests only.
    """
    if home.key in _held:
        return
    try:
        home.make()
        users = locks.opened(home.users_lock)
    except OSError as error:
        raise ServerError(
            f"CHORALE_HOME: {home.root} cannot be used ({error.strerror}); name a directory of yours in CHORALE_HOME."
        ) from error
    try:
        locks.share(users)  # waits while a keeper is stopping
        with locks.taken(home.start_lock) as start_lock:
            if not _kept(home):
                _start_keeper(home, durable, start_lock)
    except BaseException:
        os.close(users)
        raise
    _held[home.key] = users


def _kept(home: Home) -> bool:
    """Return whether a keeper has both servers ready; wait while it brings one of them back up."""
    servers = servers_of(home)
    deadline = time.monotonic() + PATIENCE
    while locks.is_taken(home.keeper_lock):
        if all(server.ready() for server in servers):
            return True
        missing = next((server for server in servers if not server.alive()), None)
        if missing is None:
            deadline = time.monotonic() + PATIENCE
        elif time.monotonic() > deadline:
            raise ServerError(f"The embedded {missing.name} server is down: {last_words(missing.log)} (log: {missing.log}).")
        time.sleep(0.05)
    return False


def _start_keeper(home: Home, durable: bool, start_lock: int) -> None:
    answer, pipe = os.pipe()
    command = [sys.executable, "-m", "config.embedded.keeper", str(home.root)]
    command += ["--answer", str(pipe), "--start-lock", str(start_lock), *([] if durable else ["--loose"])]
    with os.fdopen(answer, "rb") as reader, (home.root / "keeper.log").open("ab") as log:
        try:
            subprocess.run(  # noqa: S603
                command,
                cwd=PROJECT,
                env=_plain_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[pipe, start_lock],
                start_new_session=True,
                check=True,
            )
        finally:
            os.close(pipe)
        if not select.select([reader], [], [], HINT)[0]:
            sys.stderr.write(f"Waiting for the embedded servers in {home.root} …\n")
        said = reader.read().decode()
    if said != "ready":
        raise ServerError(said or f"The keeper of the embedded servers was killed: {last_words(log_path(home))}.")


def log_path(home: Home) -> Path:
    """Return the keeper's own log."""
    return home.root / "keeper.log"


def _plain_environment() -> dict[str, str]:
    """Return an environment for the servers: no PGDATA, PGPORT, LC_ALL and the like of whoever comes first."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "PYTHONUNBUFFERED": "1"}
