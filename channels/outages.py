"""A database that goes away for a moment: what a worker alone knows is kept until it is back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

# Seconds; half a minute together, as long as a restart takes.
PAUSES = (0.1, 0.2, 0.5, 1, 2, 4, 8, 15)
_Answer = TypeVar("_Answer")


def outlast(deed: Callable[[], _Answer]) -> _Answer:
    """Do something in a transaction of its own, and again on a new connection while the database refuses or breaks.

    Whether the last attempt was committed nobody knows when its answer is lost: the deed must do no harm if repeated.
    """
    for pause in PAUSES:
        try:
            return deed()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block:
                raise
            connection.close()
            time.sleep(pause)
    return deed()
