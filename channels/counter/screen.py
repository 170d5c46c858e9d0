"""The one screen about a member: who this is, what they were told, what is theirs, and what can be done for them.

Each part is read by a bounded number of queries, all by an index, however long the member has been one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from channels import follow_ups, hand_offs, offered
from channels.counter import cards, deeds, words
from channels.counter.cards import Card
from channels.models import FollowUp, HandOff, Team
from channels.vocabulary import HandOffState
from content import formats, offers
from content.models import Grant
from members import zones
from members.models import Consent, Identity, Member, Purchase, Standing, Store, Suppression, Touchpoint, User
from members.models.people import REACHABLE
from members.vocabulary import Channel, Direction, Purpose, Tier, TouchpointKind

TOLD_WITHIN = timedelta(days=30)
TOLD = 12  # of them that show at once; the others show at a tap
# Contacts that are read at most: a busy month has a few dozen.
_MOST = 300
_EXPECTED = 5  # visits that one member agreed on
_TELLING = (TouchpointKind.MESSAGE, TouchpointKind.CALL, TouchpointKind.HAND_OFF, TouchpointKind.VISIT)


@dataclass(frozen=True)
class Viewpoint:
    """From where a member is looked at: by whom, at which counter if there is one, and when."""

    user: User
    store: Store | None
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which times are said: the store's, else the house's."""
        return zones.zone(self.store.zone_id if self.store else zones.DEFAULT)

    @property
    def midnight(self) -> datetime:
        """When today began here."""
        return zones.first_instant(self.zone, self.now.astimezone(self.zone).date(), time.min)


# Who this is ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """Who a member is and what to know before the first word. `facts` are (name, words)."""

    tier: Tier
    birthday: str
    facts: Sequence[tuple[str, str]]


def known(member: Member, view: Viewpoint) -> Known:
    """Return who this is. `member` comes with home store and standing."""
    standing: Standing | None = getattr(member, "standing", None)
    today = view.now.astimezone(view.zone).date()
    facts = [
        (_("Last visit"), _last_visit(member, standing, view)),
        (_("Habit"), words.churn(standing)),
        (_("Points"), _points(standing, view)),
        (_("Wish"), _wish(member, view)),
        (_("Home store"), member.home_store.name if member.home_store else ""),
        (_("Member"), _("since %(year)d") % {"year": member.joined_on.year} if member.joined_on else ""),
    ]
    return Known(
        Tier(standing.tier if standing else Tier.BASE),
        words.birthday(member.birthday, today),
        [(name, said) for name, said in facts if said],
    )


def _last_visit(member: Member, standing: Standing | None, view: Viewpoint) -> str:
    bought = Purchase.objects.filter(member=member, happened_at__lte=view.now, quantity__gt=0)
    if standing and standing.last_purchase_at:
        # The months before, each a partition, need not even be planned for.
        bought = bought.filter(happened_at__gte=standing.last_purchase_at)
    last = bought.select_related("store").order_by("-happened_at").first()
    if last is None:
        return ""
    when = words.past_day(last.happened_at, view.now, view.zone)
    return f"{when}, {last.store.name}" if last.store else when


def _wish(member: Member, view: Viewpoint) -> str:
    said = Consent.objects.filter(member=member, channel=Channel.COUNTER, purpose=Purpose.PROMOTIONAL)
    latest = said.filter(happened_at__lte=view.now).order_by("-happened_at", "-id").first()
    return _("Wants to hear of no offers at the counter.") if latest and not latest.granted else ""


def _points(standing: Standing | None, view: Viewpoint) -> str:
    if standing is None or not standing.points:
        return ""
    language = get_language() or "en"
    balance = formats.number(standing.points, language)
    if not standing.points_expiring or standing.points_expire_at is None:
        return balance
    gone = {"points": balance, "gone": formats.number(standing.points_expiring, language)}
    day = words.day(standing.points_expire_at.astimezone(view.zone).date(), view.now.astimezone(view.zone).date())
    return _("%(points)s, of which %(gone)s expire %(day)s") % {**gone, "day": day}


# What is going on now -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """One contact of the last thirty days: when, in which channel, what, and where or by whom."""

    when: str
    channel: str
    what: str
    where: str


