"""The way back: receipts, replies and clicks wait here until they are due, and are sent over several connections."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterable, Sequence
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
TOGETHER = 100
_MAIL_REPORTS = {Act.DELIVERED, Act.FAILED, Act.BOUNCED, Act.COMPLAINED}
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

    @property
    def is_mail_report(self) -> bool:
        """Say whether it is told by a mail about a mail."""
        return self.entry.channel == "email" and self.act in _MAIL_REPORTS


@dataclass
class Flushed:
    """How many calls were answered, how many acts are silent in their dialect, and the words of those that failed."""

    sent: int = 0
    silent: int = 0
    failed: list[str] = field(default_factory=list)


Bundle = Sequence[Due]
Translate = Callable[[Bundle, Hooks], Call | None]


class WayBack:
    """What waits, by time. `sent` keeps the names of what was sent, so that a restart does not send it again."""

    def __init__(self, sent: Path, translate: Callable[[Bundle], Call | None]) -> None:
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

        Reports about mails go first and many in one call. What else concerns one address is sent in its order,
        different addresses side by side. What another flush has under way is waited for.
        """
        flushed = Flushed()
        async with self._flushing:
            while due := self._take_due(now):
                for lanes in (_bundles(due), _lanes(due)):
                    waiting = iter(lanes)
                    await asyncio.gather(*(self._work(waiting, now, flushed) for _ in range(LANES)))
        return flushed

    async def run(self, now: Callable[[], datetime], live: Callable[[], bool]) -> None:
        """Send everything at its time, for as long as the carrier lives in the present."""
        while True:
            self._changed.clear()
            if live():
                await self.flush(now())
            wait = (self._heap[0].retry_at - now()).total_seconds() if self._heap and live() else None
            # Not asyncio.wait_for, whose version of Python 3.11 may swallow the cancelling that stops the carrier.
            with suppress(TimeoutError):
                async with asyncio.timeout(None if wait is None else max(wait, 0.001)):
                    await self._changed.wait()

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

    async def _work(self, lanes: Iterable[list[Bundle]], now: datetime, flushed: Flushed) -> None:
        for lane in lanes:
            for bundle in lane:
                await self._send(bundle, now, flushed)

    async def _send(self, bundle: Bundle, now: datetime, flushed: Flushed) -> None:
        try:
            call = self._translate(bundle)
            if call is not None:
                await self._caller.make(call)
        except (NotCalled, ValueError) as error:  # what the message asked for may make no sense
            for due in bundle:
                self._later(due, now, str(error), flushed)
            return
        flushed.sent += len(bundle) * (call is not None)
        flushed.silent += len(bundle) * (call is None)
        names = [due.name for due in bundle if due.name]
        self._sent.update(names)
        self._file.writelines(f"{name}\n" for name in names)
        self._file.flush()

    def _later(self, due: Due, now: datetime, words: str, flushed: Flushed) -> None:
        """Try again after a pause that doubles, as carriers do, and give up in the end."""
        due.tries += 1
        if due.tries < TRIES:
            heapq.heappush(self._heap, replace(due, retry_at=now + timedelta(seconds=2**due.tries)))
            self._changed.set()
        flushed.failed.append(f"{due.act} of message {due.entry.number} ({due.entry.channel}): {words}")


def _bundles(due: Sequence[Due]) -> list[list[Bundle]]:
    """Return the reports about mails, so many in a bundle, each bundle in a lane of its own."""
    reports = [each for each in due if each.is_mail_report]
    return [[reports[start : start + TOGETHER]] for start in range(0, len(reports), TOGETHER)]


def _lanes(due: Sequence[Due]) -> list[list[Bundle]]:
    """Return everything else one by one, in a lane for each address."""
    lanes: dict[tuple[str, str], list[Bundle]] = {}
    for each in due:
        if not each.is_mail_report:
            lanes.setdefault((each.entry.channel, each.entry.address), []).append([each])
    return list(lanes.values())
