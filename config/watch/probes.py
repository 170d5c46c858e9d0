"""Probes come first: an orchestrator asks a process by its bare address, without the site's name and without HTTPS."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import resolve

PATHS = frozenset({"/healthz", "/readyz", "/metrics"})


class Probes:
    """Middleware that answers probes before hosts are checked, visitors redirected and sessions read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a probe at once, everything else as ever."""
        if request.path_info not in PATHS:
            return self.get_response(request)
        answer: HttpResponse = resolve(request.path_info).func(request)
        return answer
