"""The people and places of the tests, by name. All times are given; NOW is a Tuesday noon in Berlin.

ada    Berlin, reachable everywhere, has agreed to everything
ben    New York, e-mail only, has agreed to promotional e-mail
chidi  Lagos, SMS only, has agreed to promotional SMS
dora   no address, no consent, no zone of her own: her home store is Berlin
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from members import facts
from members.models import Consent, Event, Identity, Member, PointsEntry, Purchase, Store, Tag, User
from members.vocabulary import Channel, PointsKind, Purpose

NOW = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SOURCE = "tests"
_keys = count(1)

# Places and staff ----------------------------------------------------------------------------------------------------


def store(code: str = "berlin", name: str = "", zone: str = "Europe/Berlin", **fields: Any) -> Store:
    """Return the store with this code; the first call makes it."""
    made, _new = Store.objects.get_or_create(
        code=code, defaults={"name": name or f"Chorale {code.title()}", "zone_id": zone, **fields}
    )
    return made


def berlin() -> Store:
    """The store in Berlin."""
    return store("berlin", address="Lindenallee 1", country="DE", phone="+4930123456")


def lisbon() -> Store:
    """The store in Lisbon."""
    return store("lisbon", zone="Europe/Lisbon", address="Rua Nova 2", country="PT", phone="+351210000000")


def user(username: str, **fields: Any) -> User:
    """Return the user of this name; the password is the name."""
    found = User.objects.filter(username=username).first()
    return found or User.objects.create_user(username, f"{username}@example.com", username, **fields)


def marketer() -> User:
    """Mara, who draws journeys."""
    return user("mara", first_name="Mara", is_staff=True)


def rep() -> User:
    """Rosa, a sales rep."""
    return user("rosa", first_name="Rosa")


def clerk(at: Store | None = None) -> User:
    """Carl, a clerk of the store in Berlin or of another one."""
    return user("carl", first_name="Carl", store=at or berlin())


def administrator() -> User:
    """Alma, who may everything."""
    return user("alma", first_name="Alma", is_staff=True, is_superuser=True)


# Members -------------------------------------------------------------------------------------------------------------


def member(
    external_id: str,
    *,
    email: str = "",
    sms: str = "",
    chat: str = "",
    agreed: Sequence[str] = (),
    tags: Sequence[str] = (),
    now: datetime = NOW,
    **fields: Any,
) -> Member:
    """Return a new member with these addresses, tags, and a consent to promotional messages on the `agreed` channels.

    `fields` are those of Member; `zone="Europe/Paris"` takes a zone's name.
    """
    if "zone" in fields:
        fields["zone_id"] = fields.pop("zone")
    made = Member.objects.create(external_id=external_id, recorded_at=now, **fields)
    for place, address in {Channel.EMAIL: email, Channel.SMS: sms, Channel.CHAT: chat}.items():
        if address:
            identity(made, place, address, now=now)
    for channel in agreed:
        consent(made, channel, at=now - 30 * DAY)
    for name in tags:
        tag(made, name, now)
    return made


def ada(**fields: Any) -> Member:
    """Ada Berg of Berlin: e-mail, SMS and chat, everything agreed."""
    known = {
        "first_name": "Ada",
        "last_name": "Berg",
        "birthday": date(1990, 3, 14),
        "joined_on": date(2024, 5, 1),
        "zone": "Europe/Berlin",
        "home_store": berlin(),
        "email": "ada@example.com",
        "sms": "+4915550100001",
        "chat": "1001",
        "agreed": (Channel.EMAIL, Channel.SMS, Channel.CHAT),
    }
    return member("M-ADA", **{**known, **fields})


def ben(**fields: Any) -> Member:
    """Ben Cole of New York: e-mail alone, agreed."""
    known = {
        "first_name": "Ben",
        "last_name": "Cole",
        "birthday": date(1985, 2, 28),
        "joined_on": date(2023, 11, 20),
        "zone": "America/New_York",
        "email": "ben@example.com",
        "agreed": (Channel.EMAIL,),
    }
    return member("M-BEN", **{**known, **fields})


def chidi(**fields: Any) -> Member:
    """Chidi Obi of Lagos: SMS alone, agreed."""
    known = {
        "first_name": "Chidi",
        "last_name": "Obi",
        "birthday": date(2000, 2, 29),
        "joined_on": date(2025, 1, 15),
        "zone": "Africa/Lagos",
        "sms": "+2348012345678",
        "agreed": (Channel.SMS,),
    }
    return member("M-CHIDI", **{**known, **fields})


def dora(**fields: Any) -> Member:
    """Dora Diaz: no address, no consent, no zone but that of her home store in Berlin."""
    known = {"first_name": "Dora", "last_name": "Diaz", "joined_on": date(2026, 1, 2), "home_store": berlin()}
    return member("M-DORA", **{**known, **fields})


def crowd(size: int, prefix: str = "M-", **fields: Any) -> list[Member]:
    """Return new members `M-0001` … with an e-mail address each and consent to promotional e-mail."""
    return [
        member(
            f"{prefix}{number:04}",
            **{"email": f"{prefix}{number:04}@example.com".lower(), "agreed": (Channel.EMAIL,), **fields},
        )
        for number in range(1, size + 1)
    ]


# What they have and did ----------------------------------------------------------------------------------------------


def identity(who: Member, channel: str, address: str, *, verified: bool = True, now: datetime = NOW) -> Identity:
    """Give the member an address on a channel."""
    return Identity.objects.create(member=who, channel=channel, address=address, verified=verified, recorded_at=now)


def consent(
    who: Member, channel: str, purpose: str = Purpose.PROMOTIONAL, *, granted: bool = True, at: datetime = NOW
) -> Consent:
    """Have the member grant or withdraw a consent."""
    return Consent.objects.create(
        member=who, channel=channel, purpose=purpose, granted=granted, happened_at=at, recorded_at=at, source=SOURCE
    )


def tag(who: Member, name: str, at: datetime = NOW) -> Tag:
    """Put a tag on the member."""
    return Tag.objects.create(member=who, name=name, since=at)


def line(price: str | Decimal, quantity: int = 1, sku: str = "tea-100", category: str = "tea") -> facts.Line:
    """One line of a purchase."""
    return facts.Line(sku, quantity, Decimal(price), category)


def purchase(
    who: Member,
    at: datetime = NOW,
    price: str | Decimal = "10.00",
    *lines: facts.Line,
    now: datetime | None = None,
    shop: Store | None = None,
    currency: str = "EUR",
    key: str = "",
) -> Purchase:
    """Have the member buy: one line of tea at `price`, or the lines given instead. Recorded at `now`, else `at`."""
    fact = facts.PurchaseFact(
        who.pk, at, SOURCE, key or _key(), lines or (line(price),), currency, shop.code if shop else None
    )
    _landed(facts.record([fact], now or at))
    return Purchase.objects.get(member=who, source=SOURCE, key=fact.key)


def event(who: Member, name: str, at: datetime = NOW, *, now: datetime | None = None, **properties: Any) -> Event:
    """Have an event happen to the member."""
    fact = facts.EventFact(who.pk, at, SOURCE, _key(), name, properties)
    _landed(facts.record([fact], now or at))
    return Event.objects.get(member=who, source=SOURCE, key=fact.key)


def points(
    who: Member,
    change: int,
    at: datetime = NOW,
    *,
    expires_at: datetime | None = None,
    kind: str = "",
    now: datetime | None = None,
) -> PointsEntry:
    """Have the member earn (`change` > 0) or spend points; `kind` says expired."""
    meant = kind or (PointsKind.EARNED if change > 0 else PointsKind.SPENT)
    fact = facts.PointsFact(who.pk, at, SOURCE, _key(), meant, change, expires_at)
    _landed(facts.record([fact], now or at))
    return PointsEntry.objects.get(member=who, source=SOURCE, key=fact.key)


def _key() -> str:
    return f"cast-{next(_keys)}"


def _landed(recorded: facts.Recorded) -> None:
    assert (recorded.new, recorded.rejected) == (1, []), recorded
