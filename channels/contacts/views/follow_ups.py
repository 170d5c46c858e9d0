"""One follow-up: taken, worked, handed to a store."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from channels import follow_ups, live, teams, whys
from channels.contacts import person, times
from channels.contacts.forms import ContactForm
from channels.contacts.views.base import (
    contacts,
    deed,
    form_page,
    looked,
    mine,
    new_key,
    posted,
    to_follow_up,
    to_start,
    who,
)
from channels.counter import words
from channels.follow_ups import BadContact, Contact, NotOpen
from channels.models import FollowUp
from channels.scripts import script
from channels.vocabulary import FollowUpResult
from content import formats
from content.models import Grant
from content.offers import codes
from members import audit_log, clock, doors, zones
from members.models import User
from members.vocabulary import Channel, Deed


@form_page("channels.change_followup")
def page(request: HttpRequest, follow_up: UUID) -> HttpResponse:
    """Show whom to call and what to say, and take what came of it."""
    found = mine(request, follow_up)
    first = {"key": new_key(), "number": found.contacts}
    form = ContactForm(posted(request), initial=first)
    if request.method == "POST" and form.is_valid():
        done = _worked(request, found, form)
        if done:
            return done
    elif request.method != "POST":
        audit_log.note(who(request), Deed.LOOKED_UP, found.member)
    context = {**_shown(request, found), "form": form, "here": "contacts"}
    status = 409 if form.is_bound and form.non_field_errors() else 200
    return doors.page(request, "channels/contacts/follow_up.html", str(found.member), context, status)


@contacts
def state(request: HttpRequest, follow_up: UUID) -> HttpResponse:
    """Show how it stands, for the page that heard that something changed."""
    found = mine(request, follow_up)
    looked(request, found.member)
    return render(request, "channels/contacts/follow_up_state.html", {**_shown(request, found), "again": True})


@contacts
def ask_live(request: HttpRequest, follow_up: UUID) -> HttpResponse:
    """Say whether anything about the member changed."""
    found = mine(request, follow_up)
    return live.answer(request, request.path, live.of_member(found.member_id, clock.now()))


@deed("channels.change_followup")
def take(request: HttpRequest, follow_up: UUID) -> HttpResponse:
    """Make it one's own."""
    found = mine(request, follow_up)
    try:
        follow_ups.take(found, who(request), clock.now())
        messages.success(request, _("It is yours."))
    except NotOpen as error:
        messages.error(request, str(error))
    return to_follow_up(found)


@deed("channels.change_followup")
def give_back(request: HttpRequest, follow_up: UUID) -> HttpResponse:
    """Give it back to the team: one's own, or anybody's by those who look after teams."""
    found, user = mine(request, follow_up), who(request)
    if found.assignee is None:
        return to_follow_up(found)
    if found.assignee != user and not user.has_perm(teams.OF_STORE):
        raise PermissionDenied
    try:
        follow_ups.give_back(found, found.assignee)
        messages.success(request, _("It is with the team again."))
    except NotOpen as error:
        messages.error(request, str(error))
    return to_follow_up(found)


def _worked(request: HttpRequest, found: FollowUp, form: ContactForm) -> HttpResponse | None:
    """Note the contact of a valid form and lead on, or put what stands in its way on the form."""
    now, said = clock.now(), form.cleaned_data
    next_at = form.at(zones.name_of(found.member), now)
    if form.errors:
        return None
    contact = Contact(FollowUpResult(said["result"]), said["number"], said["intent"], said["note"], next_at)
    try:
        worked = follow_ups.work(found, contact, who=who(request), request_key=said["key"], now=now)
    except (BadContact, NotOpen) as error:
        form.add_error(None, str(error))
        return None
    messages.success(request, _told(worked, who(request)))
    return to_start()


def _told(worked: FollowUp, user: User) -> str:
    said = {"member": worked.member, "result": worked.get_result_display()}
    if not worked.promised:
        return _("%(member)s: %(result)s.") % said
    when = times.moment(worked.due_at, worked.member, teams.zone_of(user), clock.now())
    said["when"] = ", ".join(filter(None, [when.theirs, when.own]))
    return _("%(member)s: %(result)s. Next contact %(when)s.") % said


def _shown(request: HttpRequest, found: FollowUp) -> dict[str, Any]:
    """Return what the page shows; its stamp is of before."""
    now, user, member = clock.now(), who(request), found.member
    own = teams.zone_of(user)
    message, grant = found.message, found.message.grant
    stamp = live.of_member(member.pk, now)
    is_open = found.state == FollowUp.State.OPEN
    return {
        "follow_up": found,
        "member": member,
        "person": person.person(member, now),
        "due": times.moment(found.due_at, member, own, now),
        "is_late": is_open and found.due_at <= now,
        "is_open": is_open,
        "is_mine": found.assignee_id == user.pk,
        "may_release": found.assignee_id == user.pk or user.has_perm(teams.OF_STORE),
        "why": whys.whys([message])[message.pk],
        "script": script(message.content, member, message.grant_id, (Channel.DESK,), message.journey_name),
        "offer": _offer(grant, own, now) if grant else None,
        "ended": follow_ups.how_ended(found) if found.state == FollowUp.State.CLOSED else "",
        "own_zone": own,
        "live_address": reverse("contacts-follow-up-live", args=[found.public_id]),
        "live_stamp": stamp,
    }


def _offer(grant: Grant, own: str, now: datetime) -> dict[str, Any]:
    return {
        "name": grant.offer.name,
        "terms": grant.offer.terms,
        "price": formats.money(grant.price, grant.currency, get_language() or "en"),
        "until": words.until(grant.validity.upper, now, zones.zone(own)),
        "code": codes.shown(grant.code),
        "is_live": grant.state_at(now) == Grant.State.LIVE,
        "state": grant.state_at(now).label,
    }
