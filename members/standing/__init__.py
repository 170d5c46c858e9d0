"""Standing: what follows from a member's facts as of a time. `docs/standing.md` explains it for readers.

`purchases` and `points` measure, `cutoffs` draws the cut-offs over everybody, `tier`, `rfm` and `churn` hold the
formulas with their sources, `placing` writes.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import transaction

from members.models import StandingPolicy
from members.sql import Sql
from members.standing import cutoffs, placing
from members.standing.ranges import Range, everybody

__all__ = ["refresh"]

Each = Callable[[Callable[[Range], int], Iterable[Range]], Iterable[int]]


def refresh(now: datetime, members: Sql | None = None, *, each: Each = map) -> int:
    """Bring standings up to `now` and return how many rows changed.

    Without `members` it is a run over everybody: it draws the cut-offs anew and keeps them as a `StandingRun`. With
    `members`, a SELECT of one column of member ids, these alone are placed by the cut-offs of the latest run.

    A row is written only when it changes, so a standing's `as_of` is the time of its last change, and the latest run's
    `as_of` the time up to which everybody has been looked at. News of topic `standing` tells of changed members.

    A run works through everybody in ranges that have nothing to do with each other; `each` may work on some of them
    side by side, on connections of their own.
    """
    policy = StandingPolicy.objects.filter(pk=1).first() or StandingPolicy()
    if members is None:
        return _run(now, policy, each)
    with transaction.atomic():
        return placing.place_some(members, cutoffs.latest(now, policy), policy, now)


def _run(now: datetime, policy: StandingPolicy, each: Each) -> int:
    drawn = cutoffs.draw(now, policy)

    def place(some: Range) -> int:
        with transaction.atomic():
            return placing.place_range(some, drawn, policy, now)

    return sum(each(place, everybody()))
