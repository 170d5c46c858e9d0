"""The page of a member: who this is, what is theirs, what is going on, and the whole history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from channels import follow_ups, hand_offs, live, offered, teams
from channels.contacts import history, person, work
from channels.contacts.forms import HistoryForm
from channels.contacts.history import Wanted
from channels.contacts.views.base import contacts, looked, named, new_key, who, without_nul
from channels.counter import cards
from channels.models import Message, Rendering
from content.models import Grant
from members import audit_log, clock, doors, panels, zones
from members.models import Member, Touchpoint
from members.vocabulary import Deed

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_PAST = 20
# Nothing in a mail runs, and nothing is fetched for it: a picture would tell its sender that somebody looked.
_MAIL = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"


@contacts
def page(request: HttpRequest, member: UUID) -> HttpResponse:
    """Show the member."""
    found = named(member)
    audit_log.note(who(request), Deed.LOOKED_UP, found)
    # The stamp is of before: what happens while the page is read is told a second later.
    stamp, latest = live.of_member(found.pk, clock.now()), history.latest(found)
    context = {
        "here": "contacts",
        **_present(request, found, latest),
        **_history(request, found, latest),
        "live_stamp": stamp,
        "live_address": reverse("contacts-member-live", args=[found.public_id]),
    }
    return doors.page(request, "channels/contacts/member.html", str(found), context)


@contacts
def present(request: HttpRequest, member: UUID) -> HttpResponse:
    """Show who this is and what is going on, for the page that heard that it changed."""
    found = named(member)
    looked(request, found)
    return render(request, "channels/contacts/present.html", _present(request, found, history.latest(found)))


@contacts
def past(request: HttpRequest, member: UUID) -> HttpResponse:
    """Show contacts: as a part of the page to htmx, as a page of its own without."""
    found = named(member)
    looked(request, found)
    context = {"member": found, "here": "contacts", **_history(request, found, history.latest(found))}
    if request.headers.get("HX-Request"):
        template = "channels/contacts/entries.html" if request.GET.get("before") else "channels/contacts/history.html"
        return render(request, template, context)
    return doors.page(request, "channels/contacts/past.html", _("History of %(member)s") % {"member": found}, context)


@contacts
def ask_live(request: HttpRequest, member: UUID) -> HttpResponse:
    """Say whether anything about the member changed."""
    return live.answer(request, request.path, live.of_member(named(member).pk, clock.now()))


@xframe_options_sameorigin
@contacts
def mail(request: HttpRequest, message: UUID) -> HttpResponse:
    """Show an e-mail as the member saw it, in a frame where nothing runs and for which nothing is fetched."""
    if not request.user.has_perm("channels.view_rendering"):
        raise Http404
    found = get_object_or_404(Message.objects.to_members().select_related("member"), public_id=message)
    rendering = get_object_or_404(Rendering, message=found)
    looked(request, found.member)
    if rendering.html:
        answer = HttpResponse(rendering.html)
    else:
        answer = HttpResponse(rendering.text, content_type="text/plain; charset=utf-8", status=HTTPStatus.OK)
    answer.headers["Content-Security-Policy"] = _MAIL
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _present(request: HttpRequest, found: Member, latest: Sequence[Touchpoint]) -> dict[str, Any]:
    now, user = clock.now(), who(request)
    own = teams.zone_of(user)
    theirs = offered.to_member(found, latest, now)
    calls = work.items(list(follow_ups.waiting([found.pk]).prefetch_related("member__home_store")), own, now)
    mine = follow_ups.shown_to(user).filter(member=found).values_list("public_id", flat=True) if calls else ()
    return {
        "member": found,
        "person": person.person(found, now),
        "cards": [cards.card(one, user, now, zones.zone(own)) for one in theirs],
        "past_offers": _past_offers(found, [one.grant.pk for one in theirs], now),
        "calls": calls,
        "reach": set(mine),
        "expected": [work.shown(one, own, now) for one in hand_offs.of_member(found.pk)],
        "panels": panels.loaded(found, request, now, panels.CONTACTS),
        "key": new_key(),
    }


def _past_offers(found: Member, live_ones: list[int], now: datetime) -> list[tuple[Grant, StrOrPromise]]:
    grants = Grant.objects.filter(member=found).exclude(pk__in=live_ones).select_related("offer")
    return [(grant, grant.state_at(now).label) for grant in grants.order_by("-granted_at")[:_PAST]]


def _history(request: HttpRequest, found: Member, latest: Sequence[Touchpoint]) -> dict[str, Any]:
    given, own = without_nul(request.GET), teams.zone_of(who(request))
    form = HistoryForm(given)
    offers, journeys = history.choices(found, latest)
    form.fields["offer"].choices = [("", _("All offers")), *offers]  # type: ignore[attr-defined]
    form.fields["journey"].choices = [("", _("All journeys")), *journeys]  # type: ignore[attr-defined]
    form.is_valid()
    chosen = {name: value for name, value in form.cleaned_data.items() if value}
    wanted = Wanted(**chosen, zone=own)
    query = {name: given[name] for name in chosen}
    return {
        "past": history.page(found, wanted, given.get("before", ""), latest),
        "filter": form,
        "filtered": urlencode(query),
        "zone": own,
    }
