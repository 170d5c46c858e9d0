"""The chat adapter."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from channels import http
from channels.base import Adapter, BadSettings, Fate, Outgoing, ReceiptEvent, Result, Setting
from channels.chat import updates
from members.vocabulary import Channel

KEY_HEADER = "X-Chorale-Message"
_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]{10,}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{8,256}")


class Chat(Adapter):
    """Chat by a Telegram bot."""

    kind = "chat"
    channel = Channel.CHAT
    label = _("Chat (Telegram)")
    settings = (
        Setting(
            "token",
            _("Bot token"),
            _("As BotFather gave it, such as 123456:ABC-DEF."),
            required=True,
            secret=True,
        ),
        Setting(
            "webhook_secret",
            _("Webhook secret"),
            _("The secret_token that was given to setWebhook."),
            secret=True,
        ),
        Setting("url", _("URL"), _("Where the Bot API is."), default="https://api.telegram.org"),
        *http.SETTINGS,
    )

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.line = http.Line(values)

    @classmethod
    def check(cls, values: Mapping[str, Any]) -> None:
        """Raise BadSettings when these settings cannot work. Does not talk to Telegram."""
        http.check(values)
        if not _TOKEN.fullmatch(values["token"]):
            raise BadSettings(_("“Bot token” must be digits, a colon and a key, such as 123456:ABC-DEF1234ghIkl."))
        if values["webhook_secret"] and not _SECRET.fullmatch(values["webhook_secret"]):
            raise BadSettings(_("“Webhook secret” must be 8 to 256 letters, digits, “_” or “-”."))

    @contextmanager
    def connection(self) -> Iterator[None]:
        """Keep connections open between windows."""
        with self.line.open():
            yield

    def send(self, window: Sequence[Outgoing]) -> Iterable[Result]:
        """Call sendMessage for each message."""
        return self.line.call(window, self._request, _result)

    def receipts(self, request: HttpRequest) -> list[ReceiptEvent]:
        """Read an update, which carries the webhook secret."""
        return updates.read(request, self.values["webhook_secret"])

    def _request(self, out: Outgoing) -> httpx.Request:
        body = {"chat_id": out.address, "text": out.text, "link_preview_options": {"is_disabled": True}}
        # Telegram knows no key of ours; the header is for whoever reads the traffic, such as the sandbox.
        url = f"{self.values['url'].rstrip('/')}/bot{self.values['token']}/sendMessage"
        return httpx.Request("POST", url, json=body, headers={KEY_HEADER: out.key})


def _result(out: Outgoing, answer: httpx.Response) -> Result:
    told = _told(answer)
    words = str(told.get("description") or f"{answer.status_code} {answer.text[:200]}")
    if answer.is_success and told.get("ok") is True:
        return Result(out.message_id, Fate.SENT, _carrier_id(told))
    code = _code(told, answer)
    if code == httpx.codes.TOO_MANY_REQUESTS:
        return Result(out.message_id, Fate.AGAIN, words=words, wait=_pause(told, answer), carrier_wide=True)
    if code in {httpx.codes.UNAUTHORIZED, httpx.codes.NOT_FOUND} or answer.is_redirect:
        # The token or the URL is wrong, whoever the message is for.
        return Result(out.message_id, Fate.AGAIN, words=words, carrier_wide=True)
    if httpx.codes.is_client_error(code):
        dead = code == httpx.codes.FORBIDDEN or "chat not found" in words
        return Result(out.message_id, Fate.REFUSED, words=words, dead_address=dead)
    return Result(out.message_id, Fate.UNKNOWN, words=words)


def _code(told: Mapping[str, Any], answer: httpx.Response) -> int:
    """Return the status of an answer, or what the body says where a gateway on the way made a 200 of everything."""
    code = told.get("error_code")
    return code if answer.is_success and isinstance(code, int) else answer.status_code


def _carrier_id(told: Mapping[str, Any]) -> str:
    try:
        return updates.carrier_id(told["result"])
    except (KeyError, TypeError):
        return ""  # it was taken all the same


def _pause(told: Mapping[str, Any], answer: httpx.Response) -> float | None:
    parameters = told.get("parameters")
    asked = parameters.get("retry_after") if isinstance(parameters, dict) else None
    return http.retry_after(answer) if asked is None else http.seconds(asked)


def _told(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
