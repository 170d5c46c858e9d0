"""One demo at a time in a home: a second one would reset, play or report into the first."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 3.0  # seconds: a demo that was killed is stopped by its watchdog, which takes a moment
_LOOK = 0.1


class NotAlone(Exception):
    """A demo runs in this home already; the message says what to do."""


@contextmanager
def alone(folder: Path) -> Iterator[int]:
    """Hold the demo of a folder, made if missing, and give the descriptor of its lock. Raises NotAlone.

    The lock is the kernel's: it is free when the last process that has the descriptor ends, however it ends.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(lock, folder)
        yield lock
    finally:
        os.close(lock)


def _take(lock: int, folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise NotAlone(
                    f"A demo runs in {folder.parent} already; stop that one, or name another directory in CHORALE_HOME."
                ) from None
            time.sleep(_LOOK)
        else:
            return
