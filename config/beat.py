"""Beat's schedule, which it keeps while the database is away, and its looks, which it sends if they find anything."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import Error, InterfaceError, OperationalError, close_old_connections
from django_celery_beat.schedulers import DatabaseScheduler

from channels import delivery
from journeys import work
from members import clock

# Whether a look would find something. Asking costs a tenth of a task that goes through broker and worker for nothing.
LOOKS: Mapping[str, Callable[[datetime], bool]] = {
    "journeys.tasks.look": work.is_there,
    "channels.tasks.look": lambda now: bool(delivery.senders_with_work(now)),
}
# Seconds after which a look is sent all the same: by it workers show that they work (`config.watch.health`).
SIGN_OF_LIFE = 10.0
# Seconds for which the schedule that was read holds. The parent asks several times a second whether it was changed.
READ_EVERY = 5.0

log = logging.getLogger(__name__)


class Scheduler(DatabaseScheduler):  # type: ignore[misc] # it brings no types
    """Reads the schedule from the database, as its parent does, and goes on with the last one while it cannot be read.

    The parent lets the error through when the database goes away in the middle of that reading, and beat ends. A beat
    that has read none yet sends nothing until it can.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._looked: dict[str, float] = {}
        self._read = 0.0
        super().__init__(*args, **kwargs)

    def all_as_schedule(self) -> dict[str, Any]:
        """Return the entries by name. A reading that failed is tried again at the next tick."""
        try:
            return dict(super().all_as_schedule())
        except (OperationalError, InterfaceError) as error:
            if self._schedule:
                log.warning("The schedule cannot be read; beat goes on with the last one: %s", error)
            else:
                log.warning("The schedule cannot be read; beat sends nothing until it can: %s", error)
            self._last_full_sync = datetime.min  # noqa: DTZ901 - the parent counts without zones
            return dict(self._schedule or {})

    def schedule_changed(self) -> bool:
        """Say whether somebody has changed the schedule, asking the database now and then."""
        now = time.monotonic()
        if now - self._read < READ_EVERY:
            return False
        self._read = now
        return bool(super().schedule_changed())

    def adjust(self, n: float | None, drift: float = 0.0) -> float | None:
        """Return after how many seconds to wake up for what is due in `n`: not before.

        The parent wakes up ten milliseconds early, and asks without a pause until the time has come.
        """
        return n + drift if n and n > 0 else n

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send a task that is due; a look only where it finds something, or as a sign of life."""
        if entry.task in LOOKS:
            now = time.monotonic()
            is_calm = now < self._looked.get(entry.task, 0.0) + SIGN_OF_LIFE
            if is_calm and not _finds(entry.task):
                return
            self._looked[entry.task] = now
        super().apply_entry(entry, producer)


def _finds(look: str) -> bool:
    close_old_connections()
    try:
        return LOOKS[look](clock.now())
    except Error:
        return True  # a worker may reach the database that beat does not reach
