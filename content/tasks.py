"""Celery's way into content: the task reads the clock and makes one call; it may be lost, repeated or overlap."""

from __future__ import annotations

from celery import shared_task

from content import offers
from members import clock


@shared_task
def expire_grants() -> None:
    """Close the grants whose validity is over."""
    offers.expire(clock.now())
