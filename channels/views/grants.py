"""The page of a grant: what a message about it links to, with the QR code that the counter reads."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from content import qr
from content.facts import About, facts_for
from content.models import Grant
from content.offers import addresses, passes
from members import clock

# Well before the pass of the page is over.
REFRESH_SECONDS = passes.VALID.seconds // 2


@never_cache
@require_safe
def grant_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show a grant to the member, as it is now: price, code and QR code, or what became of it.

    204 answers an open page that asks every second whether it still is as it has it (`since`).
    """
    grant, now = _named(token), clock.now()
    if grant is None:
        text = _("It is not complete, or the offer was deleted. Open it from the message again.")
        notice = {"title": _("This link leads nowhere"), "text": text}
        return render(request, "channels/notice.html", notice, status=HTTPStatus.NOT_FOUND)
    state = _state(grant, now)
    if request.GET.get("since") == state:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    [facts] = facts_for([About(grant.member_id, grant.member.locale, grant.pk)])
    context = {"offer": facts["offer"], "state": state, "token": token, "refresh": REFRESH_SECONDS}
    return render(request, "channels/grant.html", context)


@never_cache
@require_safe
def grant_code(request: HttpRequest, token: str) -> HttpResponse:
    """Draw the QR code of a live grant, with a pass of this very moment."""
    grant, now = _named(token), clock.now()
    if grant is None or _state(grant, now) != Grant.State.LIVE:
        raise Http404
    return HttpResponse(qr.png(passes.issue(grant.pk, now)), content_type="image/png")


def _state(grant: Grant, now: datetime) -> Grant.State:
    """Return how a grant stands: one whose time is over has expired, whether that was booked already or not."""
    is_over = grant.state == Grant.State.LIVE and now not in grant.validity
    return Grant.State.EXPIRED if is_over else Grant.State(grant.state)


def _named(token: str) -> Grant | None:
    public_id = addresses.named(token)
    return Grant.objects.select_related("member").filter(public_id=public_id).first() if public_id else None
