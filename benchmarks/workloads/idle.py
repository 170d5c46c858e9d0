"""An idle minute."""

from __future__ import annotations

import time
from contextlib import ExitStack

from benchmarks import house, programs
from benchmarks.measuring import RUNS, Aim, Run
from benchmarks.processes import since, so_far
from benchmarks.workloads.base import Workload

# What measures does not count.
_OTHERS = {"this program", "others"}
_CALM = 3.0
MINUTE = 60.0


class Idle(Workload):
    """Nobody is due and nothing happens; a worker, beat, the broker and the database run on."""

    key = "idle"
    title = "An idle minute: processor time of all processes"
    short = "Idle"
    unit = "of a core"
    aim = Aim(more=False, value=0.01)
    how = (
        "Celery worker with two processes, beat, broker and PostgreSQL, everybody resting in a journey; the processor"
        " time that they take, by /proc."
    )
    tried = """
Two looks a second went through beat, the broker and a worker, for queries that end at once: nearly all of the time was
Celery's own. Beat asks these queries itself now and sends a look where one finds something, or after ten seconds.
Celery's beat woke up ten milliseconds before a task was due and asked some thirty times whether it was, and it asked
several times a second whether its schedule was changed; it wakes up when something is due now, and asks that every
five seconds. What remains is spread over beat, workers, broker and PostgreSQL, which wake up a few times a second:
beat for two prepared queries, a worker's parent to ask the broker. Most of that is the processor's own: who wakes up
once a second finds its caches cold, and takes up to ten times as long (some 10 ms) as who works on.
"""

    def prepare(self) -> None:
        """Start a worker and beat, and let them come to rest."""
        house.forget_tasks()
        self._running = ExitStack()
        self._running.enter_context(programs.celery(self.stage.folder))
        time.sleep(_CALM)

    def run(self, number: int) -> Run:
        """Watch for a third of the minute."""
        before, started = so_far(), time.perf_counter()
        time.sleep(MINUTE / RUNS if self.stage.in_full else MINUTE / RUNS / 4)
        seconds = time.perf_counter() - started
        taken = {name: used / seconds for name, used in since(before).items() if name not in _OTHERS}
        return Run(sum(taken.values()), 1, seconds, taken)

    def finish(self) -> None:
        """Stop them."""
        self._running.close()
