"""Celery's way into members: each task reads the clock and makes one call; all may be lost, repeated or overlap."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from members import clock, names, segments, sessions, sign_ins, standing, tokens
from members.partitions import keeping
from members.standing import points

log = logging.getLogger(__name__)


@shared_task
def expire_points() -> None:
    """Book the points whose time is over as expired."""
    points.expire(clock.now())


@shared_task
def refresh_standing() -> None:
    """Draw tiers, scores and churn levels anew for everybody."""
    standing.refresh(clock.now())


@shared_task
def refresh_names() -> None:
    """Forget the words of names that nobody bears any more."""
    names.refresh()


@shared_task
def forget_sign_ins() -> None:
    """Forget sessions that are over and failed attempts to sign in; both go by the real clock."""
    now = timezone.now()
    sessions.forget(now)
    sign_ins.forget(now)


@shared_task
def forget_tokens() -> None:
    """Forget the tokens that have been over for long."""
    tokens.forget(clock.now())


@shared_task
def refresh_segments() -> None:
    """Ask every active segment anew for everybody: time passes for those too who have no news."""
    segments.refresh_all(clock.now())


@shared_task
def keep_partitions() -> None:
    """Make the partitions of the next months and drop those that are over their time."""
    for sentence in keeping.keep(clock.now()):
        log.info(sentence)
