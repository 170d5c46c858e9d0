"""What the buttons of a member's page do. Each form carries the key of its page, so a tap that repeats does nothing."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from channels import follow_ups
from channels.counter import cards, deeds, words
from channels.counter.views.base import deed, found, said, tap, viewpoint
from channels.counter.views.member import answered_care, answered_present
from channels.models import Team
from content import formats, offers
from content.models import Grant, Redemption
from content.offers import AlreadyRedeemed, AlreadyUndone, CannotUndo, NotLive
from members.models import Member
from members.vocabulary import Channel

REACHABLE = (Channel.EMAIL, Channel.SMS, Channel.CHAT)


@deed("content.add_redemption")
def redeem(request: HttpRequest, member: UUID, grant: UUID) -> HttpResponse:
    """Redeem an offer, or say who did."""
    whom, taps, view = found(member), tap(request), viewpoint(request)
    offer = _grant(whom, grant)
    try:
        redemption = offers.redeem(
            offer.pk, request_key=taps.key, channel=Channel.COUNTER, now=taps.now, who=taps.who, store=taps.store
        )
    except AlreadyRedeemed as already:
        messages.error(request, cards.redeemed(already.when, already.who, already.where, view.now, view.zone))
    except NotLive as refused:
        offer.refresh_from_db()
        messages.error(request, cards.fate(offer, view.now, view.zone) or str(refused))
    else:
        _tell_redeemed(request, redemption)
    return answered_present(request, whom)


def _tell_redeemed(request: HttpRequest, redemption: Redemption) -> None:
    told = {
        "offer": redemption.grant.offer.name,
        "price": formats.money(redemption.price, redemption.currency, get_language() or "en"),
    }
    if redemption.undone_at:
        messages.error(request, _("This tap was undone. To redeem %(offer)s after all, tap once more.") % told)
    else:
        messages.success(request, _("Redeemed: %(offer)s at %(price)s.") % told)


@deed("content.add_redemption")
def undo(request: HttpRequest, member: UUID, grant: UUID) -> HttpResponse:
    """Undo a redemption, named by the request that made it."""
    whom, taps = found(member), tap(request)
    offer = _grant(whom, grant)
    named = get_object_or_404(Redemption, grant=offer, request_key=said(request, "redeemed"))
    try:
        undone = offers.undo(named.pk, request_key=taps.key, now=taps.now, who=taps.who)
    except AlreadyUndone as already:
        view = viewpoint(request)
        told = {"who": already.who, "when": words.moment(already.when, view.now, view.zone)}
        messages.error(request, _("%(who)s undid this already, %(when)s.") % told)
    except CannotUndo as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Undone: %(offer)s is not redeemed.") % {"offer": undone.grant.offer})
    return answered_present(request, whom)


@deed("members.add_touchpoint")
def decline(request: HttpRequest, member: UUID, grant: UUID) -> HttpResponse:
    """Note that the member does not want an offer."""
    whom, taps = found(member), tap(request)
    offer = _grant(whom, grant)
    try:
        deeds.decline(taps, offer)
    except deeds.Refused as refused:
        messages.error(request, str(refused))
    else:
        told = _("Noted: not interested in %(offer)s. Nobody mentions it again.")
        messages.success(request, told % {"offer": offer.offer})
    return answered_present(request, whom)


@deed("members.add_touchpoint")
def call(request: HttpRequest, member: UUID) -> HttpResponse:
    """Have a team call the member."""
    whom, taps = found(member), tap(request)
    team = get_object_or_404(Team, key=said(request, "team"))
    about, note = said(request, "offer"), said(request, "note", 500)
    grant = _grant(whom, _uuid(about)) if about else None
    try:
        deeds.ask_for_call(taps, whom, team, grant=grant, note=note)
    except follow_ups.CannotCall as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("%(team)s will call.") % {"team": team})
    return answered_care(request, whom)


@deed("members.change_identity")
def phone(request: HttpRequest, member: UUID) -> HttpResponse:
    """Correct the member's phone number, and say who else has it."""
    whom, taps = found(member), tap(request)
    try:
        corrected = deeds.correct_phone(taps, whom, said(request, "phone", 100))
    except deeds.Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The number is %(number)s.") % {"number": corrected.number})
        if corrected.shared_with:
            messages.warning(request, _shared(corrected.shared_with))
    return answered_care(request, whom)


def _shared(others: list[Member]) -> str:
    names = ", ".join(str(one) for one in others[:3])
    more = len(others) - 3
    if more > 0:
        names = ngettext("%(names)s and %(more)d other", "%(names)s and %(more)d others", more) % {
            "names": names,
            "more": more,
        }
    return _("It is also the number of %(names)s. Ask whose it is.") % {"names": names}


@deed("members.add_consent")
def consent(request: HttpRequest, member: UUID) -> HttpResponse:
    """Note that the member agreed to offers on a channel, or withdrew that."""
    whom, taps = found(member), tap(request)
    channel, granted = said(request, "channel"), said(request, "granted")
    if channel not in REACHABLE or granted not in ("yes", "no"):
        raise Http404
    deeds.decide(taps, whom, Channel(channel), granted=granted == "yes")
    named = {"channel": words.channel(channel)}
    told = _("Noted: offers by %(channel)s are welcome.") if granted == "yes" else _("Noted: no offers by %(channel)s.")
    messages.success(request, told % named)
    return answered_care(request, whom)


def _grant(member: Member, public_id: UUID) -> Grant:
    return get_object_or_404(Grant.objects.select_related("offer"), member=member, public_id=public_id)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
