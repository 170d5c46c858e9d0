"""Delivery: due messages are claimed, filled in and handed over to their carrier in small windows.

A batch is claimed under a lease in one short transaction (`claims`) and filled in (`composing`). Then, window by window
(`batches`), one transaction stores what became of the window before and marks the next one as handed over, after a last
look at everything that could forbid it (`handover`); and the adapter talks to the carrier, outside any transaction. So
at any instant at most one window a worker is in doubt. Nothing that a carrier, an adapter or a dying worker does leaves
a message stuck: a lease that runs out in `claimed` is taken again, one that runs out in `handed` becomes unconfirmed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from channels import claims, registry, senders
from channels.base import Adapter, BadSettings
from channels.batches import Batch, Delivered
from channels.holds import sender_held
from channels.models import Sender
from channels.pace import Clock, Pace, gate
from members.sql import prepared

__all__ = ["Delivered", "deliver", "expire", "recover", "senders_with_work"]

# How long one call works in real time; the next look sends another one, and ticks get their turn in between.
TURN = timedelta(seconds=5)

_WITH_WORK = f"""
SELECT s.id FROM channels_sender s
WHERE s.active AND (s.failing_since IS NULL OR s.free_at <= %(now)s)
  AND NOT {sender_held("s.id", "s.channel")}
  AND EXISTS (
      SELECT FROM channels_message x
      WHERE x.sender_id = s.id AND x.state = 'queued' AND x.due_at <= %(now)s AND x.expires_at > %(now)s
  )
ORDER BY s.id
"""


def senders_with_work(now: datetime) -> list[int]:
    """Return the ids of the senders that have messages due and may send them."""
    return [sender_id for (sender_id,) in prepared(_WITH_WORK, {"now": now})]


def deliver(
    sender: Sender,
    now: datetime,
    limit: int | None = None,
    clock: Clock | None = None,
    adapter: Adapter | None = None,
) -> Delivered:
    """Deliver what is due at a sender, at most `limit` messages, and say what became of them.

    Without a `clock` time stands still at `now` and the call ends when nothing is left to do. With one, each window
    bears the time at which it leaves, the sender's rate holds, and the call ends after TURN at the latest. An error
    inside an adapter is raised again, after everything it left behind is settled. Another `adapter` may stand in for
    the sender's own.
    """
    done = Delivered()
    try:
        adapter = adapter or senders.adapter_of(sender)
    except BadSettings as error:
        senders.failed(sender, str(error), now)
        return done
    with adapter.connection():
        moment = now
        while moment - now < TURN:
            size = None if limit is None else limit - done.claimed
            if not _deliver_batch(sender, adapter, done, size, Pace(moment, clock)):
                break
            moment = clock() if clock else now
    return done


def recover(now: datetime) -> tuple[int, int]:
    """Settle the leases of dead workers; returns how many messages are queued again, and how many handed ones were."""
    return claims.recover(now, [kind for kind, adapter in registry.adapters().items() if adapter.dedupes])


def expire(now: datetime) -> int:
    """Cancel what could not leave before its deadline and return how many."""
    return claims.expire(now)


def _deliver_batch(sender: Sender, adapter: Adapter, done: Delivered, limit: int | None, pace: Pace) -> bool:
    """Claim and deliver a batch of at most `limit` messages; return whether another one makes sense."""
    allowed = gate(sender, pace)
    size = allowed.size if limit is None else min(allowed.size, limit)
    if size < 1:
        return False
    claim = claims.claim(sender, pace.start, size)
    taken = len(claim.messages) + claim.cancelled + claim.postponed
    done.add(claimed=taken - claim.postponed, cancelled=claim.cancelled)
    if not taken:
        pace.rest(sender)
    if claim.messages:
        pace.book(sender, len(claim.messages))
        batch = Batch(sender, adapter, claim, pace)
        try:
            batch.run(allowed.window)
        except Exception as error:
            senders.failed(sender, f"{type(error).__name__}: {error}", pace.moment())
            raise
        finally:
            done.merge(batch.done)
        batch.tell_sender(failing=allowed.failing)
        if batch.over:
            return False
    return taken == size