@dataclass(frozen=True)
class Expected:
    """A hand-off of the member: what was agreed. `here` says that it is this store's to end, `late` that it is over."""

    hand_off: HandOff
    when: str
    script: str
    here: bool
    late: bool


@dataclass(frozen=True)
class Present:
    """What changes while a member stands there: hand-offs, offers, calls, and what they were told."""

    expected: Sequence[Expected]
    cards: Sequence[Card]
    calls: Sequence[FollowUp]
    told: Sequence[Told]
    earlier: Sequence[Told]


def present(member: Member, view: Viewpoint) -> Present:
    """Return what is going on with a member now."""
    contacts = Touchpoint.objects.filter(member=member, happened_at__gte=view.now - TOLD_WITHIN)
    history = list(contacts.select_related("store").order_by("-happened_at", "-id")[:_MOST])
    listed = offered.to_member(member, history, view.now, view.midnight)
    told = _told(history, view)
    return Present(
        expected=[expected(one, view) for one in hand_offs.of_member(member.pk)[:_EXPECTED]],
        cards=[cards.card(one, view.user, view.now, view.zone) for one in listed],
        calls=list(follow_ups.waiting([member.pk])),
        told=told[:TOLD],
        earlier=told[TOLD:],
    )


def expected(hand_off: HandOff, view: Viewpoint, *, script: bool = True) -> Expected:
    """Return a hand-off as this counter sees it, with the script unless it is one of a list."""
    return Expected(
        hand_off,
        words.moment(hand_off.due_at, view.now, view.zone),
        hand_offs.script_of(hand_off) if script else "",
        here=view.store is not None and hand_off.store_id == view.store.pk,
        late=hand_off.due_at <= view.now,
    )


def _told(history: Sequence[Touchpoint], view: Viewpoint) -> list[Told]:
    out = [one for one in history if one.direction == Direction.OUT and one.kind in _TELLING]
    return [
        Told(
            words.moment(one.happened_at, view.now, view.zone),
            str(Channel(one.channel).label),
            ": ".join(dict.fromkeys(filter(None, [_what(one), one.offer_name]))),
            ", ".join(filter(None, [one.who_name, one.store.name if one.store else ""])),
        )
        for one in out
    ]


def _what(contact: Touchpoint) -> str:
    if contact.kind == TouchpointKind.HAND_OFF and contact.outcome in HandOffState.values:
        return _("Visit: %(state)s") % {"state": str(HandOffState(contact.outcome).label).lower()}
    return contact.content_name or str(TouchpointKind(contact.kind).label)


# What can be done for them --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Allowed:
    """What a member said about offers on a channel. `granted` is None where they never said anything.

    `wording` are the words to read out for the other decision.
    """

    channel: Channel
    name: str
    granted: bool | None
    address: str
    is_suppressed: bool
    wording: str


@dataclass(frozen=True)
class Care:
    """What a clerk can do for a member besides offers."""

    phone: str
    allowed: Sequence[Allowed]
    teams: Sequence[Team]
    grants: Sequence[Grant]


def care(member: Member, view: Viewpoint) -> Care:
    """Return the phone number, what the member allows, the teams that can call, and what a call may be about."""
    addresses = {one.channel: one.address for one in Identity.objects.filter(member=member)}
    mine = view.store.pk if view.store else None
    teams = sorted(Team.objects.all(), key=lambda team: (team.store_id != mine, team.name))
    return Care(
        addresses.get(Channel.SMS, ""),
        _allowed(member, addresses, view.now),
        teams,
        offers.current(member.pk, view.now) if teams else [],
    )


def _allowed(member: Member, addresses: Mapping[str, str], now: datetime) -> list[Allowed]:
    never = Suppression.objects.filter(channel__in=addresses, address__in=addresses.values())
    dead = {(one.channel, one.address) for one in never}
    said = Consent.objects.filter(member=member, purpose=Purpose.PROMOTIONAL, happened_at__lte=now)
    latest = {one.channel: one.granted for one in said.order_by("channel", "-happened_at", "-id").distinct("channel")}
    return [
        Allowed(
            Channel(channel),
            words.channel(channel),
            latest.get(channel),
            addresses.get(channel, ""),
            (channel, addresses.get(channel, "")) in dead,
            deeds.wording(Channel(channel), granted=not latest.get(channel)),
        )
        for channel, _label in REACHABLE
    ]
