"""Calls to carriers over HTTP: connections that stay open, several calls side by side, every failure put into words."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.utils.translation import gettext_lazy as _

from channels.base import BadSettings, Fate, Outgoing, Result, Setting
from channels.wire import Bounded

SETTINGS = (
    Setting("timeout", _("Time-out"), _("Seconds to wait for each answer."), default=10, kind=int),
    Setting(
        "connections",
        _("Connections"),
        _("Messages that a worker sends side by side."),
        default=4,
        kind=int,
    ),
)
# Nothing was sent yet when these are raised; with all other errors the carrier may have the message.
_BEFORE = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_LONGEST_ANSWER = 65_536
_LONGEST_PAUSE = 86_400.0  # whoever asks for more is asked again tomorrow
# The answer is kept as it was meant, not as it travelled: whoever unpacked it again would find rubbish.
_OF_THE_WAY = {b"content-encoding", b"content-length", b"transfer-encoding"}

MakeRequest = Callable[[Outgoing], httpx.Request]
ReadAnswer = Callable[[Outgoing, httpx.Response], Result]
Way = Callable[[httpx.BaseTransport], httpx.BaseTransport]


def check(values: Mapping[str, Any]) -> None:
    """Raise BadSettings unless `url`, `timeout` and `connections` make sense."""
    if not _is_whole(values["url"]):
        raise BadSettings(_("“URL” must be a whole address such as https://gateway.example/path."))
    if not 0 < values["timeout"] <= 120:
        raise BadSettings(_("“Time-out” must be between 1 and 120 seconds."))
    if not 0 < values["connections"] <= 20:
        raise BadSettings(_("“Connections” must be between 1 and 20."))


def _is_whole(url: str) -> bool:
    try:
        parts, port = urlsplit(url), urlsplit(url).port
        host = httpx.URL(url).host.encode("idna")
    except (ValueError, httpx.InvalidURL):  # UnicodeError is a ValueError
        return False
    return parts.scheme in {"http", "https"} and bool(host) and port != 0 and not re.search(r"\s", url)


class Line:
    """A carrier's HTTP line, open for the length of a `with line.open()`."""

    def __init__(self, values: Mapping[str, Any], way: Way | None = None) -> None:
        """Take `timeout` and `connections`, and the way that calls go if it is not httpx's own."""
        self.timeout, self.connections = values["timeout"], values["connections"]
        self._way = way
        self._client: httpx.Client | None = None

    @contextmanager
    def open(self) -> Iterator[None]:
        """Keep connections open until the block ends."""
        limits = httpx.Limits(max_connections=self.connections, keepalive_expiry=30)
        way = self._way and self._way(Bounded(limits, _trust(), self.timeout))
        with httpx.Client(timeout=self.timeout, limits=limits, verify=_trust(), transport=way) as self._client:
            yield
        self._client = None

    def call(self, window: Sequence[Outgoing], request: MakeRequest, read: ReadAnswer) -> Iterable[Result]:
        """Make a request for each message and read its answer.

        After the first failure of the carrier as a whole no further call is begun, so that a carrier which hangs has no
        more messages in doubt than there are connections.
        """
        failed: list[Result] = []

        def attempt(out: Outgoing) -> Result:
            if failed:
                return replace(failed[0], message_id=out.message_id, fate=Fate.AGAIN)
            result = self._attempt(out, request, read)
            if result.carrier_wide:
                failed.append(result)
            return result

        with ThreadPoolExecutor(self.connections) as pool:
            yield from pool.map(attempt, window)

    def _attempt(self, out: Outgoing, request: MakeRequest, read: ReadAnswer) -> Result:
        try:
            asked = request(out)
            # A host that no name server can be asked for fails here. The same error later on is that of an answer.
            asked.url.host.encode("idna")
        except (httpx.InvalidURL, UnicodeError) as error:
            return Result(out.message_id, Fate.AGAIN, words=_words_of(error), carrier_wide=True)
        try:
            answer = self._answer(asked)
        except _BEFORE as error:
            return Result(out.message_id, Fate.AGAIN, words=_words_of(error), carrier_wide=True)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            return Result(out.message_id, Fate.UNKNOWN, words=_words_of(error), carrier_wide=True)
        return read(out, answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        """Return the whole answer. The client's time-out is for each piece of it; one that trickles in must end too."""
        if self._client is None:
            raise TypeError("A line is called while it is open.")
        answer = self._client.send(request, stream=True)
        try:
            end, content = time.monotonic() + self.timeout, b""
            for piece in answer.iter_bytes():
                content += piece
                if time.monotonic() > end or len(content) > _LONGEST_ANSWER:
                    raise httpx.ReadTimeout("the answer does not end", request=request)
        finally:
            answer.close()
        # As bytes: read as text, a header with an umlaut cannot be written again.
        headers = [(name, value) for name, value in answer.headers.raw if name.lower() not in _OF_THE_WAY]
        return _readable(httpx.Response(answer.status_code, headers=headers, content=content))


@cache
def _trust() -> ssl.SSLContext:
    # Reading the authorities takes 30 ms, and a line is opened for each look at the queue.
    return httpx.create_ssl_context()


def _readable(answer: httpx.Response) -> httpx.Response:
    """Have an answer read as UTF-8 that is not in the encoding it names, or names one that no text is in."""
    try:
        str(answer.text)
    except (AssertionError, LookupError, TypeError, ValueError):  # whatever Python's codecs raise
        answer.encoding = "utf-8"
    return answer


def retry_after(answer: httpx.Response) -> float | None:
    """Return the seconds that a Retry-After header asks for, None where there is no such number."""
    return seconds(answer.headers.get("retry-after"))


def seconds(asked: object) -> float | None:
    """Return the pause that a carrier asks for, at most a day, None where it is no whole number of seconds."""
    text = str(asked)
    return min(float(text), _LONGEST_PAUSE) if text.isdecimal() else None


def _words_of(error: Exception) -> str:
    return str(error) or type(error).__name__
