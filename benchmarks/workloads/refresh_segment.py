"""Refresh one segment over everybody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from benchmarks.measuring import Aim, Run, timed
from benchmarks.workloads.base import Workload
from members import clock, segments
from members.models import Segment
from members.rules.planning import for_everybody
from members.sql import rows

DAYS = 270
RULE = {"purchases": {"measure": "count", "op": "gte", "value": 2, "within_days": DAYS}}
# The rule as somebody would write it by hand.
BY_HAND = """
SELECT count(*) FROM (
    SELECT member_id FROM members_purchase
    WHERE quantity > 0 AND happened_at > %(since)s AND happened_at <= %(now)s
    GROUP BY member_id HAVING count(*) >= 2
) found
"""


class RefreshSegment(Workload):
    """A segment of everybody who bought twice of late, put right a few hours later, when few have changed."""

    key = "refresh-segment"
    title = "Refresh one segment over everybody, ≤ 1 % changed"
    short = "Refresh a segment"
    unit = "s"
    aim = Aim(more=False, value=2.0, ratio=1.3)
    against = {"select": "the hand-written SELECT of the same members, with the same settings"}
    how = (
        f"`segments.refresh` of “at least two purchases in {DAYS} days”, as of six hours later each time; the first"
        " fill is not counted."
    )
    tried = """
Beyond the SELECT, a refresh compares with who is in, both ways in one pass, which takes a third of what the SELECT
takes, and writes who came and went with their news. A rule that is one question about rows no longer looks for each
member among all of them, which took another third; and counts are held against whole numbers, since against one with
decimals each count was made a number with decimals first. Some milliseconds of locks, settings and planning weigh more
the fewer members there are. Tried without gain: to group who should be in and who is in together instead of a full
join; and to compare without keeping who should be in, whose number must then be counted otherwise.
"""
    scales = True

    def prepare(self) -> None:
        """Fill the segment for the first time."""
        self._start = clock.now()
        self._segment = segments.save(Segment(key="bought-twice", name="Bought twice", rule=RULE))
        segments.refresh(self._segment, self._start)

    def run(self, number: int) -> Run:
        """Put it right."""
        diff = segments.Diff(0, 0)

        def refresh() -> None:
            nonlocal diff
            diff = segments.refresh(self._segment, self._at(number))

        seconds = timed(refresh)
        changed = (diff.joined + diff.left) / self.stage.members
        return Run(seconds, self.stage.members, seconds, {"changed": changed, "size": self._segment.size})

    def limits(self, number: int) -> Mapping[str, Run]:
        """Ask the same by hand."""
        now = self._at(number)
        params = {"since": now - timedelta(days=DAYS), "now": now}
        with for_everybody():
            seconds = timed(lambda: rows(BY_HAND, params))
        return {"select": Run(seconds, self.stage.members, seconds)}

    def _at(self, number: int) -> datetime:
        return self._start + (number + 1) * timedelta(hours=6)
