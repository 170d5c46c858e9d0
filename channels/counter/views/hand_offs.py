"""How hand-offs end at the counter: the member came, or did not. Both go back to the rep."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from channels import hand_offs
from channels.counter.views import start
from channels.counter.views.base import answered, deed, said, tap, viewpoint
from channels.counter.views.member import answered_present
from channels.hand_offs import CannotEnd
from channels.models import HandOff
from channels.vocabulary import HandOffState

# What a clerk says, by the word in the address; calling off is for who agreed on it.
ENDS = {"done": HandOffState.DONE, "no-show": HandOffState.NO_SHOW}


@deed("channels.change_handoff")
def end(request: HttpRequest, hand_off: UUID, how: str) -> HttpResponse:
    """Note that a member came, or did not. Only the store itself can say so."""
    taps = tap(request)
    if how not in ENDS or taps.store is None:
        raise Http404
    named = get_object_or_404(HandOff.objects.select_related("member"), public_id=hand_off, store=taps.store)
    try:
        ended = hand_offs.end(named, ENDS[how], who=taps.who, request_key=taps.key, now=taps.now)
    except CannotEnd as refused:
        messages.error(request, str(refused))
    else:
        told = {"member": ended.member, "rep": ended.made_by_name or _("The rep")}
        came, stayed_away = _("%(member)s came. %(rep)s is told."), _("%(member)s did not come. %(rep)s is told.")
        messages.success(request, (came if how == "done" else stayed_away) % told)
    return _answered(request, named)


def _answered(request: HttpRequest, named: HandOff) -> HttpResponse:
    if said(request, "from") == "list":
        template, page = "channels/counter/expected.html", reverse("counter")
        return answered(request, template, lambda: start.shown(viewpoint(request)), page)
    return answered_present(request, named.member)
