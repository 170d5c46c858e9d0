"""Offers as cards: everything a clerk reads, says and taps about one of them, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from channels.counter import words
from channels.models import Message
from channels.offered import Offered
from channels.vocabulary import State
from content import formats, offers
from content.models import Grant, Redemption
from content.offers import UNDO_WITHIN, codes
from members.models import Touchpoint, User
from members.vocabulary import Channel, TouchpointKind

# The latest ways by which somebody heard of an offer; more tell a clerk nothing.
HEARD = 3
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Undo:
    """A redemption that whoever looks can still undo: named by its request, for so many seconds, until that time."""

    redeemed_by: str
    seconds: int
    until: str


@dataclass(frozen=True)
class Card:
    """An offer for the screen. `ended` says what became of it today; it is empty while the offer is theirs."""

    id: UUID
    name: str
    price: str
    usual: str
    until: str
    code: str
    script: str
    terms: str
    heard: Sequence[str]
    coming: str
    ended: str
    undo: Undo | None


def card(offered: Offered, viewer: User, now: datetime, zone: ZoneInfo) -> Card:
    """Return the card of an offer as of now, in the words of the viewer's language and the store's zone."""
    grant, offer, language = offered.grant, offered.grant.offer, get_language() or "en"
    # An offer edited to another currency has no usual price to compare an older promise with.
    usual = offer.usual_price if offer.currency == grant.currency else None
    return Card(
        id=grant.public_id,
        name=offer.name,
        price=formats.money(grant.price, grant.currency, language),
        usual="" if usual is None else formats.money(usual, grant.currency, language),
        until=words.until(grant.validity.upper, now, zone),
        code=codes.shown(grant.code),
        script=offered.script,
        terms=offer.terms,
        heard=list(dict.fromkeys(_heard(one, now, zone) for one in offered.heard[:HEARD])),
        coming=_coming(offered.coming, now, zone) if offered.coming else "",
        ended="" if offered.is_theirs else _ended(grant, offered.redemption, now, zone),
        undo=_undo(offered.redemption, viewer, now, zone) if offered.redemption else None,
    )


def taken(redemption: Redemption, now: datetime, zone: ZoneInfo) -> str:
    """Return when, by whom and where an offer was redeemed."""
    place = redemption.store.name if redemption.store else ""
    return redeemed(redemption.happened_at, redemption.who_name, place, now, zone)


def redeemed(when: datetime, who: str, where: str, now: datetime, zone: ZoneInfo) -> str:
    """Return the same of what is known by names."""
    by = ", ".join(filter(None, [who, where])) or _("by a purchase")
    return _("Redeemed %(when)s, %(by)s.") % {"when": words.moment(when, now, zone), "by": by}


def fate(grant: Grant, now: datetime, zone: ZoneInfo) -> str:
    """Return what became of a grant that cannot be redeemed now; empty for one that can."""
    redemption = Redemption.objects.standing().filter(grant=grant).select_related("store").first()
    if redemption:
        return taken(redemption, now, zone)
    when = words.moment(grant.closed_at or grant.validity.upper, now, zone)
    named = {"offer": grant.offer.name, "when": when}
    if grant.state == Grant.State.DECLINED:
        return _("%(offer)s: not interested, said %(when)s.") % named
    if grant.state == Grant.State.WITHDRAWN:
        return _("%(offer)s was withdrawn %(when)s.") % named
    if grant.state == Grant.State.LIVE and now in grant.validity:
        return ""
    ended = words.moment(grant.validity.upper, now, zone)
    return _("%(offer)s ended %(when)s.") % {**named, "when": ended}


def _ended(grant: Grant, redemption: Redemption | None, now: datetime, zone: ZoneInfo) -> str:
    if redemption:
        return taken(redemption, now, zone)
    when = words.moment(grant.closed_at or now, now, zone)
    return _("Not interested, said %(when)s.") % {"when": when}


def _heard(contact: Touchpoint, now: datetime, zone: ZoneInfo) -> str:
    when = words.moment(contact.happened_at, now, zone)
    if contact.kind == TouchpointKind.CALL:
        return _("by a call from %(who)s %(when)s") % {"who": contact.who_name or _("somebody"), "when": when}
    return _("by %(channel)s %(when)s") % {"channel": words.channel(contact.channel), "when": when}


def _coming(message: Message, now: datetime, zone: ZoneInfo) -> str:
    """Return what is on its way: this minute, or when it is planned to leave."""
    channel = _("call by a team") if message.channel == Channel.DESK else words.channel(message.channel)
    if message.state != State.QUEUED or message.due_at <= now + _MINUTE:
        return _("On its way this minute: %(channel)s") % {"channel": channel}
    return _("On its way: %(channel)s, leaves %(when)s") % {
        "channel": channel,
        "when": words.moment(message.due_at, now, zone),
    }


def _undo(redemption: Redemption, viewer: User, now: datetime, zone: ZoneInfo) -> Undo | None:
    if not offers.may_undo(redemption, viewer, now):
        return None
    until = redemption.recorded_at + UNDO_WITHIN
    return Undo(redemption.request_key, int((until - now).total_seconds()), f"{until.astimezone(zone):%H:%M}")
