"""The keeper: a process of its own that starts the servers, watches them, and stops them when nobody uses them."""

import argparse
import contextlib
import logging
import os
import shutil
import signal
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

from config.embedded import locks, place
from config.embedded.account import Account
from config.embedded.errors import ServerError
from config.embedded.home import Home
from config.embedded.postgres import Postgres
from config.embedded.server import PATIENCE, Server
from config.embedded.valkey import Valkey

LOOK = 0.25  # seconds between two looks at users and servers
# Seconds after a failed attempt to bring a server back up. Longer than users have patience, so that they are told.
PAUSE = 1.5 * PATIENCE

log = logging.getLogger("keeper")


def servers_of(home: Home, durable: bool = True) -> list[Server]:
    """Return the servers of a home, in the order of their start."""
    return [Postgres(home, durable), Valkey(home)]


def keep(home: Home, durable: bool, answer: int, start_lock: int) -> None:
    """Run the servers of ``home`` until nobody uses them.

    ``answer`` is a pipe that gets one line, "ready" or the sentence of what went wrong; ``start_lock`` is a descriptor
    of the start lock, given up once the servers are ready.
    """
    life = locks.opened(home.keeper_lock)
    locks.take(life)
    try:
        account = place.prepare(home)
    except (ServerError, OSError) as error:
        _fail(answer, error)
        return
    servers = servers_of(home, durable)
    try:
        if _started(servers, account, answer):
            os.close(start_lock)
            _watch(home, servers, account)
    finally:
        for server in reversed(servers):
            server.stop()
        shutil.rmtree(home.sockets, ignore_errors=True)
        # Before the users' lock, which goes with the process: who gets that one must not find a keeper any more.
        os.close(life)


def _started(servers: list[Server], account: Account, answer: int) -> bool:
    try:
        for server in servers:
            server.start(account)
    except (ServerError, OSError) as error:
        _fail(answer, error)
        return False
    _say(answer, "ready")
    return True


def _fail(answer: int, error: Exception) -> None:
    log.error("%s", error)
    _say(answer, str(error))


def _say(pipe: int, line: str) -> None:
    # Who asked may have been killed meanwhile; then nobody is there to be told.
    with contextlib.suppress(BrokenPipeError):
        os.write(pipe, line.encode())
    os.close(pipe)


def _watch(home: Home, servers: list[Server], account: Account) -> None:
    """Return, with the users' lock taken, when there is no user any more; till then bring back a server that died."""
    users = locks.opened(home.users_lock)
    next_try = 0.0
    while not locks.try_take(users):
        for server in servers:
            if not server.alive() and time.monotonic() >= next_try and not _restarted(server, account):
                next_try = time.monotonic() + PAUSE
        time.sleep(LOOK)


def _restarted(server: Server, account: Account) -> bool:
    log.warning("The %s server died; it is started again.", server.name)
    try:
        server.start(account)
    except (ServerError, OSError) as error:
        log.error("%s", error)
        return False
    return True


def _terminated(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def main() -> None:
    """Detach from whoever started this, and keep the servers."""
    parser = argparse.ArgumentParser(description="Keeps the embedded servers; started by whoever needs them.")
    parser.add_argument("home", type=Path)
    parser.add_argument("--answer", type=int, required=True, help="descriptor of a pipe that gets one line")
    parser.add_argument("--start-lock", type=int, required=True, help="descriptor of the start lock")
    parser.add_argument("--loose", action="store_true", help="give durability up for speed; for tests only")
    arguments = parser.parse_args()
    # A second process, so that the keeper is nobody's child: web servers and workers reap theirs.
    if os.fork():
        os._exit(0)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    signal.signal(signal.SIGTERM, _terminated)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    keep(Home(arguments.home), not arguments.loose, arguments.answer, arguments.start_lock)


if __name__ == "__main__":
    main()
