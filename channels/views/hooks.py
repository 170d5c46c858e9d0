"""Where carriers report."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from channels import receipts, senders
from channels.base import BadSettings, NotAReceipt
from channels.models import Sender
from members import clock

LARGEST_BODY = 1_000_000


@csrf_exempt
@require_http_methods(["GET", "POST"])
def hook(request: HttpRequest, token: str) -> HttpResponse:
    """Take in what the carrier of the sender with this token tells; asked again, it answers the same.

    Anything but 2xx means that nothing was kept, and that the carrier may tell it again.
    """
    sender = Sender.objects.filter(token=token).first() if "\0" not in token else None
    if sender is None:
        return _plain(_("There is no such webhook."), HTTPStatus.NOT_FOUND)
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > LARGEST_BODY:
        most = _("The body is too large; %(bytes)d bytes are the most.") % {"bytes": LARGEST_BODY}
        return _plain(most, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        events = senders.adapter_of(sender).receipts(request)
    except NotAReceipt as error:
        return _plain(str(error), HTTPStatus.FORBIDDEN)
    except BadSettings as error:
        return _plain(str(error), HTTPStatus.SERVICE_UNAVAILABLE)
    accepted = receipts.accept(sender, events, clock.now())
    return _plain(f"{accepted.new} new, {accepted.repeated} repeated, {accepted.unknown} unknown")


def _plain(text: str, status: int = HTTPStatus.OK) -> HttpResponse:
    return HttpResponse(text + "\n", status=status, content_type="text/plain; charset=utf-8")
