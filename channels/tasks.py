"""Celery's way into channels: each task reads the clock and makes one call; all may be lost, repeated or overlap."""

from __future__ import annotations

from celery import shared_task

from channels import counts, delivery, latency, subscriptions
from channels.models import Sender
from members import clock

# A task that waited longer than this is worth nothing: the next look asks the same question anew.
STALE_SECONDS = 10


@shared_task
def look() -> None:
    """Find the senders with messages that are due and have each delivered."""
    for sender_id in delivery.senders_with_work(clock.now()):
        deliver.apply_async((sender_id,), expires=STALE_SECONDS)


@shared_task
def deliver(sender_id: int) -> None:
    """Deliver what is due at a sender; as many of these as there are workers may run side by side."""
    delivery.deliver(Sender.objects.get(pk=sender_id), clock.now(), clock=clock.now)


@shared_task
def recover() -> None:
    """Take back what dead workers held, and settle what nobody can know any more."""
    delivery.recover(clock.now())


@shared_task
def expire() -> None:
    """Cancel what could not leave before its deadline."""
    delivery.expire(clock.now())


@shared_task
def forget_webhooks() -> None:
    """Delete what subscribers were told long ago."""
    subscriptions.forget(clock.now())


@shared_task
def compact_counts() -> None:
    """Add up the counts of past days, so that reading them stays short."""
    now = clock.now()
    counts.compact(now)
    latency.compact(now)
