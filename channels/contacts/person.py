"""Who a member is, for the rep who is about to call."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from channels.counter import words
from content import formats
from members import zones
from members.models import Consent, Identity, Member, Standing, Suppression
from members.vocabulary import Channel, Purpose, RfmClass, Tier

_REACHED = (Channel.EMAIL, Channel.SMS, Channel.CHAT)


@dataclass(frozen=True)
class Reach:
    """A channel: the address, empty where there is none, and in words what may be said by it."""

    channel: Channel
    address: str
    words: str


@dataclass(frozen=True)
class Person:
    """Who this is: `facts` are (name, words); `local` is what the member's clock says now."""

    tier: Tier
    facts: Sequence[tuple[str, str]]
    reach: Sequence[Reach]
    phone: str
    zone: str
    local: str


def person(member: Member, now: datetime) -> Person:
    """Return who a member is, who comes with home store and standing."""
    zone = zones.zone(zones.name_of(member))
    reach = _reach(member, now)
    known: Standing | None = getattr(member, "standing", None)
    return Person(
        Tier(known.tier if known else Tier.BASE),
        [(name, said) for name, said in _facts(member, known, now) if said],
        reach,
        next((one.address for one in reach if one.channel == Channel.SMS), ""),
        zone.key,
        words.moment(now, now, zone),
    )


def _facts(member: Member, known: Standing | None, now: datetime) -> list[tuple[str, str]]:
    zone = zones.zone(zones.name_of(member))
    return [
        (_("Code"), member.external_id),
        (_("Standing"), str(RfmClass(known.rfm_class).label) if known and known.rfm_class else ""),
        (_("Habit"), words.churn(known)),
        (_("Last purchase"), _last(known, now)),
        (_("Points"), _points(known, zone, now)),
        (_("Birthday"), formats.day(member.birthday, "d MMMM y", _language()) if member.birthday else ""),
        (_("Home store"), member.home_store.name if member.home_store else ""),
        (_("Language"), member.locale),
        (_("Prefers"), str(Channel(member.preferred_channel).label) if member.preferred_channel else ""),
        (_("Zone"), zone.key),
    ]


def _last(known: Standing | None, now: datetime) -> str:
    if known is None or known.last_purchase_at is None:
        return ""
    return words.past_day(known.last_purchase_at, now, zones.zone(zones.DEFAULT))


def _points(known: Standing | None, zone: ZoneInfo, now: datetime) -> str:
    balance = formats.number(known.points if known else 0, _language())
    if known is None or not known.points_expiring or known.points_expire_at is None:
        return balance
    day = words.day(known.points_expire_at.astimezone(zone).date(), now.astimezone(zone).date())
    gone = formats.number(known.points_expiring, _language())
    return _("%(points)s, of which %(gone)s expire %(day)s") % {"points": balance, "gone": gone, "day": day}


def _reach(member: Member, now: datetime) -> list[Reach]:
    addresses = {one.channel: one for one in member.identities.all()}
    latest = Consent.objects.filter(member=member, happened_at__lte=now)
    ordered = latest.order_by("channel", "purpose", "-happened_at", "-id").distinct("channel", "purpose")
    decided = {(one.channel, one.purpose): one.granted for one in ordered}
    listed = Suppression.objects.filter(address__in=[one.address for one in addresses.values()])
    never = set(listed.values_list("channel", "address"))
    reach = [_one(channel, addresses.get(channel), decided, never) for channel in _REACHED]
    # People may call about offers unless the member has said no.
    refused = not decided.get((Channel.DESK.value, Purpose.PROMOTIONAL.value), True)
    return [*reach, Reach(Channel.DESK, "", _("calls about offers: withdrawn"))] if refused else reach


def _one(
    channel: Channel,
    identity: Identity | None,
    decided: Mapping[tuple[str, str], bool],
    never: Collection[tuple[str, str]],
) -> Reach:
    if identity is None:
        return Reach(channel, "", _("no address"))
    if (channel.value, identity.address) in never:
        return Reach(channel, identity.address, _("never used again: it bounced or complained"))
    if not identity.verified:
        return Reach(channel, identity.address, _("not verified"))
    said = {True: _("offers: agreed"), False: _("offers: withdrawn"), None: _("offers: never asked")}
    told = said[decided.get((channel.value, Purpose.PROMOTIONAL.value))]
    if not decided.get((channel.value, Purpose.SERVICE.value), True):
        told = _("%(said)s; service messages: withdrawn") % {"said": told}
    return Reach(channel, identity.address, told)


def _language() -> str:
    return get_language() or "en"
