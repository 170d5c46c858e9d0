"""What the sandbox sends back: HTTP calls, made in the dialect of each channel and carried out here."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from channels.sandbox.hooks import is_loopback

# A public address in front of a link: letters that end one in running text are no part of it.
_LINK = re.compile(r"https?://[^\s\"'<>()\[\]{}]+[^\s\"'<>()\[\]{}.,;:!?]")


class NotCalled(Exception):
    """A call was not made or not taken; the message says why, without any address of a member."""


@dataclass(frozen=True)
class Call:
    """A request to be made."""

    method: str
    url: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Caller:
    """Makes calls over connections that stay open."""

    def __init__(self) -> None:
        limits = httpx.Limits(max_connections=32, max_keepalive_connections=32)
        self._client = httpx.AsyncClient(limits=limits, timeout=60, trust_env=False)

    async def make(self, call: Call) -> None:
        """Make a call; redirects count as answers and are not followed. Raises NotCalled."""
        if not is_loopback(call.url):
            raise NotCalled("the address is not on this machine")
        try:
            answer = await self._client.request(call.method, call.url, content=call.body, headers=call.headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NotCalled(f"{type(error).__name__}") from error
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            raise NotCalled(f"the answer was {answer.status_code}")

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def links_in(text: str) -> list[str]:
    """Return the web addresses in a text, each once, in their order."""
    return list(dict.fromkeys(_LINK.findall(text)))


def named(*words: str) -> str:
    """Return a short name that stands for these words."""
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()[:24]
