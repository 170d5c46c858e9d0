"""One SMTP connection, with the envelopes pipelined where the server allows it."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.core.mail.utils import DNS_NAME

from channels.base import Fate, Result
from channels.email import status
from channels.email.mail import addressed, stuffed
from channels.email.patience import Conversation, TlsConversation

# The first digits with which MAIL, RCPT and DATA are answered when all is well.
_EXPECTED = (2, 2, 3)
_GO_ON = 354
_CLOSING = 421
_TOO_BIG = 552


@dataclass(frozen=True)
class Mail:
    """A mail with its envelope."""

    message_id: int
    key: str
    address: str
    data: bytes


class Unreachable(Exception):
    """No mail can be handed over at all: no connection, no login, or the server does not want this sender."""


class Broken(Exception):
    """The connection broke; `left` says whether it was after the mail's last byte, so that it may have left."""

    def __init__(self, words: str, left: bool) -> None:
        super().__init__(words)
        self.left = left


@dataclass(frozen=True)
class _Reply:
    code: int
    words: str

    @property
    def kind(self) -> int:
        """The first digit: 2 is yes, 3 go on, 4 not now, 5 no."""
        return self.code // 100


class Session:
    """A connection that is open from its construction until `close`. Raises Unreachable."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.return_path = addressed(values["return_path"] or values["from_address"])
        try:
            self.smtp = _connected(values)
        # ValueError: a name or password beyond ASCII, or a challenge to the login that is not base64.
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise Unreachable(_words_of(error)) from error
        self.pipelining = self.smtp.has_extn("pipelining")
        self.reports = self.smtp.has_extn("dsn")

    def close(self) -> None:
        """End the connection, politely if it still stands."""
        if self.smtp.sock is not None:
            try:
                self.smtp.quit()
            except (OSError, smtplib.SMTPException):
                self.smtp.close()

    def hand_over(self, mails: Sequence[Mail]) -> Iterator[Result]:
        """Hand mails over one after another and yield a result for each.

        Raises Broken while the first mail without a result is on its way, and Unreachable when the server does not
        accept the sender.
        """
        written = None
        for mail, following in zip(mails, [*mails[1:], None], strict=True):
            refused = self._envelope(mail, written is mail)
            if refused:
                # Told before anything else is said: a server may well hang up on whom it refuses.
                yield _refusal(mail, refused)
                self._command(b"RSET\r\n")
                continue
            written = following if self.pipelining else None
            ahead = b"".join(self._commands(written)) if written else b""
            yield _result(mail, self._end(stuffed(mail.data) + ahead))

    def _commands(self, mail: Mail) -> list[bytes]:
        # ENVID comes back in the bounce and names the message there.
        options = f" RET=HDRS ENVID={mail.key}" if self.reports else ""
        return [
            f"MAIL FROM:<{self.return_path}>{options}\r\n".encode(),
            f"RCPT TO:<{mail.address}>\r\n".encode(),
            b"DATA\r\n",
        ]

    def _envelope(self, mail: Mail, written: bool) -> _Reply | None:
        """Open the mail's transaction; return the refusal, or None when the server waits for the mail."""
        commands = self._commands(mail)
        if self.pipelining and not written:
            self._write(b"".join(commands), left=False)
        replies: list[_Reply] = []
        refused = None
        for command, expected in zip(commands, _EXPECTED, strict=True):
            try:
                replies.append(self._reply() if self.pipelining else self._command(command))
            except Broken:
                if refused is None:
                    raise
                break  # it hung up on whom it refused
            refused = refused or (None if replies[-1].kind == expected else replies[-1])
            if refused and not self.pipelining:
                break
        if refused and replies[-1].code == _GO_ON and refused is not replies[-1]:
            self._command(b".\r\n")
        if refused is replies[0] and refused.code >= 500 and refused.code != _TOO_BIG:
            raise Unreachable(f"{refused.code} {refused.words}")
        return refused

    def _command(self, command: bytes) -> _Reply:
        self._write(command, left=False)
        return self._reply()

    def _end(self, data: bytes) -> _Reply:
        """Send a mail, with what may follow it, and read what became of it."""
        self._write(data, left=True)
        return self._reply(left=True)

    def _write(self, data: bytes, *, left: bool) -> None:
        try:
            self.smtp.send(data)
        except (OSError, smtplib.SMTPException) as error:
            self.smtp.close()
            raise Broken(_words_of(error), left) from error

    def _reply(self, *, left: bool = False) -> _Reply:
        try:
            code, words = self.smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.smtp.close()
            raise Broken(_words_of(error), left) from error
        reply = _Reply(code, words.decode(errors="replace"))
        if code < 0 or (code == _CLOSING and not left):
            self.smtp.close()
            raise Broken(f"{code} {reply.words}", left)
        return reply


def _connected(values: Mapping[str, Any]) -> smtplib.SMTP:
    where = (values["host"], values["port"])
    options: dict[str, Any] = {"timeout": values["timeout"], "local_hostname": DNS_NAME.get_fqdn()}
    if values["security"] == "tls":
        smtp: smtplib.SMTP = TlsConversation(*where, context=_trust(), **options)
    else:
        smtp = Conversation(*where, **options)
    try:
        if values["security"] == "starttls":
            smtp.starttls(context=_trust())
        smtp.ehlo_or_helo_if_needed()
        if values["username"]:
            smtp.login(values["username"], values["password"])
        # Each write is followed by a read: nothing is gained by waiting for more to send.
        if smtp.sock is not None:
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        smtp.close()
        raise
    return smtp


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _refusal(mail: Mail, reply: _Reply) -> Result:
    """Return what follows from an answer to the envelope: whatever it is, the mail has not left."""
    words, no = f"{reply.code} {reply.words}", reply.kind == 5
    dead = no and status.is_dead(status.within(reply.words))
    return Result(mail.message_id, Fate.REFUSED if no else Fate.AGAIN, words=words, dead_address=dead)


def _result(mail: Mail, reply: _Reply) -> Result:
    """Return what follows from the answer to a whole mail; one that is neither yes nor no leaves it in doubt."""
    if reply.kind in {4, 5}:
        return _refusal(mail, reply)
    queued = reply.words.rpartition("queued as ")[2].split(maxsplit=1) if "queued as " in reply.words else []
    fate = Fate.SENT if reply.kind == 2 else Fate.UNKNOWN
    return Result(mail.message_id, fate, next(iter(queued), ""), f"{reply.code} {reply.words}")


def _words_of(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        return f"{error.smtp_code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"
    return str(error) or type(error).__name__
