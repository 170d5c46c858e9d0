"""The page that stops messages, and the one click that needs no page (RFC 8058)."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from channels import unsubscribing
from channels.addresses import verify_unsubscribe
from members import clock
from members.vocabulary import Channel, Purpose

_NAMES = {Channel.EMAIL: gettext_lazy("e-mail"), Channel.SMS: gettext_lazy("SMS"), Channel.CHAT: gettext_lazy("chat")}


@never_cache
@csrf_exempt  # mail programs bring no cookie; the signed address is what nobody else has
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Say what will be stopped (GET, which changes nothing: mail scanners follow links), or stop it (POST)."""
    key = verify_unsubscribe(token)
    found = unsubscribing.subscription(key) if key else None
    if found is None:
        text = _("It is not complete, or the message it came with was deleted. Open it from the message again.")
        notice = {"title": _("This link leads nowhere"), "text": text}
        return render(request, "channels/notice.html", notice, status=HTTPStatus.NOT_FOUND)
    if request.method == "POST":
        unsubscribing.stop(found, clock.now())
    context = {
        "subscription": found,
        "channel": _NAMES[found.channel],
        "service": Purpose.SERVICE in found.purposes,
        "stopped": request.method == "POST",
    }
    return render(request, "channels/unsubscribe.html", context)
