"""What Telegram tells a bot: updates, posted as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from channels.base import NotAReceipt, ReceiptEvent, ReceiptKind

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header


def read(request: HttpRequest, secret: str) -> list[ReceiptEvent]:
    """Return what an update tells: a text that somebody wrote, or that somebody blocked the bot. Raises NotAReceipt."""
    if not secret or not constant_time_compare(request.headers.get(SECRET_HEADER, ""), secret):
        raise NotAReceipt(f"The header {SECRET_HEADER} does not hold the sender's webhook secret.")
    try:
        update = json.loads(request.body)
        return _events(update)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError) as error:
        raise NotAReceipt(f"The body is not an update of the Telegram Bot API ({error!r}).") from error


def carrier_id(message: Mapping[str, Any]) -> str:
    """Return the id under which a message is known: Telegram counts messages chat by chat."""
    return f"{message['chat']['id']}:{message['message_id']}"


def _events(update: Mapping[str, Any]) -> list[ReceiptEvent]:
    key = f"update {int(update['update_id'])}"
    message, change = update.get("message"), update.get("my_chat_member")
    if message and message.get("text"):
        answered = message.get("reply_to_message")
        return [
            ReceiptEvent(
                key=key,
                kind=ReceiptKind.REPLIED,
                happened_at=datetime.fromtimestamp(message["date"], UTC),
                payload=update,
                carrier_id=carrier_id({"chat": message["chat"], **answered}) if answered else "",
                address=str(message["chat"]["id"]),
                text=message["text"],
            )
        ]
    if change and change["new_chat_member"]["status"] == "kicked":
        at = datetime.fromtimestamp(change["date"], UTC)
        return [ReceiptEvent(key, ReceiptKind.BOUNCED, at, update, address=str(change["chat"]["id"]))]
    return []
