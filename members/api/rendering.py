"""The form of answers: JSON, whatever was told back in it, chosen by the header Accept alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer


class JsonRenderer(JSONRenderer):
    """Writes JSON in UTF-8."""

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        """Return the JSON. Half a character that a caller sent is told back escaped: UTF-8 has no bytes for it."""
        try:
            return bytes(super().render(data, *args, **kwargs))
        except UnicodeEncodeError:
            return bytes(_Escaping().render(data, *args, **kwargs))


class _Escaping(JSONRenderer):
    ensure_ascii = True


class ByAccept(DefaultContentNegotiation):
    """Chooses by the header; DRF would also listen to `?format=` and answer by a 404 that no schema speaks of."""

    settings: Any = SimpleNamespace(URL_FORMAT_OVERRIDE=None)
