"""Feeding: the purchases of the played days come in as the played time reaches them, and so make news."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime

from content import offers
from journeys.demo import load
from journeys.demo.dataset import Bought
from members.sql import Sql

_RECORDED = "SELECT id FROM members_purchase WHERE source = %(source)s AND key = ANY(%(keys)s)"


class Feed:
    """Purchases in the order in which they happen."""

    def __init__(self, log: Sequence[Bought]) -> None:
        self._log = sorted(log, key=load.happened_at)
        self._times = [load.happened_at(bought) for bought in self._log]

    def __call__(self, since: datetime, until: datetime) -> None:
        """Record what happened after `since` and up to `until`; what falls into a grant's validity redeems it."""
        bought = self._log[bisect_right(self._times, since) : bisect_right(self._times, until)]
        if bought:
            load.record(bought, until)
            keys = [str(each.line) for each in bought]
            offers.redeem_by_purchases(Sql(_RECORDED, {"source": load.SOURCE, "keys": keys}), until)
