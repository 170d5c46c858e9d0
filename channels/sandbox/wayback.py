"""The way back: receipts, replies and clicks wait here until they are due, and are sent over several connections."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from channels.sandbox.calls import Call, Caller, NotCalled
from channels.sandbox.hooks import Hooks
from channels.sandbox.journal import Entry
from channels.sandbox.reactions import Act

LANES = 8
TRIES = 5


@dataclass(order=True)
class Due:
    """Something that happens at a time, and is sent back then; if that fails, again at `retry_at`."""

    retry_at: datetime
    order: int
    at: datetime = field(compare=False)
    entry: Entry = field(compare=False)
    act: Act = field(compare=False)
    text: str = field(compare=False)
    name: str = field(compare=False)
    tries: int = field(compare=False, default=0)


@dataclass
class Flushed:
    """How many calls were answered, how many acts are silent in their dialect, and the words of those that failed."""

    sent: int = 0
    silent: int = 0
    failed: list[str] = field(default_factory=list)


Translate = Callable[[Due, Hooks], Call | None]


class WayBack:
    """What waits, by time. `sent` keeps the names of what was sent, so that a restart does not send it again."""

    def __init__(self, sent: Path, translate: Callable[[Due], Call | None]) -> None:
        self._translate = translate
        self._caller = Caller()
        self._heap: list[Due] = []
        self._orders = count()
        self._changed = asyncio.Event()
        self._flushing = asyncio.Lock()
        sent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = sent.open("a+")
        self._file.seek(0)
        self._sent = set(self._file.read().split())

    @property
    def waiting(self) -> int:
        """Return how much is not sent yet."""
        return len(self._heap)

    def plan(self, entry: Entry, act: Act, at: datetime, text: str = "", *, asked: bool = False) -> None:
        """Send something back at its time; what a person `asked` for is not remembered over a restart."""
        order = next(self._orders)
        name = "" if asked else f"{entry.number}-{act}"
        if name not in self._sent:
            heapq.heappush(self._heap, Due(at, order, at, entry, act, text, name))
            self._changed.set()

    def wake(self) -> None:
        """Look at the time again."""
        self._changed.set()

    def forget(self) -> None:
        """Drop whatever waits."""
        self._heap.clear()

    async def flush(self, now: datetime) -> Flushed:
        """Send all that is due by `now` and return when all of it is answered or given up.

        What concerns one address is sent in its order, different addresses side by side. What another flush has under
        way is waited for.
        """
        flushed = Flushed()
        async with self._flushing:
            while due := self._take_due(now):
                by_address: dict[tuple[str, str], list[Due]] = {}
                for each in due:
                    by_address.setdefault((each.entry.channel, each.entry.address), []).append(each)
                lanes = iter(list(by_address.values()))
                await asyncio.gather(*(self._work(lanes, now, flushed) for _ in range(LANES)))
        return flushed

    async def run(self, now: Callable[[], datetime], live: Callable[[], bool]) -> None:
        """Send everything at its time, for as long as the carrier lives in the present."""
        while True:
            self._changed.clear()
            if live():
                await self.flush(now())
            wait = (self._heap[0].retry_at - now()).total_seconds() if self._heap and live() else None
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), None if wait is None else max(wait, 0.001))

    async def stop(self) -> None:
        """Close the connections."""
        await self._caller.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _take_due(self, now: datetime) -> list[Due]:
        due = []
        while self._heap and self._heap[0].retry_at <= now:
            due.append(heapq.heappop(self._heap))
        return due

    async def _work(self, lanes: Iterable[list[Due]], now: datetime, flushed: Flushed) -> None:
        for lane in lanes:
            for due in lane:
                await self._send(due, now, flushed)

    async def _send(self, due: Due, now: datetime, flushed: Flushed) -> None:
        call = self._translate(due)
        try:
            if call is not None:
                await self._caller.make(call)
        except NotCalled as error:
            self._later(due, now, str(error), flushed)
            return
        flushed.sent += call is not None
        flushed.silent += call is None
        if due.name:
            self._sent.add(due.name)
            self._file.write(f"{due.name}\n")
            self._file.flush()

    def _later(self, due: Due, now: datetime, words: str, flushed: Flushed) -> None:
        """Try again after a pause that doubles, as carriers do, and give up in the end."""
        due.tries += 1
        if due.tries < TRIES:
            heapq.heappush(self._heap, replace(due, retry_at=now + timedelta(seconds=2**due.tries)))
            self._changed.set()
        flushed.failed.append(f"{due.act} of message {due.entry.number} ({due.entry.channel}): {words}")
