"""Everybody in batches: ranges of neighbouring member ids, each worked on in a transaction of its own.

So nobody waits long for a batch's locks. Batches of shards were measured twice as slow: no index finds the purchases of
a shard in a range.
"""

from collections.abc import Iterator
from typing import NamedTuple

from django.db.models import Max, Min

from members.models import Member

BATCH = 10_000


class Range(NamedTuple):
    """Member ids from `first` to `last`, both included."""

    first: int
    last: int


def everybody() -> Iterator[Range]:
    """Yield ranges that hold everybody, with at most BATCH members each."""
    ids = Member.objects.aggregate(first=Min("pk"), last=Max("pk"))
    for first in range(ids["first"] or 0, (ids["last"] or -1) + 1, BATCH):
        yield Range(first, first + BATCH - 1)
