"""A small population drawn from a seed: as plain Python for the oracle, and as rows for the rules.

Values are drawn close to the edges that matter: ends of windows to the microsecond, 29 February, turns of the year,
local midnights, texts with SQL in them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any

from members.models import (
    Consent,
    Event,
    Identity,
    Member,
    Membership,
    PointsEntry,
    Purchase,
    PurchaseLine,
    Segment,
    Standing,
    Store,
    Suppression,
    Tag,
    Touchpoint,
)
from members.vocabulary import Channel, Churn, Direction, RfmClass, Tier

NOWS = (
    datetime(2026, 3, 10, 11, 0, tzinfo=UTC),
    datetime(2026, 2, 28, 23, 30, tzinfo=UTC),
    datetime(2024, 2, 29, 4, 30, tzinfo=UTC),
    datetime(2025, 12, 31, 12, 0, tzinfo=UTC),
    datetime(2026, 1, 1, 0, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC),
)
ZONES = ("Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata", None, None)
STORES = {"berlin": "Europe/Berlin", "auckland": "Pacific/Auckland"}
TEXTS = ("tea", "Tea 100%", "t_a", "'; DROP TABLE members_tag; --", "%(now)s", "{x}", "a\\b", "")
WORDS = tuple(text for text in TEXTS if text)
TAGS = ("vip", "quiet")
SEGMENTS = ("friends", "strangers")
DAYS = (0, 1, 2, 7, 29, 30, 31, 90, 365)
AMOUNTS = (Decimal("-5.00"), Decimal("0.00"), Decimal("9.99"), Decimal("10.00"), Decimal("50.00"))
ATTRIBUTES = (
    0,
    1,
    2.5,
    -3,
    True,
    False,
    None,
    "",
    *WORDS,
    "2026-03-10",
    "2024-02-29",
    "2023-02-30",
    "0000-01-01",
    ["tea"],
)
ADDRESSED = (Channel.EMAIL, Channel.SMS, Channel.CHAT)
_keys = count(1)


@dataclass
class Line:
    sku: str
    category: str
    quantity: int
    unit_price: Decimal


@dataclass
class Bought:
    at: datetime
    store: str | None
    currency: str
    lines: list[Line]

    @property
    def total(self) -> Decimal:
        return sum((line.quantity * line.unit_price for line in self.lines), Decimal(0))

    @property
    def quantity(self) -> int:
        return sum(line.quantity for line in self.lines)


@dataclass
class Happened:
    at: datetime
    name: str
    properties: dict[str, Any]


@dataclass
class Contact:
    at: datetime
    filters: dict[str, str]


@dataclass
class Entry:
    at: datetime
    kind: str
    points: int
    expires_at: datetime | None


@dataclass
class Person:
    fields: dict[str, Any]
    store: str | None
    attributes: dict[str, Any]
    tags: dict[str, datetime]
    addresses: dict[str, tuple[str, bool]]
    consents: list[tuple[str, str, bool, datetime]]
    bought: list[Bought]
    happened: list[Happened]
    contacts: list[Contact]
    entries: list[Entry]
    standing: dict[str, Any] | None
    segments: set[str]
    pk: int = 0


@dataclass
class Population:
    now: datetime
    people: list[Person]
    suppressed: set[tuple[str, str]] = field(default_factory=set)


def drawn(seed: int, size: int) -> Population:
    """Return the population of a seed; smaller sizes are beginnings of larger ones."""
    random = Random(seed)
    now = random.choice(NOWS)
    suppressed = {(channel.value, f"{number}@{channel}") for channel in ADDRESSED for number in range(0, 40, 3)}
    return Population(
        now, [_Draw(Random(f"{seed}/{number}"), now, number).person() for number in range(size)], suppressed
    )


class _Draw:
    """Draws one person."""

    def __init__(self, random: Random, now: datetime, number: int) -> None:
        self.random, self.now, self.number = random, now, number

    def person(self) -> Person:
        return Person(
            self._fields(),
            self.random.choice([*STORES, None]),
            {name: self.random.choice(ATTRIBUTES) for name in ("a", "b; --") if self._often()} | self._day_attribute(),
            {name: self._past() for name in TAGS if self._often()},
            {channel: (f"{self.number}@{channel}", self._often()) for channel in ADDRESSED if self._often()},
            self._some(8, self._consent),
            self._some(5, self._purchase),
            self._some(5, self._event),
            self._some(5, self._contact),
            self._some(5, self._entry),
            self._standing() if self._often() else None,
            {key for key in SEGMENTS if self._often()},
        )

    def _often(self) -> bool:
        return self.random.random() < 0.7

    def _some(self, most: int, draw: Any) -> list[Any]:
        return [draw() for _ in range(self.random.choice([0, 1, 2, most]))]

    def _past(self) -> datetime:
        """An instant at, or a microsecond beside, whole days ago; sometimes any, sometimes ahead."""
        days = self.random.choice([*DAYS, self.random.random() * 400])
        beside = self.random.choice([0, 0, -1, 1])
        return self.now - timedelta(days=days) + timedelta(microseconds=beside)

    def _date(self, years: tuple[int, int]) -> date | None:
        around = self.now.date() + timedelta(self.random.choice([-31, -30, -8, -2, -1, 0, 1, 2, 7, 8, 30]))
        year = around.year - self.random.randint(*years)
        leap = date(self.random.choice([2000, 2020]), 2, self.random.choice([28, 29]))
        plain = around.replace(year=year, day=min(around.day, 28))
        return self.random.choice([plain, plain, leap, date(year, 12, 31), date(year, 1, 1), None])

    def _day_attribute(self) -> dict[str, Any]:
        day = self._date((0, 5))
        return {"day": day.isoformat()} if day else {}

    def _fields(self) -> dict[str, Any]:
        return {
            "external_id": f"P{self.number}",
            "first_name": self.random.choice(TEXTS),
            "last_name": self.random.choice(TEXTS),
            "locale": self.random.choice(["en", "de", "de-AT"]),
            "zone": self.random.choice(ZONES),
            "preferred_channel": self.random.choice(["", *ADDRESSED]),
            "birthday": self._date((0, 40)),
            "joined_on": self._date((-1, 5)),
        }

    def _consent(self) -> tuple[str, str, bool, datetime]:
        at = self.now - timedelta(days=self.random.choice([-1, 0, 1, 2]))
        channel = self.random.choice(["email", "sms", "desk"])
        return channel, self.random.choice(["promotional", "service"]), self._often(), at

    def _purchase(self) -> Bought:
        store, currency = self.random.choice([*STORES, None]), self.random.choice(["EUR", "EUR", "USD"])
        return Bought(self._long_ago(), store, currency, self._some(3, self._line) or [self._line()])

    def _long_ago(self) -> datetime:
        if self._often():
            return self._past()
        years_ago = self._date((1, 6)) or self.now.date()
        at_midnight = datetime(years_ago.year, years_ago.month, years_ago.day, tzinfo=UTC)
        return at_midnight + timedelta(hours=self.random.randint(-15, 15), minutes=self.random.choice([0, 30, 59]))

    def _line(self) -> Line:
        sku, category = self.random.choice(WORDS), self.random.choice(["tea", "'; --", ""])
        return Line(sku, category, self.random.choice([-1, 1, 1, 2]), abs(self.random.choice(AMOUNTS)))

    def _event(self) -> Happened:
        properties = {name: self.random.choice(ATTRIBUTES) for name in ("amount", "page") if self._often()}
        return Happened(self._past(), self.random.choice(["visit", "'; --"]), properties)

    def _contact(self) -> Contact:
        filters = {
            "channel": self.random.choice([*Channel.values]),
            "direction": self.random.choice([*Direction.values]),
            "kind": self.random.choice(["message", "clicked", "call"]),
            "journey": self.random.choice(["", "Win back", "'; --"]),
            "offer": self.random.choice(["", "Ten off"]),
        }
        return Contact(self._past(), filters)

    def _entry(self) -> Entry:
        if self._often():
            ends = self.random.choice([None, *(self.now + timedelta(days) for days in (-1, 0, 1, 7, 30, 31))])
            return Entry(self._past(), "earned", self.random.choice([5, 10, 100]), ends)
        return Entry(self._past(), self.random.choice(["spent", "expired"]), -self.random.choice([3, 5, 40]), None)

    def _standing(self) -> dict[str, Any]:
        score = self.random.choice([None, 1, 3, 5])
        return {
            "tier": self.random.choice(Tier.values),
            "rfm_class": self.random.choice(["", *RfmClass.values]),
            "churn": self.random.choice(Churn.values),
            "recency": score,
            "frequency": score,
            "monetary": self.random.choice([None, 2]),
            "spend": self.random.choice(AMOUNTS),
            "to_next_tier": self.random.choice([None, *AMOUNTS]),
            "purchases": self.random.choice([0, 1, 3]),
            "last_purchase_at": self.random.choice([None, self._past()]),
            "typical_gap": self.random.choice([None, Decimal("30.00"), Decimal("7.50")]),
        }


def stored(population: Population) -> Population:
    """Insert a population into an empty database; people get their `pk`."""
    now, people = population.now, population.people
    stores = {code: Store.objects.create(code=code, name=code, zone_id=zone) for code, zone in STORES.items()}
    rows = Member.objects.bulk_create(
        Member(
            **{name: value for name, value in one.fields.items() if name != "zone"},
            zone_id=one.fields["zone"],
            home_store=stores[one.store] if one.store else None,
            attributes=one.attributes,
            recorded_at=now,
        )
        for one in people
    )
    for one, row in zip(people, rows, strict=True):
        one.pk = row.pk
    Suppression.objects.bulk_create(
        Suppression(channel=channel, address=address, reason="bounced", since=now)
        for channel, address in population.suppressed
    )
    _store_states(people, now)
    _store_facts(people, now, stores)
    return population


def _store_states(people: list[Person], now: datetime) -> None:
    Tag.objects.bulk_create(Tag(member_id=p.pk, name=n, since=since) for p in people for n, since in p.tags.items())
    Identity.objects.bulk_create(
        Identity(member_id=p.pk, channel=channel, address=address, verified=verified, recorded_at=now)
        for p in people
        for channel, (address, verified) in p.addresses.items()
    )
    Consent.objects.bulk_create(
        Consent(member_id=p.pk, channel=c, purpose=purpose, granted=granted, happened_at=at, recorded_at=at, source="t")
        for p in people
        for c, purpose, granted, at in p.consents
    )
    Standing.objects.bulk_create(
        Standing(member_id=p.pk, as_of=now, **p.standing) for p in people if p.standing is not None
    )
    for key in SEGMENTS:
        segment = Segment.objects.create(key=key, name=key, rule={"tag": {"name": key}})
        Membership.objects.bulk_create(
            Membership(segment=segment, member_id=p.pk, since=now) for p in people if key in p.segments
        )


def _store_facts(people: list[Person], now: datetime, stores: dict[str, Store]) -> None:
    facts = [(p, bought) for p in people for bought in p.bought]
    purchases = Purchase.objects.bulk_create(
        Purchase(
            **_fact(p, b.at, now),
            store=stores[b.store] if b.store else None,
            currency=b.currency,
            total=b.total,
            quantity=b.quantity,
        )
        for p, b in facts
    )
    PurchaseLine.objects.bulk_create(
        PurchaseLine(purchase=purchase, member_id=p.pk, **vars(line))
        for purchase, (p, b) in zip(purchases, facts, strict=True)
        for line in b.lines
    )
    Event.objects.bulk_create(
        Event(**_fact(p, h.at, now), name=h.name, properties=h.properties) for p in people for h in p.happened
    )
    PointsEntry.objects.bulk_create(
        PointsEntry(**_fact(p, e.at, now), kind=e.kind, points=e.points, expires_at=e.expires_at)
        for p in people
        for e in p.entries
    )
    Touchpoint.objects.bulk_create(
        Touchpoint(
            member_id=p.pk,
            happened_at=c.at,
            recorded_at=now,
            journey_name=c.filters["journey"],
            offer_name=c.filters["offer"],
            **{name: c.filters[name] for name in ("channel", "direction", "kind")},
        )
        for p in people
        for c in p.contacts
    )


def _fact(person: Person, at: datetime, now: datetime) -> dict[str, Any]:
    return {"member_id": person.pk, "happened_at": at, "recorded_at": now, "source": "t", "key": str(next(_keys))}
