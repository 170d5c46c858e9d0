"""The webhook adapter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.utils.translation import gettext_lazy as _

from channels import http
from channels.base import Adapter, BadSettings, Fate, Outgoing, Result, Setting
from channels.vocabulary import WEBHOOK
from channels.webhook import guard, signing
from channels.webhook.events import Event

# A receiver refuses what was signed more than five minutes ago, and a window of 20 may wait for as many answers.
LONGEST_TIMEOUT = 15
# The receiver as a whole, whatever the message: a wrong address or key, too many calls, nobody behind its gateway.
_ALL_OF_IT = {401, 403, 404, 405, 407, 429, 502, 503, 504}
_HEADERS = {"content-type": "application/json", "accept-encoding": "identity", "user-agent": "Chorale-Webhooks/1"}


class Webhook(Adapter):
    """Events for other systems, by signed HTTP calls."""

    kind = "webhook"
    channel = WEBHOOK
    label = _("Webhook (HTTP)")
    # Receivers know a repeated message by its webhook-id.
    dedupes = True
    attempts = None
    needs_address = False
    settings = (
        Setting(
            "url", _("URL"), _("Where the receiver is, such as https://shop.example/hooks/chorale."), required=True
        ),
        Setting(
            "events",
            _("Events"),
            _("What the receiver is told of."),
            required=True,
            kind=list,
            choices=Event.choices,
        ),
        Setting(
            "secret",
            _("Secret"),
            _("Signs every call. Leave it empty to have one made, which you are shown once."),
            secret=True,
            drawn=signing.drawn,
        ),
        Setting(
            "former_secret",
            _("Former secret"),
            _("Signs as well while receivers change over to a new one."),
            secret=True,
        ),
        Setting(
            "allow_private",
            _("Allow private addresses"),
            _("Only for a receiver within your own network that you trust."),
            default=False,
            kind=bool,
        ),
        *http.SETTINGS,
    )

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.line = http.Line(values, partial(guard.Guarded, allow_private=values["allow_private"]))
        self.secrets = [secret for secret in (values["secret"], values["former_secret"]) if secret]

    @classmethod
    def check(cls, values: Mapping[str, Any]) -> None:
        """Raise BadSettings when these settings cannot work. Asks neither the receiver nor a name server."""
        http.check(values)
        parts = urlsplit(values["url"])
        if parts.username or parts.password or parts.fragment:
            raise BadSettings(_("“URL” must have no user, password or fragment; the signature proves who calls."))
        if not guard.is_sane(parts.port):
            raise BadSettings(_("“URL” must have the port 80, 443 or one from 1024 on."))
        if not values["allow_private"] and guard.says_private(parts.hostname or ""):
            raise BadSettings(_("“URL” leads to a private address; allow private addresses if it is meant."))
        if values["timeout"] > LONGEST_TIMEOUT:
            raise BadSettings(_("“Time-out” must be between 1 and 15 seconds."))
        for secret in filter(None, (values["secret"], values["former_secret"])):
            signing.check(secret)

    @contextmanager
    def connection(self) -> Iterator[None]:
        """Keep connections open between windows."""
        with self.line.open():
            yield

    def send(self, window: Sequence[Outgoing]) -> Iterable[Result]:
        """Post each message."""
        return self.line.call(window, self._request, _result)

    def _request(self, out: Outgoing) -> httpx.Request:
        if out.now is None:
            raise TypeError("A webhook is signed with the time at which it is handed over.")
        body = out.text.encode()
        signed = signing.headers(out.key, out.now, body, self.secrets)
        return httpx.Request("POST", self.values["url"], content=body, headers={**_HEADERS, **signed})


def _result(out: Outgoing, answer: httpx.Response) -> Result:
    words = f"{answer.status_code} {answer.text[:400].strip()}".strip()
    if answer.is_success:
        return Result(out.message_id, Fate.SENT, words=words)
    if answer.status_code == httpx.codes.GONE:
        return Result(out.message_id, Fate.REFUSED, words=words, gone=True)
    whole = answer.status_code in _ALL_OF_IT or answer.is_redirect or answer.is_informational
    return Result(out.message_id, Fate.AGAIN, words=words, wait=http.retry_after(answer), carrier_wide=whole)
