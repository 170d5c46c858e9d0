"""The first page: a rep's follow-ups, what came back from the stores, and the search."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from channels import follow_ups, live, teams
from channels.contacts import work
from channels.contacts.views.base import contacts, deed, form_page, looked, posted, to_start, who
from channels.follow_ups import Asked
from channels.hand_offs import of_rep, seen
from content.models import Grant
from content.offers import codes
from members import clock, doors, search
from members.models import Member, User


@contacts
def start(request: HttpRequest) -> HttpResponse:
    """Show the open follow-ups."""
    asked = _asked(request)
    context = {**_work(request, asked), "here": "contacts", "live_address": reverse("contacts-live")}
    # The stamp is of before: what happens while the page is read is told a second later.
    return doors.page(request, "channels/contacts/start.html", _("My follow-ups"), context)


@contacts
def part(request: HttpRequest) -> HttpResponse:
    """Show the lists again, for the page that heard that they changed."""
    return render(request, "channels/contacts/work.html", _work(request, _asked(request)))


@contacts
def more(request: HttpRequest) -> HttpResponse:
    """Show the next follow-ups: as a part of the page that is scrolled, or as a page of its own without htmx."""
    asked, user, now = _asked(request), who(request), clock.now()
    context = {"work": work.page(user, asked, now, request.GET.get("after", "")), "asked": asked, "here": "contacts"}
    if request.headers.get("HX-Request"):
        return render(request, "channels/contacts/rows.html", context)
    return doors.page(request, "channels/contacts/more.html", _("Further follow-ups"), context)


@contacts
def ask_live(request: HttpRequest) -> HttpResponse:
    """Say whether anything on the first page changed."""
    return live.answer(request, reverse("contacts-live"), live.of_desk(who(request)))


@form_page("members.view_member")
def find(request: HttpRequest) -> HttpResponse:
    """Show who may be meant by what was typed; by the code of an offer its member.

    It is posted: names, numbers and addresses of members stand in no address, no log and no browser's history.
    """
    given = posted(request)
    typed = given.get("q", "")[:200] if given else ""
    found = _found(typed)
    looked(request, *found)  # with their addresses and birthdays
    context = {"typed": typed, "found": found, "here": "contacts"}
    return doors.page(request, "channels/contacts/search.html", _("Find a member"), context)


@deed("channels.change_handoff")
def note_seen(request: HttpRequest, hand_off: Any) -> HttpResponse:
    """Put a hand-off that came back away."""
    user = who(request)
    found = of_rep(user, _teams(user)).filter(public_id=hand_off).first()
    if found is None:
        raise Http404
    if seen([found.pk], clock.now()):
        messages.success(request, _("Put away: %(member)s.") % {"member": found.member})
    return to_start()


def _work(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    user, now = who(request), clock.now()
    stamp = live.of_desk(user)
    back, under_way = work.handed(user, _teams(user), now)
    counts = follow_ups.counted(user, now)
    return {
        "asked": asked,
        "choices": [(one, getattr(counts, one.value)) for one in Asked],
        "work": work.page(user, asked, now),
        "back": back,
        "under_way": under_way,
        "most": work.HANDED,
        "in_a_team": teams.of(user).exists(),
        "live_stamp": stamp,
    }


def _asked(request: HttpRequest) -> Asked:
    given = request.GET.get("show", "")
    return Asked(given) if given in Asked.values else Asked.ALL


def _teams(user: User) -> list[int]:
    return list(teams.of(user).values_list("pk", flat=True))


def _found(typed: str) -> list[Member]:
    code = codes.normalised(typed)
    if len(code) == codes.LENGTH:
        grant = Grant.objects.filter(code=code).values_list("member_id", flat=True).first()
        if grant:
            members = Member.objects.select_related("standing", "home_store").prefetch_related("identities")
            return list(members.filter(pk=grant))
    return search.find(typed)
