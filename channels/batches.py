"""A claimed batch on its way, window by window, to its carrier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from channels import claims, logbook, retries, senders, settling
from channels.base import Adapter, Fate, Outgoing, Result
from channels.claims import Claim, Claimed
from channels.composing import CHUNK, compose
from channels.handover import hand_over
from channels.models import Sender
from channels.outages import outlast
from channels.pace import Pace
from channels.settling import Settlement
from members import consent

_Item = TypeVar("_Item")


@dataclass
class Delivered:
    """How many messages were claimed and what they came to; those that only waited stay in the queue uncounted."""

    claimed: int = 0
    sent: int = 0
    refused: int = 0
    queued: int = 0  # tried in vain, and tried again later
    failed: int = 0
    unconfirmed: int = 0
    cancelled: int = 0

    def add(self, **counts: int) -> None:
        """Add to the counts, by name."""
        for name, count in counts.items():
            setattr(self, name, getattr(self, name) + count)

    def merge(self, other: Delivered) -> None:
        """Add the counts of another one."""
        self.add(**vars(other))

    def __str__(self) -> str:
        return ", ".join(f"{count} {name}" for name, count in vars(self).items() if count) or "nothing"


class Batch:
    """A batch under one lease. `run` carries it; `failure` is then the first failure of the carrier as a whole.

    `gone` is the first result that says that the carrier wants nothing any more.
    """

    def __init__(self, sender: Sender, adapter: Adapter, claim: Claim, pace: Pace) -> None:
        self.sender, self.adapter, self.claim, self.pace = sender, adapter, claim, pace
        self.messages = {message.id: message for message in claim.messages}
        self.settlements: list[
            Settlement
        ] = []  # of the last window, not stored yet, as are dead addresses (with words)
        self.dead: dict[str, str] = {}
        self.done = Delivered()
        self.failure: Result | None = None
        self.gone: Result | None = None
        self.worked = False

    def run(self, size: int) -> None:
        """Carry the batch in windows of `size` until it is done, the carrier fails, or the lease ends."""
        try:
            for chunk in _cut(self.claim.messages, CHUNK):
                for window in _cut(self._compose(chunk), size):
                    self.pace.wait(len(window))
                    if self.over or self.pace.moment() >= self.claim.until:
                        return
                    self._send(self._hand_over(window))
        finally:
            # Nobody else knows what the carrier said. The token keeps what is stored already from being stored twice.
            self._settled(outlast(self._close))

    @property
    def over(self) -> bool:
        """Whether nothing more should be tried for now."""
        return bool(self.failure or self.gone)

    def tell_sender(self, *, failing: bool) -> None:
        """Note on the sender how its carrier fares; `failing` says what was noted before."""
        if self.worked and failing:
            senders.recovered(self.sender)
        if self.failure:
            senders.failed(self.sender, self.failure.words, self.pace.moment(), self.failure.wait or 0)
        if self.gone:
            senders.switched_off(self.sender, self.gone.words, self.pace.moment())

    def _compose(self, chunk: Sequence[Claimed]) -> Sequence[Outgoing]:
        composed = compose(self.sender, chunk, self.pace.moment())
        cancelled = claims.cancel_unrendered(self.claim.token, composed.unrendered, self.pace.moment())
        self.done.add(cancelled=cancelled)
        return composed.outgoing

    def _hand_over(self, window: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """Store what became of the window before and commit this one's hand-over; return what of it leaves."""
        with transaction.atomic(durable=True):
            settled = self._settle()
            handed = hand_over(window, self.claim.token, self.pace.moment())
        self._settled(settled)
        self.done.add(cancelled=handed.cancelled)
        return handed.messages

    @transaction.atomic(durable=True)
    def _close(self) -> Mapping[str, int]:
        """Store what became of the last window and give back what was not handed over."""
        settled = self._settle()
        claims.release(self.claim.token, list(self.messages))
        return settled

    def _send(self, handed: Sequence[Outgoing]) -> None:
        """Call the carrier. What has no result when the adapter ends, for whatever cause, is unconfirmed."""
        doubtful = {out.message_id: self.messages[out.message_id] for out in handed}
        try:
            for result in self.adapter.send(handed) if handed else ():
                message = doubtful.pop(result.message_id)
                self.settlements.append(retries.settled(message, result, self.pace.moment(), self.adapter))
                if result.dead_address:
                    self.dead[message.address] = result.words
                self._judge(result)
        finally:
            self.settlements += [retries.unknown(message) for message in doubtful.values()]

    def _judge(self, result: Result) -> None:
        if result.gone:
            self.gone = self.gone or result
        elif result.carrier_wide:
            self.failure = self.failure or result
        elif result.fate is not Fate.UNKNOWN:
            self.worked = True

    def _settle(self) -> Mapping[str, int]:
        counts = settling.record(self.settlements, self.claim.token, self.pace.moment())
        for address in sorted(self.dead):  # in this order, so that two batches with the same ones do not deadlock
            reason = _("It bounced: %(words)s") % {"words": self.dead[address]}
            consent.suppress(self.sender.channel, address, reason, self.pace.moment())
        return counts

    def _settled(self, counts: Mapping[str, int]) -> None:
        """Log and forget what is stored now; before the commit it might have to be stored once more."""
        logbook.fates(self.sender, self.settlements, self.messages)
        self.settlements, self.dead = [], {}
        self.done.add(**counts)


def _cut(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))
