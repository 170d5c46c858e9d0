"""A few threads that work side by side, each with a database connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

from django.db import connections

Item = TypeVar("Item")
Result = TypeVar("Result")
_Job = Callable[[], None]


class Lanes:
    """Threads for the length of a block: for work on different shards, which may run side by side in any order."""

    def __init__(self, count: int) -> None:
        """Make so many lanes; one works like a plain loop, in a thread and on a connection of its own."""
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads = [Thread(target=self._work, daemon=True) for _ in range(count)]

    def __enter__(self) -> Lanes:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def each(self, work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Return what `work` gives for each item, in order; the first error is raised when all are done."""
        futures = [self._put(work, item) for item in items]
        errors = [error for future in futures if (error := future.exception())]
        if errors:
            raise errors[0]
        return [future.result() for future in futures]

    def _put(self, work: Callable[[Item], Result], item: Item) -> Future[Result]:
        future: Future[Result] = Future()

        def job() -> None:
            try:
                future.set_result(work(item))
            except BaseException as error:  # noqa: BLE001 - it is raised again by who waits for the result
                future.set_exception(error)

        self._jobs.put(job)
        return future

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
        connections.close_all()
