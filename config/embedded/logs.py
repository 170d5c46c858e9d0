"""The logs of the servers and of their keeper."""

import math
import os
import re
import time
from pathlib import Path
from typing import BinaryIO

LIMIT = 5_000_000  # bytes, then the log is put aside and a new one begun
SCARCE = 64  # MB left on a disk that are worth a word
TELLING = re.compile(r"\b(FATAL|PANIC|ERROR|error): ")
STAMP = re.compile(r"^[0-9-]+ [0-9:.]+ UTC \[\d+\] ")


def appended(path: Path) -> BinaryIO:
    """Open a log to append to it, private; a long one is put aside first."""
    if path.exists() and path.stat().st_size > LIMIT:
        path.replace(path.with_suffix(".log.1"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab")


def age(path: Path) -> float:
    """Return the seconds since something was written to the log; a log that is missing is infinitely old."""
    return time.time() - path.stat().st_mtime if path.exists() else math.inf


def reason(path: Path, since: int = 0) -> str:
    """Return why a program ended, in its own words: what it wrote to its log from the byte ``since`` on.

    That is its last complaint, or else its last three lines; a disk that is almost full is mentioned.
    """
    said = path.read_bytes()[since:].decode(errors="replace").splitlines() if path.exists() else []
    lines = [STAMP.sub("", line.strip()) for line in said if line.strip()]
    complaints = [line for line in lines if TELLING.search(line)]
    said_last = complaints[-1] if complaints else " | ".join(lines[-3:]) or "it said nothing"
    room = os.statvfs(path.parent)
    left = room.f_bavail * room.f_frsize // 2**20
    scarce = f"; only {left} MB are left on the disk" if left < SCARCE else ""
    return f"{said_last}{scarce} (log: {path})"
