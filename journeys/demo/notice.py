"""The label on every screen of the demo: what is real there, and what is invented."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from journeys.demo.days import is_demo

# What a page keeps at its lower edge stands above the ribbon, and its last line can be read.
_RIBBON = (
    "<style>body{{padding-bottom:1.5rem}}"
    "@media(min-width:64rem){{.lg\\:sticky.lg\\:bottom-0{{bottom:1.5rem}}}}</style>"
    '<div role="note" style="position:fixed;left:0;right:0;bottom:0;z-index:9999;padding:2px 8px;pointer-events:none;'
    'background:#fde68a;color:#1f2937;font:12px/1.4 system-ui,sans-serif;text-align:center">{}</div></body>'
)
Answer = Callable[[HttpRequest], HttpResponse | StreamingHttpResponse]


class Notice:
    """Middleware that lays a ribbon over each HTML page where the database holds the demo, and does nothing elsewhere.

    Whether it does is asked once a process: the demo starts its web server when it has loaded its data.
    """

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response
        self._demo: bool | None = None

    def __call__(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """Answer as the page does, with the ribbon."""
        response = self._get_response(request)
        if isinstance(response, HttpResponse) and response.get("Content-Type", "").startswith("text/html"):
            self._label(response)
        return response

    def _label(self, response: HttpResponse) -> None:
        if self._demo is None:
            self._demo = is_demo()
        if not self._demo:
            return
        words = _("Demo: the purchases are real. Names, contacts, consents, stores, points and reactions are invented.")
        before, end, after = response.content.decode(response.charset).rpartition("</body>")
        if end:
            response.content = before + format_html(_RIBBON, words) + after
