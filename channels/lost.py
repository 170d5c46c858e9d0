"""What may have left before a database was restored: nobody knows it any more, and nobody guesses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from channels import delivery
from channels.base import Adapter, Fate, Outgoing, Result
from channels.batches import Delivered
from channels.models import Message, Sender
from members.vocabulary import Channel


class _Unknown(Adapter):
    """An adapter that carries nothing: of each message it says that nobody knows whether it left."""

    kind = channel = "unknown"
    label = "Unknown"

    @classmethod
    def check(cls, values: Mapping[str, Any]) -> None:
        """Everything is right."""

    def send(self, window: Sequence[Outgoing]) -> Iterable[Result]:
        """Yield the same for each."""
        words = _("It may have left before the database was restored from a backup.")
        return (Result(out.message_id, Fate.UNKNOWN, words=words) for out in window)


def begin(backup: datetime) -> None:
    """End the leases that workers had when the backup was made, and let no sender wait for its carrier of then."""
    Message.objects.filter(lease_until__gt=backup).update(lease_until=backup)
    Sender.objects.update(free_at=None, failing_since=None, failing_words="")


def deliver(sender: Sender, now: datetime) -> Delivered:
    """Call everything unconfirmed that would leave at a sender; only people at a desk get what is theirs.

    It takes the way of all deliveries, so what may not leave, by consent, offer or hold, stays what it is. The desk
    sees for itself what was done, and a follow-up that was lost helps nobody.
    """
    return delivery.deliver(sender, now, adapter=None if sender.channel == Channel.DESK else _Unknown({}))
