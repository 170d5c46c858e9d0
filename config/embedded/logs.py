"""The logs of the servers and of their keeper."""

import os
from pathlib import Path
from typing import BinaryIO

LIMIT = 5_000_000  # bytes, then the log is put aside and a new one begun


def appended(path: Path) -> BinaryIO:
    """Open a log to append to it, private; a long one is put aside first."""
    if path.exists() and path.stat().st_size > LIMIT:
        path.replace(path.with_suffix(".log.1"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab")


def last_words(path: Path, lines: int = 3) -> str:
    """Return the last lines of a log, joined for a sentence."""
    said = path.read_text(errors="replace").splitlines() if path.exists() else []
    words = " | ".join([line.strip() for line in said if line.strip()][-lines:])
    return f"{words or 'it said nothing'} (log: {path})"
