"""Beat's schedule, which it keeps while the database is away."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError
from django_celery_beat.schedulers import DatabaseScheduler

log = logging.getLogger(__name__)


class Scheduler(DatabaseScheduler):  # type: ignore[misc] # it brings no types
    """Reads the schedule from the database, as its parent does, and goes on with the last one while it cannot be read.

    The parent lets the error through when the database goes away in the middle of that reading, and beat ends.
    """

    def all_as_schedule(self) -> dict[str, Any]:
        """Return the entries by name. A reading that failed is tried again at the next tick."""
        try:
            return dict(super().all_as_schedule())
        except (OperationalError, InterfaceError) as error:
            if self._schedule is None:
                raise
            log.warning("The schedule cannot be read; beat goes on with the last one: %s", error)
            self._last_full_sync = datetime.min  # noqa: DTZ901 - the parent counts without zones
            return dict(self._schedule)
