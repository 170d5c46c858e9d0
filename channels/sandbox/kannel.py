"""Kannel's sendsms dialect, as its user's guide has it: requests in; delivery reports and replies out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from urllib.parse import quote

from channels.sandbox.calls import Call, links_in, named
from channels.sandbox.carrier import Carrier
from channels.sandbox.hooks import Hook
from channels.sandbox.journal import Entry
from channels.sandbox.reactions import Act
from channels.sandbox.taking import Fate, Handed
from channels.sandbox.web import Answer, Asked

# Bits of dlr-mask, which are also the values of %d.
DELIVERED, UNDELIVERED = 1, 2
_SHORT_NUMBER = "2425"
# What a network answers, in the words of SMPP: a number that does not exist, and a phone that was off too long.
_REPLIES = {
    Act.DELIVERED: "stat:DELIVRD err:000",
    Act.FAILED: "stat:EXPIRED err:027",
    Act.BOUNCED: "stat:REJECTD err:001",
}
_ESCAPE = re.compile("%(.)")
_KEY = re.compile("[?&]message=([^&]*)")  # where Chorale names its message in the dlr-url


async def sendsms(carrier: Carrier, asked: Asked) -> Answer:
    """Answer `/cgi-bin/sendsms`."""
    fields = asked.fields()
    if not (fields.get("username") and fields.get("password")):
        return Answer("Authorization failed for sendsms", HTTPStatus.FORBIDDEN)
    if not fields.get("to"):
        return Answer("Missing receiver number, rejected", HTTPStatus.BAD_REQUEST)
    taking = await carrier.take(_handed(fields))
    if taking.fate is Fate.REFUSED:
        return Answer(
            taking.words or "Number(s) has/have been denied by white- and/or black-lists.", HTTPStatus.FORBIDDEN
        )
    if taking.fate is Fate.BUSY:
        return Answer(taking.words or "Temporal failure, try again later.", HTTPStatus.SERVICE_UNAVAILABLE)
    return Answer("0: Accepted for delivery", HTTPStatus.ACCEPTED)


def report(entry: Entry, act: Act, at: datetime) -> Call | None:
    """Return the delivery report of a message, None when its dlr-mask did not ask for it."""
    value = DELIVERED if act is Act.DELIVERED else UNDELIVERED
    if not entry.receipt_url or not int(entry.receipt_mask or 0) & value:
        return None
    values: dict[str, str | bytes] = {
        "d": str(value),
        "A": f"id:{entry.carrier_id} {_REPLIES[act]}",
        "F": entry.carrier_id,
        "T": str(int(at.timestamp())),
        "t": f"{at:%Y-%m-%d %H:%M}",
        "p": entry.address,
        "P": _SHORT_NUMBER,
        "i": "sandbox",
        "I": entry.carrier_id,
        "a": "",
    }
    return Call("GET", filled(entry.receipt_url, values))


def reply(hook: Hook, entry: Entry, text: str, at: datetime) -> Call:
    """Return the call of a `get-url` by which Kannel hands over what a phone wrote."""
    charset, body = _encoded(text)
    values: dict[str, str | bytes] = {
        "p": entry.address,
        "P": _SHORT_NUMBER,
        "a": text,
        "b": body,
        "C": charset,
        "T": str(int(at.timestamp())),
        "t": f"{at:%Y-%m-%d %H:%M}",
        "I": named(str(entry.number), at.isoformat(), text),
        "i": "sandbox",
    }
    return Call("GET", filled(hook.url, values))


def filled(template: str, values: Mapping[str, str | bytes]) -> str:
    """Return an address with its escapes filled in; Kannel leaves those alone that it does not know."""
    known = {**{name: quote(value, safe="") for name, value in values.items()}, "%": "%"}
    return _ESCAPE.sub(lambda found: known.get(found[1], found[0]), template)


def _encoded(text: str) -> tuple[str, bytes]:
    """Return the charset that Kannel names for a text, and the text in it."""
    try:
        return "WINDOWS-1252", text.encode("cp1252")
    except UnicodeEncodeError:
        return "UTF-16BE", text.encode("utf-16-be")


def _handed(fields: Mapping[str, str]) -> Handed:
    url, text = fields.get("dlr-url", ""), fields.get("text", "")
    found = _KEY.search(url)
    return Handed(
        channel="sms",
        key=found[1] if found else "",
        address=fields["to"],
        text=text,
        links=links_in(text),
        receipt_url=url,
        receipt_mask=fields.get("dlr-mask", ""),
    )
