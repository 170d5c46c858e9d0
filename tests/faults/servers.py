"""PostgreSQL and the broker of a run: killed, and waited for until their keeper has brought them back."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from config.embedded.postgres import Postgres
from config.embedded.server import Server, wait_until
from config.embedded.valkey import Valkey

BACK = 60.0  # seconds until a server must be there again
# How PostgreSQL is stopped: with a checkpoint, without one, and as by a kernel without memory.
WAYS = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)
_Answer = TypeVar("_Answer")


class StaysAway(Exception):
    """A server did not come back."""


def restart_postgres(dice: random.Random) -> None:
    """Stop PostgreSQL in one of its ways and return when it takes work again."""
    _restart(Postgres(settings.HOME), dice.choice(WAYS))
    connection.close()
    asked(connection.ensure_connection)


def kill_broker() -> None:
    """Kill the broker, with everything that it holds, and return when there is an empty one."""
    _restart(Valkey(settings.HOME), signal.SIGKILL)


def asked(question: Callable[[], _Answer]) -> _Answer:
    """Return the answer of a question to the database, which may be away for a while."""
    deadline = time.monotonic() + BACK
    while True:
        try:
            return question()
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _restart(server: Server, how: signal.Signals) -> None:
    died = server.recorded_pid()
    if died is None:
        raise StaysAway(f"The {server.name} server of the run is not there.")
    os.kill(died, how)
    if not wait_until(lambda: server.recorded_pid() not in {None, died} and server.ready(), BACK):
        raise StaysAway(f"The {server.name} server did not come back after {how.name}.")
