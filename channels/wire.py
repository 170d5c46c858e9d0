"""A way for calls on which an answer must end: after so many seconds, and after so many bytes, headers and all.

The client's own time-out is for each piece of an answer, and interim answers (103 and such) may be sent without end. So
the time and the bytes are counted where they arrive, anew for each request that is written.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx
from django.utils.translation import gettext as _

LONGEST = 131_072  # bytes of an answer with all of its headers and interim answers


class Bounded(httpx.HTTPTransport):
    """httpx's own way, with answers that end within `seconds`."""

    def __init__(self, limits: httpx.Limits, trust: ssl.SSLContext, seconds: float) -> None:
        super().__init__(limits=limits, verify=trust, trust_env=False)
        # The one part of it that httpx lets nobody choose.
        self._pool = httpcore.ConnectionPool(
            ssl_context=trust,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_Network(seconds),
        )


class _Network(httpcore.SyncBackend):
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = super().connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(stream, self._seconds)


class _Stream(httpcore.NetworkStream):
    """A connection that counts what arrives since something was written."""

    def __init__(self, inner: httpcore.NetworkStream, seconds: float) -> None:
        self._inner, self._seconds = inner, seconds
        self._end, self._left = time.monotonic() + seconds, LONGEST

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout)
        self._end, self._left = time.monotonic() + self._seconds, LONGEST

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        still = self._end - time.monotonic()
        if still <= 0:
            raise httpcore.ReadTimeout(_("the answer does not end"))
        piece = self._inner.read(max_bytes, still if timeout is None else min(timeout, still))
        self._left -= len(piece)
        if self._left < 0:
            raise httpcore.ReadError(_("the answer is longer than %(bytes)d bytes") % {"bytes": LONGEST})
        return piece

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout), self._seconds)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
