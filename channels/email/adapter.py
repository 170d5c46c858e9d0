"""The e-mail adapter."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from channels.base import Adapter, BadSettings, Fate, Outgoing, ReceiptEvent, Result, Setting
from channels.email import reports
from channels.email.mail import BadHeader, Letterhead, addressed
from channels.email.session import Broken, Mail, Session, Unreachable
from channels.vocabulary import Reason
from members.vocabulary import Channel

SECURITY = ("none", "starttls", "tls")
# So many connections in a row that break before they brought a result: the carrier is at fault, not the mails.
_BREAKS = 3


class Email(Adapter):
    """E-mail by SMTP."""

    kind = "email"
    channel = Channel.EMAIL
    label = _("E-mail (SMTP)")
    settings = (
        Setting("host", _("Host"), _("Name or address of the SMTP server."), required=True),
        Setting(
            "port",
            _("Port"),
            _("Usually 587 with starttls, 465 with tls, 25 without."),
            default=587,
            kind=int,
        ),
        Setting("security", _("Security"), _("none, starttls or tls."), default="starttls"),
        Setting("username", _("User"), _("Empty when the server asks for none.")),
        Setting("password", _("Password"), _("The user's password."), secret=True),
        Setting("from_address", _("From"), _("The address that mails come from."), required=True),
        Setting("from_name", _("From name"), _("The name that stands beside it.")),
        Setting(
            "reply_to",
            _("Reply to"),
            _("The address that answers go to, if not the one they come from."),
        ),
        Setting(
            "return_path",
            _("Bounces to"),
            _("The address that bounces go to, if not the one mails come from."),
        ),
        Setting(
            "bounce_secret",
            _("Bounce secret"),
            _("Signs the bounces that are posted to the webhook."),
            secret=True,
        ),
        Setting(
            "timeout",
            _("Time-out"),
            _("Seconds to wait for each answer of the server."),
            default=30,
            kind=int,
        ),
    )

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.letterhead = Letterhead(values["from_address"], values["from_name"], values["reply_to"])
        self._session: Session | None = None

    @classmethod
    def check(cls, values: Mapping[str, Any]) -> None:
        """Raise BadSettings when these settings cannot work. Does not talk to the server."""
        if values["security"] not in SECURITY:
            raise BadSettings(
                _("“Security” is “%(value)s”; write none, starttls or tls.") % {"value": values["security"]}
            )
        if not 0 < values["port"] < 65536:
            raise BadSettings(_("“Port” must be between 1 and 65535."))
        if not 0 < values["timeout"] <= 120:
            raise BadSettings(_("“Time-out” must be between 1 and 120 seconds."))
        if values["username"] and not values["password"]:
            raise BadSettings(_("“Password” is missing; the server asks for it with the user."))
        for name in ("from_address", "reply_to", "return_path"):
            cls._check_address(name, values[name])
        if any(ord(letter) < 32 for letter in values["from_name"]):
            raise BadSettings(_("“From name” must be one line."))

    @classmethod
    def _check_address(cls, name: str, address: str) -> None:
        try:
            if address:
                addressed(address)
        except BadHeader as error:
            label = next(setting.label for setting in cls.settings if setting.name == name)
            raise BadSettings(f"“{label}”: {error}") from error

    @contextmanager
    def connection(self) -> Iterator[None]:
        """Keep the connection open between windows."""
        try:
            yield
        finally:
            self._close()

    def send(self, window: Sequence[Outgoing]) -> Iterable[Result]:
        """Hand the window over mail by mail; a connection that breaks before a mail is sent is opened anew for it."""
        waiting: deque[Mail] = deque()
        for out in window:
            try:
                waiting.append(self._mail(out))
            except BadHeader as error:
                yield Result(out.message_id, Fate.REFUSED, words=str(error), reason=Reason.NOT_RENDERED)
        breaks = 0
        while waiting:
            try:
                for result in self._open().hand_over(list(waiting)):
                    waiting.popleft()
                    breaks = 0
                    yield result
            except Unreachable as error:
                self._close()
                yield from _all_again(waiting, str(error))
                return
            except Broken as error:
                self._session = None
                breaks += 1
                if error.left:
                    # More than one mail in doubt would be worse than a pause.
                    yield Result(waiting.popleft().message_id, Fate.UNKNOWN, words=str(error), carrier_wide=True)
                if error.left or breaks == _BREAKS:
                    yield from _all_again(waiting, str(error))
                    return
                if breaks == 2:
                    yield Result(waiting.popleft().message_id, Fate.AGAIN, words=str(error))

    def receipts(self, request: HttpRequest) -> list[ReceiptEvent]:
        """Read a bounce or complaint that was posted as message/rfc822 and signed with the bounce secret."""
        return reports.read(request, self.values["bounce_secret"])

    def _mail(self, out: Outgoing) -> Mail:
        if out.now is None:
            raise TypeError("A mail bears a date: the message's `now` is missing.")
        return Mail(out.message_id, out.key, addressed(out.address), self.letterhead.mail(out, out.now))

    def _open(self) -> Session:
        self._session = self._session or Session(self.values)
        return self._session

    def _close(self) -> None:
        if self._session:
            self._session.close()
            self._session = None


def _all_again(waiting: Iterable[Mail], words: str) -> Iterator[Result]:
    for mail in waiting:
        yield Result(mail.message_id, Fate.AGAIN, words=words, carrier_wide=True)
