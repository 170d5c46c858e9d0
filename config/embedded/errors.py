"""What goes wrong with the embedded servers."""

from pathlib import Path


class ServerError(Exception):
    """A server cannot be had; the message is one sentence that says which, why and what to do."""


def last_words(log: Path, lines: int = 3) -> str:
    """Return the last lines of a server's log, joined for a sentence."""
    if not log.exists():
        return "it said nothing"
    said = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return " | ".join(said[-lines:]) or "it said nothing"
