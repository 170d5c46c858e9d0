"""The Telegram Bot API, as far as a company needs it that writes to its members and hears their answers."""

from __future__ import annotations

import json
from datetime import datetime
from http import HTTPStatus
from typing import Any

from channels.sandbox.calls import Call, links_in, named
from channels.sandbox.carrier import Carrier
from channels.sandbox.hooks import Hook
from channels.sandbox.journal import Entry
from channels.sandbox.taking import Fate, Handed
from channels.sandbox.web import Answer, Asked, as_json

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
KEY_HEADER = "x-chorale-message"
_BOT = {"id": 2425, "is_bot": True, "first_name": "Sandbox", "username": "sandbox_bot"}


async def method(carrier: Carrier, name: str, asked: Asked) -> Answer:
    """Answer `/bot<token>/<name>`."""
    fields = asked.fields()
    if name == "sendMessage":
        return await _send(carrier, fields, asked.headers.get(KEY_HEADER, ""))
    if name == "setWebhook":
        carrier.hooks.put("chat", Hook(fields.get("url", ""), fields.get("secret_token", "")))
    elif name == "deleteWebhook":
        carrier.hooks.drop("chat")
    elif name == "getMe":
        return _good(_BOT)
    else:
        return _bad(HTTPStatus.NOT_FOUND, "Not Found")
    return _good(True)


async def _send(carrier: Carrier, fields: dict[str, str], key: str) -> Answer:
    chat, text = fields.get("chat_id", ""), fields.get("text", "")
    if not chat or not text:
        return _bad(HTTPStatus.BAD_REQUEST, f"Bad Request: {'message text' if chat else 'chat_id'} is empty")
    # The API knows no key of the sender's; without the header the same words to the same chat are the same message.
    handed = Handed("chat", key or named(chat, text), chat, text, links=links_in(text))
    taking = await carrier.take(handed)
    if taking.fate is Fate.REFUSED:
        return _bad(HTTPStatus.FORBIDDEN, taking.words or "Forbidden: bot was blocked by the user")
    if taking.fate is Fate.BUSY:
        wait = max(1, round(taking.wait))
        words = taking.words or f"Too Many Requests: retry after {wait}"
        return _bad(HTTPStatus.TOO_MANY_REQUESTS, words, parameters={"retry_after": wait})
    message = {"message_id": int(taking.carrier_id), "from": _BOT, "chat": _chat(chat), "text": text}
    return _good({**message, "date": int(carrier.now().timestamp())})


def reply(hook: Hook, entry: Entry, text: str, at: datetime) -> Call:
    """Return the update of a message that somebody wrote to the bot."""
    date = int(at.timestamp())
    message = {"message_id": 10_000_000 + entry.number, "from": _person(entry.address), "chat": _chat(entry.address)}
    return _update(hook, entry, date, {"message": {**message, "date": date, "text": text}})


def blocked(hook: Hook, entry: Entry, at: datetime) -> Call:
    """Return the update of a person who blocked the bot."""
    date = int(at.timestamp())
    change = {
        "chat": _chat(entry.address),
        "from": _person(entry.address),
        "date": date,
        "old_chat_member": {"user": _BOT, "status": "member"},
        "new_chat_member": {"user": _BOT, "status": "kicked", "until_date": 0},
    }
    return _update(hook, entry, date, {"my_chat_member": change})


def _update(hook: Hook, entry: Entry, date: int, content: dict[str, Any]) -> Call:
    # The same each time it is sent again, and different for each thing that happens.
    number = int(named(str(entry.number), str(date), json.dumps(content, sort_keys=True))[:12], 16)
    body = json.dumps({"update_id": number, **content}).encode()
    return Call("POST", hook.url, body, {"content-type": "application/json", SECRET_HEADER: hook.secret})


def _chat(address: str) -> dict[str, Any]:
    return {"id": _number(address), "type": "private", "first_name": "Member"}


def _person(address: str) -> dict[str, Any]:
    return {"id": _number(address), "is_bot": False, "first_name": "Member"}


def _number(address: str) -> int | str:
    return int(address) if address.lstrip("-").isdecimal() else address


def _good(result: Any) -> Answer:
    return as_json({"ok": True, "result": result})


def _bad(status: int, words: str, **more: Any) -> Answer:
    return as_json({"ok": False, "error_code": int(status), "description": words, **more}, status)
