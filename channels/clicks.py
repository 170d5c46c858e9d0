"""Clicks on the links in messages."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from django.db import transaction

from channels import happenings
from channels.happenings import Happening
from channels.subscriptions import messages
from channels.subscriptions.messages import CLICKED
from members.sql import execute
from members.vocabulary import TouchpointKind

_FIRST = """
WITH first AS (
    UPDATE channels_message SET clicked_at = %(now)s WHERE id = %(id)s AND clicked_at IS NULL
    RETURNING journey_id, step_key, channel
)
INSERT INTO channels_messagecount (journey_id, step_key, channel, state, day, count)
SELECT journey_id, step_key, channel, 'clicked', %(today)s, 1 FROM first
"""


def count(message_id: int, url: str, now: datetime) -> bool:
    """Count a click on a link of a message and say whether it was one: within a minute the same link counts once.

    The message's first click is noted on it. One that is not there any more counts nothing, and neither does a test.
    """
    about = happenings.about([message_id]).get(message_id)
    if about is None:
        return False
    minute = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")
    key = f"click {message_id} {hashlib.sha256(url.encode()).hexdigest()[:16]} {minute}"
    with transaction.atomic():
        new = happenings.tell_once(Happening(TouchpointKind.CLICKED, about, now, key, url), now)
        if new:
            first = execute(_FIRST, {"id": message_id, "now": now, "today": now.astimezone(UTC).date()})
            messages.came_to([(message_id, CLICKED)] if first else [], now)
    return new
