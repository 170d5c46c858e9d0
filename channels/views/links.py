"""Links in messages: each is counted and leads on."""

from __future__ import annotations

import logging
import re
from http import HTTPStatus

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from channels import clicks
from content import links
from members import clock

# Programs that fetch pages before, or instead of, a person: they say so in these headers, or by their names.
_AHEAD = ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz")
# Cubot makes telephones.
_ROBOTS = re.compile(
    r"(?<!\bcu)bot\b|crawler|spider|preview|prefetch|facebookexternalhit|whatsapp|slurp", re.IGNORECASE
)

_log = logging.getLogger(__name__)


@never_cache
@require_safe
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """Lead to where the link points. A click that cannot be counted leads there all the same."""
    try:
        opened = links.follow(token)
    except links.BadLink as error:
        context = {"title": _("This link leads nowhere"), "text": str(error)}
        return render(request, "channels/notice.html", context, status=HTTPStatus.NOT_FOUND)
    if _by_a_person(request):
        try:
            clicks.count(opened.message_id, opened.url, clock.now())
        except DatabaseError:
            _log.exception("A click could not be counted.", extra={"messages": [opened.message_id]})
    return HttpResponseRedirect(opened.url)


def _by_a_person(request: HttpRequest) -> bool:
    if request.method != "GET" or any("pre" in request.headers.get(name, "").lower() for name in _AHEAD):
        return False
    return not _ROBOTS.search(request.headers.get("User-Agent", ""))
