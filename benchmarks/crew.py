"""Worker processes: each does by itself what a Celery worker does when a task reaches it, without the broker between.

`python -m benchmarks.crew` reads orders from its standard input and answers each with a line. What it calls are the
functions of the tasks themselves, `journeys.tasks.tick` and `channels.tasks.deliver`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Self

from benchmarks import house

TWO = 2


class Crew:
    """Some worker processes, for the length of a block. What they log goes to files in a folder."""

    def __init__(self, folder: Path, size: int = TWO) -> None:
        self._workers = [_Worker(folder / f"worker-{number}.log") for number in range(size)]

    def __enter__(self) -> Self:
        for worker in self._workers:
            worker.wait()
        return self

    def __exit__(self, *_error: object) -> None:
        for worker in self._workers:
            worker.stop()

    def each(self, deed: str, *given: Any) -> list[Any]:
        """Have every worker do the same at once; return the answers."""
        return self.all(deed, [given] * len(self._workers))

    def all(self, deed: str, given: Iterable[Sequence[Any]]) -> list[Any]:
        """Have a deed done with each of these arguments, by whoever is free; return the answers."""
        free: SimpleQueue[_Worker] = SimpleQueue()
        for worker in self._workers:
            free.put(worker)

        def do(arguments: Sequence[Any]) -> Any:
            worker = free.get()
            try:
                return worker.ask(deed, arguments)
            finally:
                free.put(worker)

        with ThreadPoolExecutor(len(self._workers)) as pool:
            return list(pool.map(do, given))


class _Worker:
    def __init__(self, log: Path) -> None:
        self._log = log
        command = [sys.executable, "-m", "benchmarks.crew"]
        with log.open("w") as said:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True
            )

    def wait(self) -> None:
        self._read()

    def ask(self, deed: str, given: Sequence[Any]) -> Any:
        if self._process.stdin is None:
            raise RuntimeError("The worker takes no orders.")
        self._process.stdin.write(json.dumps([deed, *given]) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> Any:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError(f"A worker of the benchmarks has stopped; {self._log} says why.")
        return json.loads(line)

    def stop(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


def _tick(shards: list[int]) -> int:
    from journeys import tasks

    tasks.tick(shards)
    return len(shards)


def _deliver(sender: int) -> int:
    from channels import delivery, tasks
    from members import clock

    turns = 0
    while sender in delivery.senders_with_work(clock.now()):
        tasks.deliver(sender)
        turns += 1
    return turns


def _hand_over(file: str, port: int, size: int) -> int:
    from benchmarks.prebuilt import hand_over

    return hand_over(file, port, size)


def _tell_time(file: str | None) -> None:
    from django.conf import settings

    settings.CHORALE_CLOCK = file and Path(file)


_DEEDS: dict[str, Callable[..., Any]] = {
    "tick": _tick,
    "deliver": _deliver,
    "hand_over": _hand_over,
    "tell_time": _tell_time,
}


def main() -> None:
    """Do what is ordered until the orders end."""
    house.enter()
    from config import startup

    startup.keep_what_is_loaded()  # as `config.celery` does
    answers, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps("ready"), file=answers, flush=True)
    for line in sys.stdin:
        deed, *given = json.loads(line)
        print(json.dumps(_DEEDS[deed](*given)), file=answers, flush=True)


if __name__ == "__main__":
    main()
