"""What a Kannel gateway calls back: delivery reports and replies, both as a query."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from urllib.parse import parse_qs

from django.http import HttpRequest

from channels.addresses import verify_receipt
from channels.base import NotAReceipt, ReceiptEvent, ReceiptKind

DELIVERED, FAILED, REJECTED = 1, 2, 16
MASK = DELIVERED | FAILED | REJECTED
# What Kannel fills in: the report's value, its time, the network's answer and the network's id of the message.
PLACES = "&type=%d&at=%T&answer=%A&id=%F"
# Errors of the network (GSM 09.02) after which a number never works: unknown and unidentified subscriber.
_DEAD = re.compile(r"\berr:0*[15]\b")
# What %C says of a text; 8-bit texts are taken for Latin-1.
_CHARSETS = {
    "utf-16be": "utf-16-be",
    "ucs-2": "utf-16-be",
    "8-bit": "latin-1",
    "binary": "latin-1",
    "windows-1252": "cp1252",
    "iso-8859-1": "latin-1",
}


def read(request: HttpRequest) -> list[ReceiptEvent]:
    """Return what a call tells; reports on the way, such as "buffered", tell nothing. Raises NotAReceipt."""
    if "message" in request.GET:
        return _report(request)
    if "from" in request.GET and "text" in request.GET:
        return [_reply(request)]
    raise NotAReceipt("The call is neither a delivery report (with `message`) nor a reply (with `from` and `text`).")


def _report(request: HttpRequest) -> list[ReceiptEvent]:
    key, answer = request.GET["message"], request.GET.get("answer", "")
    token = request.path.rstrip("/").rpartition("/")[2]
    if not verify_receipt(token, key, request.GET.get("signature", "")):
        raise NotAReceipt("The signature does not fit the message.")
    value = request.GET.get("type", "")
    if not value.isdecimal():
        raise NotAReceipt("`type` is not a number.")
    kind = _kind(int(value), answer)
    if kind is None:
        return []
    return [
        ReceiptEvent(
            key=f"{key} {value}",
            kind=kind,
            happened_at=_at(request),
            payload=request.GET.dict(),
            message_key=key,
            carrier_id=request.GET.get("id", ""),
            text=answer,
        )
    ]


def _kind(value: int, answer: str) -> ReceiptKind | None:
    if value & DELIVERED:
        return ReceiptKind.DELIVERED
    if value & (FAILED | REJECTED):
        return ReceiptKind.BOUNCED if _DEAD.search(answer) else ReceiptKind.FAILED
    return None


def _reply(request: HttpRequest) -> ReceiptEvent:
    text, sender = _text(request), request.GET["from"]
    named = request.GET.get("id") or hashlib.sha256(request.META["QUERY_STRING"].encode()).hexdigest()[:32]
    number = f"+{sender[2:]}" if sender.startswith("00") else sender
    return ReceiptEvent(
        key=f"reply {named}",
        kind=ReceiptKind.REPLIED,
        happened_at=_at(request),
        payload={**request.GET.dict(), "text": text},
        address=number if number.startswith("+") else f"+{number}",
        text=text,
    )


def _text(request: HttpRequest) -> str:
    """Return the text in the charset that the call names; Django has read the query as UTF-8."""
    charset = _CHARSETS.get(request.GET.get("charset", "").lower(), "utf-8")
    # Latin-1 carries any bytes unharmed.
    fields = parse_qs(str(request.META["QUERY_STRING"]), keep_blank_values=True, encoding="latin-1")
    return fields["text"][0].encode("latin-1").decode(charset, errors="replace")


def _at(request: HttpRequest) -> datetime:
    value = request.GET.get("at", "")
    if not value.isdecimal() or len(value) > 11:
        raise NotAReceipt("`at` is not a time in seconds since 1970 (%T).")
    return datetime.fromtimestamp(int(value), UTC)
