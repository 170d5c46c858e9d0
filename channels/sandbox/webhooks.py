"""A receiver of webhooks by the Standard Webhooks specification, which keeps what it is told."""

from __future__ import annotations

from http import HTTPStatus

from channels.sandbox.carrier import Carrier
from channels.sandbox.taking import Fate, Handed
from channels.sandbox.web import Answer, Asked

_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


async def receive(carrier: Carrier, asked: Asked) -> Answer:
    """Answer `/webhooks`."""
    if asked.method != "POST":
        return Answer("POST is the way.", HTTPStatus.METHOD_NOT_ALLOWED)
    missing = [name for name in _HEADERS if not asked.headers.get(name)]
    if missing:
        return Answer(f"Missing: {', '.join(missing)}.", HTTPStatus.UNAUTHORIZED)
    key, text = asked.headers["webhook-id"], asked.body.decode(errors="replace")
    taking = await carrier.take(Handed("webhook", key, "", text))
    if taking.fate is Fate.REFUSED:
        return Answer(taking.words or "Nobody listens here any more.", HTTPStatus.GONE)
    if taking.fate is Fate.BUSY:
        headers = {"retry-after": str(max(1, round(taking.wait)))}
        return Answer(taking.words or "Slow down.", HTTPStatus.TOO_MANY_REQUESTS, headers=headers)
    return Answer("", HTTPStatus.NO_CONTENT)
