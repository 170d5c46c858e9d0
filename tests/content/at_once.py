"""Doing the same thing many times at the same moment, each time on a connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection


def at_once(number: int, deed: Callable[[int], Any]) -> list[Any]:
    """Call `deed(0)` … in threads that start together; return what each returned, or raised."""
    barrier = Barrier(number)

    def run(place: int) -> Any:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            return deed(place)
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        futures = [pool.submit(run, place) for place in range(number)]
        return [future.exception() or future.result() for future in futures]
