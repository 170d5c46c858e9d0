"""The one place where the wall clock is read: views, tasks and commands ask here and hand the time down."""

from argparse import ArgumentTypeError
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

FIRST_YEAR, LAST_YEAR = 1970, 2200


def now() -> datetime:
    """Return the current time, aware and in UTC.

    A replay (setting CHORALE_CLOCK) names a file with an ISO 8601 instant that is read instead, so that the web server
    of a replay stamps clicks and receipts with the day that is being played.
    """
    if settings.CHORALE_CLOCK:
        return datetime.fromisoformat(Path(settings.CHORALE_CLOCK).read_text().strip()).astimezone(UTC)
    return datetime.now(UTC)


def instant(text: str) -> datetime:
    """Read an ISO 8601 instant with its offset, such as 2026-03-01T09:00+01:00; return it in UTC. For `--now` and such.

    Raises argparse.ArgumentTypeError with one sentence.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise ArgumentTypeError(f"“{text}” is no instant; write date, time and offset, such as 2026-03-01T09:00+00:00.")
    # Rules and plans look years back and ahead from here, and the calendar has ends.
    if not FIRST_YEAR <= read.year <= LAST_YEAR:
        raise ArgumentTypeError(f"“{text}” lies outside the years {FIRST_YEAR} to {LAST_YEAR}; write another time.")
    return read.astimezone(UTC)
