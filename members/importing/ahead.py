"""Reading ahead: the next batch of a file is read while PostgreSQL works on the one before."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
# Usually 5 ms: for so long the thread that reads would keep the other one waiting after each answer of PostgreSQL.
SWITCH_SECONDS = 0.0005


def ahead(made: Iterator[T]) -> Iterator[T]:
    """Yield what an iterator gives; a second thread always makes the next one meanwhile.

    The iterator must not ask the database, whose connection belongs to the first thread. What it raises is raised here,
    in its turn.
    """

    def begin() -> Future[list[T]]:
        # In a copy of the context, which holds the language of sentences.
        return reader.submit(copy_context().run, lambda: list(islice(made, 1)))

    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="reading-ahead") as reader:
            following = begin()
            while found := following.result():
                following = begin()
                yield from found
    finally:
        sys.setswitchinterval(usual)
