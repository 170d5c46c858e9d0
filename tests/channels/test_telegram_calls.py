"""Telegram's side of chat: what a call says, what its answers mean, and what updates tell."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from channels.base import BadSettings, Fate, NotAReceipt, Outgoing, ReceiptKind, Result
from channels.chat.adapter import Chat
from channels.chat.updates import read

SECRET = "only-telegram-knows"
VALUES = {
    "token": "123456:ABC-DEF1234ghIkl",
    "webhook_secret": SECRET,
    "url": "https://api.telegram.org/",
    "timeout": 5,
    "connections": 1,
}
AT = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
OUT = Outgoing(1, "key", 1, "1001", "a_b *c* <d> [e](f)")
CHAT = {"id": 1001, "type": "private", "first_name": "Ada"}


def answered(status: int, told: object) -> Result:
    """Return the result of a message that the API answers so."""
    adapter = Chat(VALUES)
    body = told if isinstance(told, str) else json.dumps(told)
    adapter.line._client = httpx.Client(
        transport=httpx.MockTransport(lambda _request: httpx.Response(status, text=body))
    )
    [result] = adapter.send([OUT])
    return result


def test_a_call_sends_the_words_as_plain_text() -> None:
    request = Chat(VALUES)._request(OUT)
    assert str(request.url) == "https://api.telegram.org/bot123456:ABC-DEF1234ghIkl/sendMessage"
    body = json.loads(request.content)
    assert (body["chat_id"], body["text"]) == ("1001", OUT.text)
    assert "parse_mode" not in body


def test_what_was_taken_is_known_by_chat_and_number() -> None:
    result = answered(200, {"ok": True, "result": {"message_id": 77, "chat": CHAT, "date": 1, "text": "x"}})
    assert (result.fate, result.carrier_id) == (Fate.SENT, "1001:77")


@pytest.mark.parametrize(
    "result", [None, True, 5, [], {}, {"message_id": 7}, {"chat": CHAT}, {"chat": 1, "message_id": 2}]
)
def test_what_was_taken_is_sent_though_the_answer_does_not_name_it(result: object) -> None:
    assert answered(200, {"ok": True, "result": result}) == Result(1, Fate.SENT)


@pytest.mark.parametrize(
    ("status", "told", "fate", "carrier_wide"),
    [
        (403, "Forbidden: bot was blocked by the user", Fate.REFUSED, False),
        (400, "Bad Request: chat not found", Fate.REFUSED, False),
        (401, "Unauthorized", Fate.AGAIN, True),
        (404, "Not Found", Fate.AGAIN, True),
        (500, "Internal Server Error", Fate.UNKNOWN, False),
        (502, "Bad Gateway", Fate.UNKNOWN, False),
    ],
)
def test_errors_mean_what_the_api_says(status: int, told: str, fate: Fate, carrier_wide: bool) -> None:
    result = answered(status, {"ok": False, "error_code": status, "description": told})
    assert (result.fate, result.carrier_wide, result.words) == (fate, carrier_wide, told)


def test_too_many_requests_pause_the_bot_for_as_long_as_it_says() -> None:
    told = {"ok": False, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 7}}
    result = answered(429, told)
    assert (result.fate, result.carrier_wide, result.wait) == (Fate.AGAIN, True, 7)


@pytest.mark.parametrize(
    ("parameters", "wait"),
    [({"retry_after": "5"}, 5), ({"retry_after": 10**15}, 86_400), ({"retry_after": []}, None), (5, None)],
)
def test_a_pause_that_makes_no_sense_breaks_nothing(parameters: object, wait: float | None) -> None:
    result = answered(429, {"ok": False, "description": "Too Many Requests", "parameters": parameters})
    assert (result.fate, result.wait) == (Fate.AGAIN, wait)


@pytest.mark.parametrize(
    ("code", "fate"),
    [(403, Fate.REFUSED), (429, Fate.AGAIN), (401, Fate.AGAIN), (500, Fate.UNKNOWN), ("x", Fate.UNKNOWN)],
)
def test_an_error_in_the_body_of_a_good_answer_is_an_error(code: object, fate: Fate) -> None:
    assert answered(200, {"ok": False, "error_code": code, "description": "no"}).fate is fate


@pytest.mark.parametrize(
    ("status", "words", "dead"),
    [
        (403, "Forbidden: bot was blocked by the user", True),
        (403, "Forbidden: user is deactivated", True),
        (400, "Bad Request: chat not found", True),
        (400, "Bad Request: message is too long", False),
        (500, "Internal Server Error", False),
    ],
)
def test_a_member_who_blocked_the_bot_is_a_dead_address(status: int, words: str, dead: bool) -> None:
    assert answered(status, {"ok": False, "error_code": status, "description": words}).dead_address is dead


@pytest.mark.parametrize("body", ["<html>proxy</html>", "[]", "", "[" * 50_000])
def test_an_answer_that_is_no_json_is_told_as_it_is(body: str) -> None:
    result = answered(200, body)
    assert (result.fate, result.words) == (Fate.UNKNOWN, f"200 {body[:200]}")
    assert answered(400, body).fate is Fate.REFUSED


# Updates --------------------------------------------------------------------------------------------------------------


def update(content: Any, secret: str = SECRET) -> HttpRequest:
    body = content if isinstance(content, bytes) else json.dumps(content)
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
    return RequestFactory().post("/hooks/token/", body, content_type="application/json", headers=headers)


def wrote(**more: Any) -> dict[str, Any]:
    message = {"message_id": 9, "from": CHAT, "chat": CHAT, "date": 1773140400, "text": "Stop 👍", **more}
    return {"update_id": 12, "message": message}


def test_what_a_member_writes_is_a_reply() -> None:
    [event] = read(update(wrote()), SECRET)
    assert (event.kind, event.address, event.text) == (ReceiptKind.REPLIED, "1001", "Stop 👍")
    assert (event.happened_at, event.key, event.carrier_id) == (AT, "update 12", "")


def test_an_answer_to_a_message_names_it() -> None:
    [event] = read(update(wrote(reply_to_message={"message_id": 77, "date": 1, "chat": CHAT})), SECRET)
    assert event.carrier_id == "1001:77"


def test_a_member_who_blocks_the_bot_is_out_of_reach() -> None:
    change = {"chat": CHAT, "from": CHAT, "date": 1773140400, "new_chat_member": {"status": "kicked"}}
    [event] = read(update({"update_id": 13, "my_chat_member": change}), SECRET)
    assert (event.kind, event.address, event.happened_at) == (ReceiptKind.BOUNCED, "1001", AT)
    back = {**change, "new_chat_member": {"status": "member"}}
    assert read(update({"update_id": 14, "my_chat_member": back}), SECRET) == []


def test_updates_without_words_tell_nothing() -> None:
    sticker = wrote()
    del sticker["message"]["text"]
    assert read(update(sticker), SECRET) == []
    assert read(update({"update_id": 15, "edited_message": {}}), SECRET) == []


@pytest.mark.parametrize("secret", ["", "wrong", "only-telegram-knows "])
def test_an_update_without_the_secret_is_none(secret: str) -> None:
    with pytest.raises(NotAReceipt, match="Secret-Token"):
        read(update(wrote(), secret), SECRET)
    with pytest.raises(NotAReceipt, match="Secret-Token"):
        read(update(wrote(), ""), "")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        {},
        {"update_id": "x"},
        {"update_id": 1, "message": {"text": "x"}},
        {"update_id": 1, "message": 5},
        wrote(date="soon"),
        wrote(date=10**18),
        wrote(chat=None),
        wrote(reply_to_message=["x"]),
    ],
)
def test_what_is_no_update_is_a_sentence(content: Any) -> None:
    with pytest.raises(NotAReceipt, match="not an update"):
        read(update(content), SECRET)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"token": "abc"}, "“Bot token”"),
        ({"webhook_secret": "no spaces allowed"}, "“Webhook secret”"),
        ({"url": "api.telegram.org"}, "“URL” must be a whole address"),
    ],
)
def test_wrong_settings_are_a_sentence(wrong: dict[str, str], words: str) -> None:
    with pytest.raises(BadSettings, match=words):
        Chat.check({**VALUES, **wrong})
