"""Wait, branch, split."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks import bare, house
from benchmarks.measuring import Aim, Run, timed
from benchmarks.workloads.base import Workload
from benchmarks.workloads.engine import one, tick_all
from benchmarks.workloads.enter import rest
from journeys.models import Journey
from members import clock
from members.sql import execute

TABLE = "journeys_enrollment"
MOVES = 4  # the first wait is over, the branch, the split, and the rest at the second wait
_BARE = f"""
UPDATE {bare.PREFIX}{TABLE} SET step_id = step_id + 1, arrived_at = %(now)s, due_at = %(now)s, rest_until = NULL
WHERE journey_id = %(journey)s
"""
_MOVED = "SELECT sum(count) FROM journeys_stepcount WHERE journey_id = %(journey)s AND outcome = 'left'"


class Steps(Workload):
    """Who entered in the workload before wakes from the first wait, and goes by branch and split to the second."""

    key = "steps"
    title = "Wait, branch, split"
    short = "Wait, branch, split"
    unit = "enrollments/s"
    aim = Aim(value=80_000)
    against = {"update": "one bare UPDATE of the same rows with the same indexes"}
    how = (
        "A third of the members come to the end of a wait; two workers tick until each has left it, passed a branch by"
        " a rule over purchases and a split, and rests at the next wait. Each of these four moves counts, with its"
        " trace and its counts; the UPDATE makes one."
    )
    tried = """
The rule of a branch was asked three times, once for each place where its outcome was used; what was decided is kept
now. Foreign keys: see above. Each move was an UPDATE of a row in six indexes (20 µs), and each look for those at a
step walked past everybody else who was due: a batch now moves in a temporary table (1 µs a move) and is written back
once. The trace stood in an index by enrollment besides the one by member: a third of its time. Busy shards are ticked
in a few groups: members lie scattered over the shards, and a batch of one shard touched a page of each index for every
row. Tried before, and worse: with half of each page free and no index on the step, moves within one tick touch no
index, but of four moves only one found room, and the table would be twice as large.
"""
    scales = True

    def prepare(self) -> None:
        """Copy the table as it is."""
        self._journeys = [Journey.objects.get(key=f"enter-{part}").pk for part in range(len(self.stage.parts))]
        bare.clone(TABLE, full=True, foreign=False)

    def run(self, number: int) -> Run:
        """Let a part go on, when its rest is over."""
        journey = self._journeys[number]
        house.settle(TABLE, "journeys_trace")
        before = bare.last_id("journeys_trace")
        with self.stage.later(rest(number)):
            seconds = tick_all(self.stage.crew)
        moves = one("SELECT count(*) FROM journeys_trace WHERE id > %(before)s", before=before)
        members = self.stage.parts[number].members
        if moves != MOVES * members or one(_MOVED, journey=journey) != (MOVES - 1) * members:
            raise RuntimeError(f"{moves} moves of {members} members were made; {MOVES * members} were expected.")
        return Run.rate(moves, seconds)

    def limits(self, number: int) -> Mapping[str, Run]:
        """Update the same rows bare."""
        params = {"now": clock.now(), "journey": self._journeys[number]}
        seconds = timed(lambda: execute(_BARE, params))
        return {"update": Run.rate(self.stage.parts[number].members, seconds)}

    def finish(self) -> None:
        """Drop the copy."""
        bare.drop(TABLE)
