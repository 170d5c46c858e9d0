"""File locks (flock). The kernel drops them when the last process that has the descriptor ends, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def opened(path: Path) -> int:
    """Open a lock file, made if missing, and return its descriptor, which no program started later inherits."""
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def share(descriptor: int) -> None:
    """Take the lock shared; waits while another one has it exclusively."""
    fcntl.flock(descriptor, fcntl.LOCK_SH)


def take(descriptor: int) -> None:
    """Take the lock exclusively; waits for everybody else."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def try_take(descriptor: int) -> bool:
    """Take the lock exclusively if it is free; return whether it was."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_taken(path: Path) -> bool:
    """Return whether somebody holds the lock exclusively. Asking shares it for a moment, so askers do not meet."""
    if not path.exists():
        return False
    descriptor = opened(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextmanager
def taken(path: Path) -> Iterator[int]:
    """Hold the lock exclusively.

    Leaving closes the descriptor and does not unlock, since a process that inherited it keeps the lock then.
    """
    descriptor = opened(path)
    try:
        take(descriptor)
        yield descriptor
    finally:
        os.close(descriptor)
