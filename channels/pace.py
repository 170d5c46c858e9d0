"""How fast a sender's messages leave: its rate over all workers, and the pause while its carrier fails.

Both are one instant on the sender, `free_at`. In real time a claim books its share of seconds by moving `free_at`
ahead, in one UPDATE that several workers cannot interleave, and the worker spaces its windows over what it booked. A
failing carrier moves `free_at` to the end of the pause, and so does a long search in vain. A clock that stands still
has no seconds to share: then only a failing carrier's pause counts.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels.models import Sender
from members.sql import prepared

Clock = Callable[[], datetime]

WINDOW = 20  # how many messages a worker may have with the carrier, and in doubt, at once
BATCH = 1000
_BOOKED = timedelta(seconds=2)  # the most that one batch takes at full rate
# A claim walks past held messages one by one, half a microsecond each. Behind a paused journey with a million of them
# that would keep a core busy for nothing, so a search in vain costs at most a tenth of the time.
_REST = 10
_LONG_SEARCH = timedelta(milliseconds=50)
_LONGEST_REST = timedelta(seconds=10)
_AHEAD = timedelta(seconds=1)  # a worker that would wait longer than this for its turn comes back later

_BOOK = """
UPDATE channels_sender SET free_at = GREATEST(COALESCE(free_at, %(now)s), %(now)s) + %(share)s
WHERE id = %(sender)s RETURNING free_at - %(share)s
"""


@dataclass(frozen=True)
class Gate:
    """How many messages a sender may claim now, and how many of them make a window."""

    size: int
    window: int
    failing: bool


class Pace:
    """The time of one batch: when it started, what it booked, and how its windows are spaced."""

    def __init__(self, start: datetime, clock: Clock | None) -> None:
        """Without a clock time stands still: nothing is booked and nothing waits."""
        self.start, self.clock = start, clock
        self._next, self._each = start, timedelta()

    def moment(self) -> datetime:
        """Return the time that it is."""
        return self.clock() if self.clock else self.start

    def book(self, sender: Sender, messages: int) -> None:
        """Book the time that so many messages take at the sender's rate."""
        if self.clock:
            self._each = timedelta(seconds=1) / sender.rate
            share = self._each * messages
            [(self._next,)] = prepared(_BOOK, {"sender": sender.pk, "share": share, "now": self.start})

    def rest(self, sender: Sender) -> None:
        """Keep away from a sender for a while after a search that found nothing and took long."""
        took = self.moment() - self.start
        if took > _LONG_SEARCH:
            until = self.moment() + min(_REST * took, _LONGEST_REST)
            Sender.objects.filter(pk=sender.pk).update(free_at=until)

    def wait(self, messages: int) -> None:
        """Sleep until the next so many messages may leave."""
        if self.clock:
            early = min(self._next - self.clock(), _BOOKED)
            time.sleep(max(0.0, early.total_seconds()))
            self._next += self._each * messages


def gate(sender: Sender, pace: Pace) -> Gate:
    """Ask the stored sender, which other workers change, what may be claimed now."""
    found = Sender.objects.filter(pk=sender.pk, active=True).values_list("rate", "free_at", "failing_since").first()
    if not found:
        return Gate(0, 1, False)
    rate, free_at, failing = found[0], found[1] or pace.start, found[2] is not None
    # At most a quarter of a second's messages leave at once.
    window = min(WINDOW, max(1, rate // 4)) if pace.clock else WINDOW
    if failing:
        # One window tries whether the carrier is back.
        return Gate(window if free_at <= pace.start else 0, window, True)
    if not pace.clock:
        return Gate(BATCH, window, False)
    booked = math.ceil(rate * _BOOKED.total_seconds())
    return Gate(min(BATCH, booked) if free_at <= pace.start + _AHEAD else 0, window, False)
