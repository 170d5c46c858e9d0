"""The sandbox as one process: SMTP and HTTP on loopback, one event loop, one carrier behind both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

from channels.sandbox import kannel, smtp, telegram, web, webhooks
from channels.sandbox.carrier import Carrier
from channels.sandbox.dialects import call_for
from channels.sandbox.panel import DOORS
from channels.sandbox.reactions import DEMO, Profile
from channels.sandbox.web import Answer, Asked

HOST = "127.0.0.1"
# Members answer within hours and days; somebody who watches sees the same within minutes.
LIVE_PACE = 0.002


@dataclass(frozen=True)
class Ports:
    """Where the sandbox listens."""

    smtp: int
    http: int

    @property
    def url(self) -> str:
        """Return the address of the HTTP side."""
        return f"http://{HOST}:{self.http}"


@asynccontextmanager
async def running(
    home: Path,
    smtp_port: int = 0,
    http_port: int = 0,
    *,
    seed: str = "chorale",
    profile: Profile = DEMO,
    now: datetime | None = None,
) -> AsyncIterator[Ports]:
    """Run the sandbox for as long as the block lasts; port 0 takes a free one. Its log is kept in `home`.

    With `now` it lives at that time, as after POST /clock, and what an earlier run left waits for a flush.
    """
    carrier = Carrier(home, call_for, seed, profile)
    carrier.set_clock(now)
    mails = await smtp.serve(carrier, HOST, smtp_port)
    pages = await web.serve(_Routes(carrier), HOST, http_port)
    back = asyncio.create_task(carrier.back.run(carrier.now, lambda: not carrier.replayed))
    try:
        yield Ports(*(server.sockets[0].getsockname()[1] for server in (mails, pages)))
    finally:
        mails.close()
        pages.close()
        back.cancel()
        await carrier.back.stop()
        carrier.close()


class _Routes:
    """Which address is answered by whom."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    async def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/cgi-bin/sendsms":
            return await kannel.sendsms(self._carrier, asked)
        if asked.path == "/webhooks":
            return await webhooks.receive(self._carrier, asked)
        if asked.path.startswith("/bot") and asked.path.count("/") > 1:
            return await telegram.method(self._carrier, asked.path.rpartition("/")[2], asked)
        if door := DOORS.get((asked.method, asked.path)):
            return await door(self._carrier, asked)
        return Answer("The sandbox has nothing there.", HTTPStatus.NOT_FOUND)
