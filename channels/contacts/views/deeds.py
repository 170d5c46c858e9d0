"""What a rep does from a member's page: log a call or a note, write, send an offer, hand over, call off."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from channels import consents, follow_ups, hand_offs, letters, talks, teams
from channels.contacts import person, times
from channels.contacts.forms import CallForm, ConsentForm, HandOverForm, Keyed, LetterForm, NoteForm
from channels.contacts.views.base import deed, form_page, looked, mine, named, new_key, posted, to_member, to_start, who
from channels.follow_ups import BadContact, Contact, NotOpen
from channels.hand_offs import Agreed, CannotEnd, CannotHandOff
from channels.letters import CannotSend, Written
from channels.models import FollowUp, HandOff, Message
from channels.talks import Talk
from channels.vocabulary import FollowUpResult, HandOffState
from content import offers
from content.models import Content, Grant
from members import clock, doors
from members.models import Member
from members.vocabulary import Channel, Direction

FORM = "channels/contacts/form.html"


@form_page("members.add_touchpoint")
def call(request: HttpRequest, member: UUID) -> HttpResponse:
    """Log a call that no follow-up asked for."""
    found = named(member)
    form = CallForm(_theirs(found), posted(request), initial={"key": new_key()})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        talk = Talk(said["text"], FollowUpResult(said["result"]), Direction(said["direction"]), said["grant"])
        return _logged(request, found, talk, said["key"])
    return _page(request, found, form, _("Log a call"), _("Log the call"))


@form_page("members.add_touchpoint")
def note(request: HttpRequest, member: UUID) -> HttpResponse:
    """Write a note."""
    found = named(member)
    form = NoteForm(posted(request), initial={"key": new_key()})
    if request.method == "POST" and form.is_valid():
        return _logged(request, found, Talk(form.cleaned_data["text"]), form.cleaned_data["key"])
    return _page(request, found, form, _("Write a note"), _("Keep the note"))


@form_page("members.add_consent")
def consent(request: HttpRequest, member: UUID) -> HttpResponse:
    """Note what the member said about offers by a channel."""
    found = named(member)
    form = ConsentForm(posted(request), initial={"key": new_key()})
    if request.method == "POST" and form.is_valid():
        key = form.cleaned_data["key"]
        consents.decide(found, form.said, who=who(request), request_key=key, now=clock.now())
        messages.success(
            request, _("Noted: “%(words)s”") % {"words": consents.wording(form.said.channel, granted=form.said.granted)}
        )
        return to_member(found)
    return _page(request, found, form, _("Consent to offers"), _("Note it"))


@form_page("channels.add_letter")
def write(request: HttpRequest, member: UUID) -> HttpResponse:
    """Write to the member, or say why it cannot go."""
    found = named(member)
    form = LetterForm(posted(request), initial={"key": new_key(), "channel": found.preferred_channel})
    if request.method == "POST" and form.is_valid():
        channel, purpose = form.chosen
        written = Written(channel, purpose, form.cleaned_data["text"], form.cleaned_data["subject"])
        try:
            key = form.cleaned_data["key"]
            sent = letters.write(found, written, who=who(request), request_key=key, now=clock.now())
        except CannotSend as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _leaves(request, sent))
            return to_member(found)
    return _page(request, found, form, _("Send a message"), _("Send it"))


@deed("channels.add_letter")
def send_offer(request: HttpRequest, member: UUID, grant: UUID) -> HttpResponse:
    """Send the message about an offer, with a link to it, by the channel that the member prefers and allows."""
    found = named(member)
    given = get_object_or_404(Grant.objects.select_related("member", "offer"), public_id=grant, member=found)
    form = Keyed(posted(request))
    if not form.is_valid():
        raise Http404
    try:
        sent = letters.send_offer(given, who=who(request), request_key=form.cleaned_data["key"], now=clock.now())
    except CannotSend as error:
        messages.error(request, _("%(offer)s was not sent. %(why)s") % {"offer": given.offer, "why": error})
    else:
        messages.success(request, _leaves(request, sent))
    return to_member(found)


@form_page("channels.add_handoff")
def hand_over(request: HttpRequest, member: UUID) -> HttpResponse:
    """Hand the member over to a store."""
    found = named(member)
    first = {"key": new_key(), "store": found.home_store and found.home_store.code, "grant": request.GET.get("offer")}
    return _handing_over(request, found, None, first)


@form_page("channels.add_handoff")
def hand_over_from(request: HttpRequest, follow_up: UUID) -> HttpResponse:
    """Hand the member of a follow-up over to a store, which ends the follow-up."""
    begun = mine(request, follow_up)
    found, grant = named(begun.member.public_id), begun.message.grant
    first = {
        "key": new_key(),
        "number": begun.contacts,
        "store": found.home_store and found.home_store.code,
        "grant": grant and grant.public_id,
    }
    return _handing_over(request, found, begun, first)


@deed("channels.change_handoff")
def call_off(request: HttpRequest, hand_off: UUID) -> HttpResponse:
    """Call a hand-off off."""
    user, form = who(request), Keyed(posted(request))
    known = hand_offs.of_rep(user, list(teams.of(user).values_list("pk", flat=True)))
    found = get_object_or_404(known, public_id=hand_off)
    if not form.is_valid():
        raise Http404
    try:
        key = form.cleaned_data["key"]
        hand_offs.end(found, HandOffState.CALLED_OFF, who=user, request_key=key, now=clock.now())
        messages.success(request, _("%(store)s does not wait for %(member)s any more.") % _names(found))
    except CannotEnd as error:
        messages.error(request, str(error))
    return to_start()


def _names(hand_off: HandOff) -> dict[str, object]:
    return {"store": hand_off.store, "member": hand_off.member}


def _theirs(member: Member) -> Any:
    live = [grant.pk for grant in offers.current(member.pk, clock.now())]
    return Grant.objects.filter(pk__in=live).select_related("offer").order_by("slot", "pk")


def _logged(request: HttpRequest, member: Member, talk: Talk, key: str) -> HttpResponse:
    talks.log(member, talk, who=who(request), request_key=key, now=clock.now())
    messages.success(request, _("It is in the history."))
    return to_member(member)


def _leaves(request: HttpRequest, sent: Message) -> str:
    now, channel = clock.now(), Channel(sent.channel).label
    if sent.planned_at <= now:
        return _("On its way by %(channel)s.") % {"channel": channel}
    said = {"channel": channel, "when": times.said(sent.planned_at, teams.zone_of(who(request)), now)}
    return _("It leaves by %(channel)s %(when)s, when the channel's quiet hours are over.") % said


def _handing_over(request: HttpRequest, member: Member, begun: FollowUp | None, first: dict[str, Any]) -> HttpResponse:
    """Show the form with what stands in it at first, or hand over by what was sent."""
    form = HandOverForm(_theirs(member), posted(request), initial=first)
    if request.method == "POST" and form.is_valid():
        done = _handed(request, form, member, begun)
        if done:
            return done
    return _page(request, member, form, _("Hand over to a store"), _("Hand over"))


def _handed(request: HttpRequest, form: HandOverForm, member: Member, begun: FollowUp | None) -> HttpResponse | None:
    """Agree on what a valid form says and lead on, or put what stands in its way on the form."""
    said, now, user = form.cleaned_data, clock.now(), who(request)
    at = form.at(said["store"].zone_id, now)
    if at is None:
        if not form.errors:
            form.add_error("day", _("Say when the member comes."))
        return None
    agreed = Agreed(
        member,
        said["store"],
        at,
        said["note"],
        said["grant"],
        _content(said["grant"], begun),
        team=_team(request, begun),
    )
    try:
        made = _agree(agreed, begun, said, user, now)
    except (CannotHandOff, NotOpen, BadContact) as error:
        form.add_error(None, str(error))
        return None
    told = {**_names(made), "when": times.said(made.due_at, teams.zone_of(user), now)}
    messages.success(request, _("%(store)s expects %(member)s %(when)s.") % told)
    return to_start() if begun else to_member(member)


def _agree(agreed: Agreed, begun: FollowUp | None, said: dict[str, Any], user: Any, now: Any) -> HandOff:
    if begun is None:
        return hand_offs.agree(agreed, who=user, request_key=said["key"], now=now)
    contact = Contact(FollowUpResult.HANDED_OVER, said["number"] or 0, note=said["note"])
    return follow_ups.hand_over(begun, agreed, contact, who=user, request_key=said["key"], now=now)


def _content(grant: Grant | None, begun: FollowUp | None) -> Content | None:
    """Return the content that has the script: the follow-up's, else that of the last message about the offer."""
    if begun:
        return begun.message.content
    if grant is None:
        return None
    told = Message.objects.to_members().filter(grant=grant, content__isnull=False).select_related("content")
    last = told.order_by("-id").first()
    return last.content if last else None


def _team(request: HttpRequest, begun: FollowUp | None) -> Any:
    return begun.team if begun else who(request).teams.order_by("pk").first()


def _page(request: HttpRequest, member: Member, form: forms.Form, title: str, button: str) -> HttpResponse:
    looked(request, member)
    context = {
        "member": member,
        "form": form,
        "button": button,
        "person": person.person(member, clock.now()),
        "here": "contacts",
        "of_store": isinstance(form, HandOverForm),
        "of_letter": isinstance(form, LetterForm),
        "of_consent": isinstance(form, ConsentForm),
    }
    status = 409 if form.is_bound and form.non_field_errors() else 200
    return doors.page(request, FORM, title, context, status)
