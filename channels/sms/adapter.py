"""The SMS adapter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from channels import http
from channels.base import Adapter, BadSettings, Fate, Outgoing, ReceiptEvent, Result, Setting
from channels.sms import reports
from content.sms import UCS_2, segments
from members.vocabulary import Channel

# Kannel queues a message in itself before it answers 202, and answers these when it did not.
_AGAIN = {408, 500, 503}
# What Kannel, and gateways that speak like it, say of a message they took. Some answer 200 to everything and put the
# error into the body, as does many a proxy on the way: what is no yes is in doubt.
_TAKEN = re.compile(r"\s*([03]\s*:|(sent|ok|accepted|queued|success)\b|$)", re.IGNORECASE)


class Sms(Adapter):
    """SMS in Kannel's sendsms dialect."""

    kind = "sms"
    channel = Channel.SMS
    label = _("SMS (Kannel)")
    settings = (
        Setting(
            "url",
            _("URL"),
            _("Such as http://kannel.example:13013/cgi-bin/sendsms."),
            required=True,
        ),
        Setting("username", _("User"), _("A sendsms-user of the gateway."), required=True),
        Setting("password", _("Password"), _("The user's password."), required=True, secret=True),
        Setting("sender", _("From"), _("The number or name that messages come from."), required=True),
        *http.SETTINGS,
    )

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.line = http.Line(values)

    @classmethod
    def check(cls, values: Mapping[str, Any]) -> None:
        """Raise BadSettings when these settings cannot work. Does not talk to the gateway."""
        http.check(values)
        if "?" in values["url"]:
            raise BadSettings(_("“URL” must end before the question mark; the rest is added for each message."))

    @contextmanager
    def connection(self) -> Iterator[None]:
        """Keep connections open between windows."""
        with self.line.open():
            yield

    def send(self, window: Sequence[Outgoing]) -> Iterable[Result]:
        """Submit each message by one call."""
        return self.line.call(window, self._request, _result)

    def receipts(self, request: HttpRequest) -> list[ReceiptEvent]:
        """Read a delivery report, signed in the address that its message carried, or a reply."""
        return reports.read(request)

    def _request(self, out: Outgoing) -> httpx.Request:
        fields = {
            "username": self.values["username"],
            "password": self.values["password"],
            "from": self.values["sender"],
            "to": out.address,
            "text": out.text,
            "charset": "UTF-8",
            "coding": "2" if segments(out.text).encoding == UCS_2 else "0",
        }
        if out.receipt_url:
            fields |= {"dlr-mask": str(reports.MASK), "dlr-url": out.receipt_url + reports.PLACES}
        return httpx.Request("GET", self.values["url"], params=fields)


def _result(out: Outgoing, answer: httpx.Response) -> Result:
    words = f"{answer.status_code} {answer.text.strip()}"
    if answer.is_success and _TAKEN.match(answer.text):
        return Result(out.message_id, Fate.SENT, words=words)
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return Result(out.message_id, Fate.AGAIN, words=words, wait=http.retry_after(answer), carrier_wide=True)
    if _is_ours(answer):
        return Result(out.message_id, Fate.AGAIN, words=words, carrier_wide=True)
    if answer.status_code in _AGAIN:
        return Result(out.message_id, Fate.AGAIN, words=words, wait=http.retry_after(answer))
    return Result(out.message_id, Fate.REFUSED if answer.is_client_error else Fate.UNKNOWN, words=words)


def _is_ours(answer: httpx.Response) -> bool:
    """Say whether the sender's settings are at fault and not the message: a wrong password, a wrong path."""
    wrong = {httpx.codes.UNAUTHORIZED, httpx.codes.NOT_FOUND, httpx.codes.PROXY_AUTHENTICATION_REQUIRED}
    return answer.status_code in wrong or answer.is_redirect or "authorization failed" in answer.text.lower()
