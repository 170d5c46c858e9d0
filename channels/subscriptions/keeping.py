"""How long what subscribers were told is kept, and what goes with a subscription that is deleted."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from channels.models import Sender
from channels.vocabulary import WEBHOOK
from members.sql import execute, rows

# What was told, or could not be, stays this long to be looked at.
KEPT = timedelta(days=30)
_ROUND = 5_000

_FORGET = """
DELETE FROM channels_message WHERE id IN (
    SELECT x.id FROM channels_message x
    WHERE x.channel = 'webhook' AND x.sender_id = %(sender)s AND x.queued_at < %(before)s
      AND x.state NOT IN ('queued', 'claimed', 'handed')
    LIMIT %(limit)s)
"""


def delete(subscription: Sender) -> None:
    """Delete a subscription with what was told and what was still to be told by it."""
    with transaction.atomic():
        # Whoever is about to tell it something is waited for, and whoever comes later finds nobody listening.
        Sender.objects.select_for_update().get(pk=subscription.pk)
        execute(
            "DELETE FROM channels_message WHERE channel = 'webhook' AND sender_id = %(id)s", {"id": subscription.pk}
        )
        subscription.delete()


def forget(now: datetime) -> int:
    """Delete what was told long ago, and return how many messages that were."""
    found = rows("SELECT id FROM channels_sender WHERE channel = %(channel)s ORDER BY id", {"channel": WEBHOOK})
    return sum(_forget(sender, now) for (sender,) in found)


def _forget(sender: int, now: datetime) -> int:
    done, params = 0, {"sender": sender, "before": now - KEPT, "limit": _ROUND}
    while gone := execute(_FORGET, params):
        done += gone
    return done
