"""What all cancellations have in common, by whichever statement: they are counted, and subscribers are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from channels.subscriptions import messages
from channels.vocabulary import State
from members.sql import rows

# For the WITH of a statement whose `moved` yields rows of channels_message; needs %(today)s.
COUNTED = """
    INSERT INTO channels_messagecount (journey_id, step_key, channel, state, day, count)
    SELECT journey_id, step_key, channel, state, %(today)s, count(*)
    FROM moved WHERE state = 'cancelled' GROUP BY journey_id, step_key, channel, state
"""


def cancel(text: str, params: Mapping[str, Any], now: datetime) -> int:
    """Run a statement that cancels messages and yields their ids, tell subscribers, and return how many."""
    with transaction.atomic(savepoint=False):
        ids = [pk for (pk,) in rows(text, params)]
        tell(ids, now)
    return len(ids)


def tell(ids: Iterable[int], now: datetime) -> None:
    """Tell subscribers that these messages were cancelled, in the transaction that did it."""
    messages.came_to([(pk, State.CANCELLED) for pk in ids], now)
