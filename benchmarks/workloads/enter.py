"""Enter members into a journey."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from benchmarks import bare
from benchmarks.measuring import Aim, Run, timed
from benchmarks.workloads.base import Workload
from benchmarks.workloads.engine import Steps, one, part_segment, published, tick_all
from journeys.models import Journey
from members.sql import execute

TABLE = "journeys_enrollment"
# What stands behind their first rest: what the workload of the steps lets them go through.
_BEHIND: Steps = [
    {
        "key": "often",
        "kind": "branch",
        "paths": [
            {
                "key": "yes",
                "when": {"purchases": {"measure": "count", "op": "gte", "value": 3, "within_days": 540}},
                "steps": [],
            }
        ],
    },
    {
        "key": "lot",
        "kind": "split",
        "paths": [{"key": "a", "weight": 1, "steps": []}, {"key": "b", "weight": 1, "steps": []}],
    },
    {"key": "more-rest", "kind": "wait", "duration": {"days": 30}},
]


def rest(number: int) -> timedelta:
    """Return how long those rest who enter in the run with this number: longer than any run takes, each for itself."""
    return (number + 1) * timedelta(hours=8)


def _steps(number: int) -> Steps:
    return [{"key": "rest", "kind": "wait", "duration": {"hours": rest(number) // timedelta(hours=1)}}, *_BEHIND]


_BARE = f"""
INSERT INTO {bare.PREFIX}{TABLE} (id, member_id, journey_id, version_id, step_id, state, entry_key, entered_at,
                                  arrived_at, due_at, visit, goal_until, end_reason, held_out)
SELECT nextval('bench_ids'), member_id, %(journey)s, %(version)s, %(step)s, 'live', '', since, since, since, 1, since,
       '', false
FROM members_membership WHERE segment_id = %(segment)s
"""


class Enter(Workload):
    """A journey a run is published for a third of the members, who are in its segment already."""

    key = "enter"
    title = "Enter members into a journey"
    short = "Enter"
    unit = "members/s"
    aim = Aim(value=150_000)
    against = {"insert": "one bare INSERT … SELECT of the enrollments with the same indexes"}
    how = (
        "A journey for a segment of a third of the members is published, existing members included, and two workers"
        " tick until everybody has entered and rests at its first step: naming, news, admission, trace, counts and the"
        " first move are all in it."
    )
    tried = """
Six foreign keys of enrollments and their traces were checked for each move and are gone (Django protects what they
refer to): two fifths of the time. For a journey that nobody had entered before, the planner read all who had
entered it for each who entered; the journey is no way to rows any more. Each journey and each version went through all
news of a batch for its few topics: now they are found by topic, which halved the program's share. Whoever enters was
written where they begin and once more where they first rest, an UPDATE in six indexes that cost twice what the INSERT
did: now they begin in the batch's own table, where goals are asked as well, and are written once. With arrays that are
handed over as text, and instants that psycopg reads instead of Django, a member takes a third less processor time than
before (95 µs, now 60). What remains of it: the news that names them (7 µs to write, 2 to read), admission (6 µs, and 4
for its trace), the move to the first rest (4 µs, and 4 for its trace), the row in six indexes (7 µs), the commit, in
which the one foreign key that is left is checked (5 µs), and the program (12 µs).
"""
    scales = True

    def prepare(self) -> None:
        """Fill the segments of the parts, and make the copy of the table."""
        for part in range(len(self.stage.parts)):
            part_segment(part)
        bare.clone(TABLE, foreign=False)
        execute("CREATE SEQUENCE IF NOT EXISTS bench_ids CACHE 1000", {})

    def run(self, number: int) -> Run:
        """Let a part in."""
        part = self.stage.parts[number]
        entry = {"segment": {"key": f"part-{number}", "include_existing": True}}
        publishing = timed(lambda: published(f"enter-{number}", entry, _steps(number)))
        ticking = tick_all(self.stage.crew)
        self._journey = Journey.objects.get(key=f"enter-{number}")
        count = f"SELECT count(*) FROM {TABLE} WHERE journey_id = %(journey)s AND rest_until IS NOT NULL"
        entered = one(count, journey=self._journey.pk)
        if entered != part.members:
            raise RuntimeError(f"{entered} of {part.members} members entered.")
        return Run.rate(entered, publishing + ticking, named_seconds=publishing)

    def limits(self, number: int) -> Mapping[str, Run]:
        """Insert the same rows bare."""
        version = self._journey.current
        first = version.steps.order_by("position").first() if version else None
        segment = part_segment(number)
        params = {"journey": self._journey.pk, "version": version and version.pk, "step": first and first.pk}
        seconds = timed(lambda: execute(_BARE, {**params, "segment": segment.pk}))
        return {"insert": Run.rate(self.stage.parts[number].members, seconds)}

    def finish(self) -> None:
        """Drop the copy."""
        bare.drop(TABLE)
        execute("DROP SEQUENCE IF EXISTS bench_ids", {})
