"""Behind a proxy that the operator trusts: from which address a request comes."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_address

from django.http import HttpRequest, HttpResponse

_PORT = re.compile(r"^\[(.+)\](?::\d+)?$|^([\d.]+):\d+$")


class BehindProxy:
    """Middleware that takes the address which the proxy itself has seen.

    Proxies append it to X-Forwarded-For, so the last one is theirs; those before it are whatever the visitor wrote.
    Throttling, the audit log and everything else then read REMOTE_ADDR, as without a proxy.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request as coming from there."""
        seen = _address(request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip())
        if seen:
            request.META["REMOTE_ADDR"] = seen
        return self.get_response(request)


def _address(seen: str) -> str:
    """Return the address without its port, an empty text for what is none."""
    found = _PORT.match(seen)
    try:
        return str(ip_address((found[1] or found[2]) if found else seen))
    except ValueError:
        return ""
