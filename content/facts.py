"""What a message can say about its member: all variables for a batch, in one query."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from content import formats
from content.models import Offer
from content.offers import addresses, codes
from content.variables import Attributes, Group, Later, Words
from members import zones
from members.sql import prepared
from members.vocabulary import Tier

_INSTANT = timedelta(microseconds=1)
# One row for each thing asked, in the order of asking; the same member may be asked for twice.
_FACTS = f"""
SELECT m.first_name, m.last_name, m.external_id, m.birthday, m.joined_on, m.attributes, m.locale, {zones.MEMBER_ZONE},
       st.tier, st.points, st.points_expiring, st.points_expire_at, s.name, s.phone, s.address,
       o.name, o.terms, g.price, g.currency, o.usual_price, o.currency, g.code, upper(g.validity), g.public_id
FROM unnest(%(members)s::bigint[], %(grants)s::bigint[]) WITH ORDINALITY AS asked(member_id, grant_id, place)
JOIN members_member m ON m.id = asked.member_id
{zones.MEMBER_ZONE_JOIN}
LEFT JOIN members_standing st ON st.member_id = m.id
LEFT JOIN content_grant g ON g.id = asked.grant_id AND g.member_id = m.id
LEFT JOIN content_offer o ON o.id = g.offer_id
ORDER BY place
"""


@dataclass(frozen=True)
class Letter:
    """What a rep wrote to one member, word for word: nothing in it is a variable."""

    subject: str
    text: str


@dataclass(frozen=True)
class About:
    """Whom a message is for, in which language, with which grant, from which journey, with which letter."""

    member_id: int
    language: str
    grant_id: int | None = None
    journey_name: str = ""
    letter: Letter | None = None


@dataclass(frozen=True)
class Terms:
    """An offer as one member has it. `until` is the end of the half-open validity; a sample has no `public_id`."""

    name: str
    terms: str
    price: Decimal
    currency: str
    usual_price: Decimal | None
    usual_currency: str
    code: str
    until: datetime
    public_id: UUID | None = None


def facts_for(asked: Iterable[About]) -> list[dict[str, Any]]:
    """Return the variables for each, in order, as `content.variables` describes them; money and dates are written out.

    A variable that this member has no value for is None; `offer` is None without a grant, `letter` without one. Raises
    ValueError if a member does not exist.
    """
    listed = list(asked)
    params = {
        "members": [about.member_id for about in listed],
        "grants": [about.grant_id for about in listed],
        "default_zone": zones.DEFAULT,
    }
    tiers = {tier: str(tier.label) for tier in Tier}  # translated once for all of them
    return [_facts(about, row, tiers) for about, row in zip(listed, prepared(_FACTS, params), strict=True)]


def sample_terms(offer: Offer, now: datetime) -> Terms:
    """Return what a grant of this offer would say, for previews; the code is none."""
    until = now + timedelta(days=offer.valid_days)
    price, currency = offer.price, offer.currency
    return Terms(offer.name, offer.terms, price, currency, offer.usual_price, currency, "SAMPLECODE", until)


def offer_facts(terms: Terms, locale: str, zone: str) -> Group:
    """Return the variables of an offer, written for a locale; days are those of the zone's calendar."""
    # An offer edited to another currency has no usual price to compare an older promise with.
    usual = terms.usual_price if terms.usual_currency == terms.currency else None
    return Group(
        name=terms.name,
        terms=terms.terms or None,
        price=formats.money(terms.price, terms.currency, locale),
        usual_price=None if usual is None else formats.money(usual, terms.currency, locale),
        saving=None if usual is None else formats.money(usual - terms.price, terms.currency, locale),
        code=codes.shown(terms.code),
        until=_day(terms.until - _INSTANT, locale, zone),
        url=addresses.page_url(terms.public_id),
        qr_url=addresses.picture_url(terms.public_id),
    )


def _facts(about: About, row: tuple[Any, ...], tiers: Mapping[Tier, str]) -> dict[str, Any]:
    first_name, last_name, code, birthday, joined_on, attributes, member_locale, zone = row[:8]
    locale = formats.spoken(about.language, member_locale)
    tier, points, expiring, expire_at = row[8:12]
    known = Tier(tier or Tier.BASE)
    member = {
        "first_name": first_name or None,
        "last_name": last_name or None,
        "name": f"{first_name} {last_name}".strip() or None,
        "code": code,
        "tier": known.value,
        "tier_name": tiers[known],
        "points": points or 0,
        "points_expiring": expiring or 0,
        "attributes": Attributes(json.loads(attributes)),
    }
    days = {
        "points_expire_on": lambda: expire_at and _day(expire_at, locale, zone),
        "birthday": lambda: birthday and formats.Day.of(birthday, locale),
        "joined_on": lambda: joined_on and formats.Day.of(joined_on, locale),
    }
    return {
        "member": Later(member, days),
        "store": Group(zip(("name", "phone", "address"), (value or None for value in row[12:15]), strict=True)),
        "offer": offer_facts(Terms(*row[15:]), locale, zone) if row[15] is not None else None,
        "letter": Words(subject=about.letter.subject, text=about.letter.text) if about.letter else None,
        "journey": {"name": about.journey_name or None},
        "unsubscribe_url": None,
        "locale": locale,
        "zone": zone,
    }


def _day(instant: datetime, locale: str, zone: str) -> formats.Day:
    return formats.Day.of(instant.astimezone(zones.zone(zone)).date(), locale)
