"""Kannel's side of SMS: what a call asks for, what its answers mean, and what it reports."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from uuid import uuid4

import httpx
import pytest
from django.test import RequestFactory

from channels.addresses import receipt_url
from channels.base import BadSettings, Fate, NotAReceipt, Outgoing, ReceiptEvent, ReceiptKind, Result
from channels.sms.adapter import Sms
from channels.sms.reports import PLACES, read

KEY = str(uuid4())
TOKEN = "sender-token"
VALUES = {
    "url": "http://kannel.example:13013/cgi-bin/sendsms",
    "username": "shop",
    "password": "a&b=c%d",
    "sender": "Shop",
    "timeout": 5,
    "connections": 1,
}
AT = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
OUT = Outgoing(1, KEY, 1, "+4915550100001", "Hello", receipt_url=receipt_url(TOKEN, KEY))


def asked(text: str) -> dict[str, str]:
    request = Sms(VALUES)._request(Outgoing(1, KEY, 1, "+4915550100001", text, receipt_url=receipt_url(TOKEN, KEY)))
    return {name: values[0] for name, values in parse_qs(urlsplit(str(request.url)).query, strict_parsing=True).items()}


def test_a_call_says_everything_that_kannel_needs() -> None:
    fields = asked("Hello")
    assert (fields["username"], fields["password"], fields["from"]) == ("shop", "a&b=c%d", "Shop")
    assert (fields["to"], fields["text"], fields["charset"]) == ("+4915550100001", "Hello", "UTF-8")
    assert fields["dlr-mask"] == "19"
    assert fields["dlr-url"] == receipt_url(TOKEN, KEY) + PLACES
    # Kannel fills in each %; the address itself must have none.
    assert "%" not in receipt_url(TOKEN, KEY)


@pytest.mark.parametrize(("text", "coding"), [("Hello €5 {x}", "0"), ("Grüße @ä", "0"), ("你好", "2"), ("👍", "2")])
def test_texts_beyond_gsm_7_are_sent_as_ucs_2(text: str, coding: str) -> None:
    assert (asked(text)["coding"], asked(text)["text"]) == (coding, text)


@pytest.mark.parametrize(
    ("status", "words", "fate", "carrier_wide"),
    [
        (202, "0: Accepted for delivery", Fate.SENT, False),
        (202, "3: Queued for later delivery", Fate.SENT, False),
        (202, "Sent.", Fate.SENT, False),
        (200, "OK", Fate.SENT, False),
        (202, "", Fate.SENT, False),
        (200, "ERR: 105, insufficient credit", Fate.UNKNOWN, False),
        (200, "<html><body>It works!</body></html>", Fate.UNKNOWN, False),
        (200, "Authorization failed for sendsms", Fate.AGAIN, True),
        (408, "Request timeout", Fate.AGAIN, False),
        (403, "Not routable. Do not try again.", Fate.REFUSED, False),
        (400, "Missing receiver number, rejected", Fate.REFUSED, False),
        (403, "Authorization failed for sendsms", Fate.AGAIN, True),
        (401, "", Fate.AGAIN, True),
        (404, "Not found", Fate.AGAIN, True),
        (302, "", Fate.AGAIN, True),
        (429, "", Fate.AGAIN, True),
        (503, "Temporal failure, try again later.", Fate.AGAIN, False),
        (500, "Sending failed.", Fate.AGAIN, False),
        (502, "Bad gateway", Fate.UNKNOWN, False),
        (504, "Gateway timeout", Fate.UNKNOWN, False),
    ],
)
def test_answers_mean_what_the_users_guide_says(status: int, words: str, fate: Fate, carrier_wide: bool) -> None:
    result = answered(httpx.Response(status, text=words))
    assert (result.fate, result.carrier_wide) == (fate, carrier_wide)
    assert result.words == f"{status} {words}"


def test_a_gateway_that_asks_for_a_pause_gets_it() -> None:
    assert answered(httpx.Response(429, headers={"Retry-After": "30"})).wait == 30
    assert answered(httpx.Response(503, headers={"Retry-After": "Tue, 10 Mar 2026 12:00:00 GMT"})).wait is None


def test_a_gateway_that_asks_for_a_pause_of_years_is_asked_again_tomorrow() -> None:
    assert answered(httpx.Response(429, headers={"Retry-After": "9" * 400})).wait == 86_400


def answered(answer: httpx.Response) -> Result:
    """Return the result of a message that the gateway answers so."""
    adapter = Sms(VALUES)
    adapter.line._client = httpx.Client(transport=httpx.MockTransport(lambda _request: answer))
    [result] = adapter.send([OUT])
    return result


# Reports --------------------------------------------------------------------------------------------------------------


def report(**changed: str) -> list[ReceiptEvent]:
    """Call back as Kannel does: the address of the message, with the places filled in."""
    values = {"d": "1", "T": str(int(AT.timestamp())), "A": "id:7 stat:DELIVRD err:000", "F": "7", **changed}
    url = receipt_url(TOKEN, KEY) + PLACES
    for name, value in values.items():
        url = url.replace(f"%{name}", quote(value, safe=""))
    parts = urlsplit(url)
    return read(RequestFactory().get(parts.path, query_params=parse_qs(parts.query, keep_blank_values=True)))


def test_a_delivery_names_its_message_and_time() -> None:
    [event] = report()
    assert (event.kind, event.message_key, event.carrier_id) == (ReceiptKind.DELIVERED, KEY, "7")
    assert (event.happened_at, event.text) == (AT, "id:7 stat:DELIVRD err:000")


@pytest.mark.parametrize(
    ("value", "answer", "kinds"),
    [
        ("2", "stat:UNDELIV err:027", [ReceiptKind.FAILED]),
        ("16", "", [ReceiptKind.FAILED]),
        ("34", "stat:EXPIRED err:000", [ReceiptKind.FAILED]),
        ("2", "stat:UNDELIV err:001", [ReceiptKind.BOUNCED]),
        ("2", "stat:UNDELIV err:005", [ReceiptKind.BOUNCED]),
        ("2", "stat:UNDELIV err:011", [ReceiptKind.FAILED]),
        ("4", "", []),
        ("8", "ACK/", []),
        ("32", "", []),
    ],
)
def test_values_mean_what_the_users_guide_says(value: str, answer: str, kinds: list[ReceiptKind]) -> None:
    assert [event.kind for event in report(d=value, A=answer)] == kinds


def test_a_report_that_comes_again_has_the_same_key() -> None:
    assert report()[0].key == report(T="1773140999")[0].key != report(d="2")[0].key


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"signature": "AAAAAAAAAAAAAAAA"}, "signature does not fit"),
        ({"message": str(uuid4())}, "signature does not fit"),
        ({"type": "%d"}, "`type` is not a number"),
        ({"at": "%T"}, "`at` is not a time"),
        ({"at": "99999999999999"}, "`at` is not a time"),
    ],
)
def test_a_report_that_was_altered_is_none(changed: dict[str, str], words: str) -> None:
    parts = urlsplit(receipt_url(TOKEN, KEY) + "&type=1&at=1773140400")
    fields = {name: values[0] for name, values in parse_qs(parts.query).items()}
    with pytest.raises(NotAReceipt, match=words):
        read(RequestFactory().get(parts.path, {**fields, **changed}))
    with pytest.raises(NotAReceipt, match="signature"):
        read(RequestFactory().get("/hooks/another-sender/", fields))


# Replies --------------------------------------------------------------------------------------------------------------


def reply(text: bytes, charset: str = "UTF-8", sender: str = "+4915550100001", **more: str) -> ReceiptEvent:
    fields = {"from": sender, "to": "2425", "charset": charset, "at": "1773140400", "id": "41", **more}
    query = urlencode(fields) + "&text=" + quote(text)
    [event] = read(RequestFactory().get("/hooks/token/", QUERY_STRING=query))
    return event


def test_a_reply_is_laid_to_the_address_it_came_from() -> None:
    event = reply("Stopp, bitte – 好".encode())
    assert (event.kind, event.address, event.text) == (ReceiptKind.REPLIED, "+4915550100001", "Stopp, bitte – 好")
    assert (event.happened_at, event.key) == (AT, "reply 41")


@pytest.mark.parametrize(
    ("charset", "codec"), [("UTF-16BE", "utf-16-be"), ("WINDOWS-1252", "cp1252"), ("8-BIT", "latin-1"), ("", "utf-8")]
)
def test_the_text_is_read_in_the_charset_that_the_call_names(charset: str, codec: str) -> None:
    assert reply("Grüße".encode(codec), charset).text == "Grüße"


@pytest.mark.parametrize("sender", ["+4915550100001", "004915550100001", "4915550100001"])
def test_numbers_are_international(sender: str) -> None:
    assert reply(b"hi", sender=sender).address == "+4915550100001"


def test_a_reply_without_an_id_is_named_by_all_of_it() -> None:
    assert reply(b"hi", id="").key == reply(b"hi", id="").key != reply(b"ho", id="").key


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"url": "kannel.example/cgi-bin/sendsms"}, "“URL” must be a whole address"),
        ({"url": "http://kannel.example/sendsms?x=1"}, "before the question mark"),
        ({"url": "http://kannel.example:99999/sendsms"}, "“URL” must be a whole address"),
        ({"url": "http://[::1/sendsms"}, "“URL” must be a whole address"),
        ({"url": "http://kannel..example/sendsms"}, "“URL” must be a whole address"),
        ({"url": "http://kannel .example/sendsms"}, "“URL” must be a whole address"),
        ({"timeout": 0}, "between 1 and 120"),
        ({"connections": 50}, "between 1 and 20"),
    ],
)
def test_wrong_settings_are_a_sentence(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(BadSettings, match=words):
        Sms.check({**VALUES, **wrong})
