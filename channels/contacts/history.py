"""The whole history of a member, newest first, with each message as the member saw it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet

from channels.models import Message, Rendering
from channels.vocabulary import FollowUpResult, HandOffState, State
from members import pages, zones
from members.models import Member, Touchpoint
from members.vocabulary import Channel, TouchpointKind

SIZE = 25
LATEST = 100
# What the filters offer is read from so many contacts; nobody looks for what lies behind them by name.
_NAMED = 400
_SEEN = (TouchpointKind.MESSAGE, TouchpointKind.FOLLOW_UP)
_WORDS = {**dict(FollowUpResult.choices), **dict(HandOffState.choices), **dict(State.choices)}


@dataclass(frozen=True)
class Wanted:
    """Which contacts to show; None and empty say all. Days are those of `zone`, both included."""

    channel: str = ""
    offer: int | None = None
    journey: int | None = None
    since: date | None = None
    until: date | None = None
    zone: str = zones.DEFAULT


@dataclass(frozen=True)
class Entry:
    """A contact, with the message that it was about as the member saw it, and its outcome in words."""

    contact: Touchpoint
    message: Message | None
    text: str
    outcome: str

    @property
    def is_mail(self) -> bool:
        """Whether the message is an e-mail, which is shown in a frame of its own."""
        return self.message is not None and self.contact.channel == Channel.EMAIL

    @property
    def is_bubble(self) -> bool:
        """Whether it reads as a line of a conversation."""
        return self.contact.channel in {Channel.SMS, Channel.CHAT}


@dataclass(frozen=True)
class Page:
    """Entries, and the cursor of the older ones; empty at the end."""

    entries: Sequence[Entry]
    older: str


def latest(member: Member) -> list[Touchpoint]:
    """Return the LATEST contacts with their stores, newest first: of most members all there are."""
    found = Touchpoint.objects.filter(member=member).select_related("store")
    return list(found.order_by("-happened_at", "-id")[:LATEST])


def page(member: Member, wanted: Wanted, before: str, latest: Sequence[Touchpoint]) -> Page:
    """Return a page of the history by one index, with the messages of all its entries in two queries more.

    `latest` are the member's contacts as `latest` gives them; the first page of all is read from these.
    """
    is_start = not before and wanted == Wanted(zone=wanted.zone)
    found = pages.first_of(latest, SIZE) if is_start else pages.newest_first(_chosen(member, wanted), before, SIZE)
    ids = {one.message_id for one in found.rows if one.message_id and one.kind in _SEEN}
    messages = Message.objects.to_members().filter(member=member).in_bulk(ids)
    # HTML is fetched by whoever opens a mail.
    texts = dict(Rendering.objects.filter(message__in=list(messages)).values_list("message_id", "text"))
    return Page([_entry(one, messages, texts) for one in found.rows], found.older)


def choices(member: Member, latest: Sequence[Touchpoint]) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Return the offers and the journeys that the member's latest contacts were about, by name."""
    told = [(one.offer_id, one.offer_name, one.journey_id, one.journey_name) for one in latest]
    if len(told) == LATEST:
        found = Touchpoint.objects.filter(member=member).order_by("-happened_at", "-id")
        told = list(found.values_list("offer_id", "offer_name", "journey_id", "journey_name")[:_NAMED])
    offers = {pk: name for pk, name, _journey, _name in reversed(told) if pk}
    journeys = {pk: name for _offer, _name, pk, name in reversed(told) if pk}
    return _by_name(offers), _by_name(journeys)


def _by_name(named: Mapping[int, str]) -> list[tuple[int, str]]:
    return sorted(named.items(), key=lambda pair: (pair[1], pair[0]))


def _chosen(member: Member, wanted: Wanted) -> QuerySet[Touchpoint]:
    found = Touchpoint.objects.filter(member=member).select_related("store")
    if wanted.channel:
        found = found.filter(channel=wanted.channel)
    if wanted.offer is not None:
        found = found.filter(offer_id=wanted.offer)
    if wanted.journey is not None:
        found = found.filter(journey_id=wanted.journey)
    if wanted.since:
        found = found.filter(happened_at__gte=_midnight(wanted.since, wanted.zone))
    if wanted.until and wanted.until < date.max:
        found = found.filter(happened_at__lt=_midnight(wanted.until + timedelta(days=1), wanted.zone))
    return found


def _midnight(day: date, zone: str) -> datetime:
    # The ends of the calendar are no midnight everywhere; nothing happened there.
    near = min(max(day, date(1900, 1, 1)), date(2900, 1, 1))
    return zones.first_instant(zones.zone(zone), near, time.min)


def _entry(contact: Touchpoint, messages: Mapping[int, Message], texts: Mapping[int, str]) -> Entry:
    message = messages.get(contact.message_id or 0) if contact.kind in _SEEN else None
    text = texts.get(message.pk, contact.text) if message else contact.text
    return Entry(contact, message, text, str(_WORDS.get(contact.outcome, contact.outcome)))
