"""The sandbox's SMTP server: any number of connections, pipelining, no size to fear."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from channels.sandbox.carrier import Carrier
from channels.sandbox.mail import handed
from channels.sandbox.taking import Fate
from channels.sandbox.web import Cut

LARGEST_MAIL = 20_000_000
PASSWORD = "sandbox"  # noqa: S105 - for whoever wants to log in; nobody has to


async def serve(carrier: Carrier, host: str, port: int) -> asyncio.Server:
    """Listen for mails; port 0 takes a free one."""
    # It logs each command, and so every address, even when nobody reads the lines.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    loop = asyncio.get_running_loop()
    door = _Door(carrier)
    return await loop.create_server(
        lambda: _Connection(
            door,
            data_size_limit=LARGEST_MAIL,
            hostname="sandbox.invalid",
            ident="Chorale sandbox",
            authenticator=_authenticate,
            auth_require_tls=False,
            loop=loop,
        ),
        host,
        port,
        backlog=512,
    )


class _Door:
    """Answers the commands that matter."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    async def handle_EHLO(  # noqa: N802 - aiosmtpd finds it by this name
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def take(self, address: str, raw: bytes) -> str:
        mail = handed(address, raw)
        self._carrier.journal.mails.append((mail.key, raw))
        taking = await self._carrier.take(mail)
        if taking.fate is Fate.REFUSED:
            return f"550 5.7.1 {taking.words or 'The sandbox refuses this message.'}"
        if taking.fate is Fate.BUSY:
            return f"451 4.3.2 {taking.words or 'The sandbox is busy; try again later.'}"
        return f"250 2.0.0 Ok: queued as {taking.carrier_id}"


class _Connection(SMTP):
    """Reads a mail at once: line by line, as the library does, takes three times as long."""

    line_length_limit = LARGEST_MAIL  # of the stream's buffer, too

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        if arg or self.envelope is None or not self.envelope.rcpt_tos:
            await self.push("501 Syntax: DATA" if arg else "503 Error: need RCPT command")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        data: bytes = await self._reader.readuntil(b"\r\n.\r\n")
        try:
            status = await self.event_handler.take(self.envelope.rcpt_tos[0], data[:-3].replace(b"\r\n..", b"\r\n."))
        except Cut:
            self._writer.transport.abort()
            return
        self.envelope = Envelope()
        await self.push(status)


def _authenticate(*words: Any) -> AuthResult:
    login = words[-1]
    good = isinstance(login, LoginPassword) and login.password == PASSWORD.encode()
    return AuthResult(success=good, handled=False)
