"""Trying a subscription by hand: one call, at once, that tells of nothing."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import uuid4

from channels import senders
from channels.base import Outgoing, Result
from channels.models import Sender
from channels.webhook.events import TEST


def call(subscription: Sender, now: datetime) -> Result:
    """Call the receiver, wait for its answer and return what came of it. Raises BadSettings.

    Nothing happened and nothing is stored, so the outbox has no part in it: whoever tries wants to see the answer.
    """
    told = json.dumps({"type": TEST, "timestamp": now.isoformat(), "data": {}})
    adapter = senders.adapter_of(subscription)
    with adapter.connection():
        [result] = adapter.send([Outgoing(0, str(uuid4()), 0, "", told, now=now)])
    return result
