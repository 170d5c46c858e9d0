"""What can be handed in, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

# A million of these are made an hour; a frozen dataclass takes three times as long to make.


@dataclass(slots=True)
class EventFact:
    """Something that happened to a member, with properties that JSON can hold.

    `member` is an external id (text) or Chorale's own id (a number). `key` is unique in `source` for this kind of
    fact; the same one handed in again changes nothing. `happened_at` is aware.
    """

    member: str | int
    happened_at: datetime
    source: str
    key: str
    name: str
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Line:
    """A line of a purchase; a return has a negative quantity, never a negative price."""

    sku: str
    quantity: int
    unit_price: Decimal
    category: str = ""


@dataclass(slots=True)
class PurchaseFact:
    """A purchase or return: its total is the sum of its lines. `currency` is ISO 4217, `store` a store's code."""

    member: str | int
    happened_at: datetime
    source: str
    key: str
    lines: Sequence[Line]
    currency: str
    store: str | None = None


@dataclass(slots=True)
class PointsFact:
    """A change of points: `kind` is earned (positive, may expire), spent or expired (negative)."""

    member: str | int
    happened_at: datetime
    source: str
    key: str
    kind: str
    points: int
    expires_at: datetime | None = None


@dataclass(slots=True)
class ConsentFact:
    """A decision that the member made at that time; a key that is known with another decision is rejected."""

    member: str | int
    happened_at: datetime
    source: str
    key: str
    channel: str
    purpose: str
    granted: bool
    wording: str = ""


Fact = EventFact | PurchaseFact | PointsFact | ConsentFact


@dataclass(slots=True)
class Address:
    """An address on a channel, in any usual notation. With `verified=None` a new one is verified, a known one stays."""

    channel: str
    address: str
    verified: bool | None = None


@dataclass(slots=True)
class Said:
    """A decision about one purpose on one channel.

    With no `happened_at` it is of now, and a grant never overrides a withdrawal: a list written before the member
    withdrew must not undo it.
    """

    channel: str
    purpose: str
    granted: bool
    happened_at: datetime | None = None
    source: str = "import"
    wording: str = ""


@dataclass(slots=True)
class MemberRecord:
    """What is known about a member now. None leaves a field as it is, empty text clears it (but the language).

    `attributes` are merged into the known ones; a value of None removes one. `tags` are added, `identities` replace
    the address on their channel, `consents` are appended where they say something new.
    """

    external_id: str
    first_name: str | None = None
    last_name: str | None = None
    birthday: date | None = None
    joined_on: date | None = None
    locale: str | None = None
    zone: str | None = None
    home_store: str | None = None
    preferred_channel: str | None = None
    identities: Sequence[Address] = ()
    consents: Sequence[Said] = ()
    tags: Sequence[str] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reject:
    """Why the item at `position` (from 0, in the order handed in) did not land: one sentence.

    `field` is what is wrong with it, such as `store`; empty where it is the item as a whole.
    """

    position: int
    reason: str
    field: str = ""


@dataclass(slots=True)
class Recorded:
    """How many facts were new, how many were known already, and which were rejected."""

    new: int = 0
    repeated: int = 0
    rejected: list[Reject] = field(default_factory=list)


@dataclass(slots=True)
class Upserted:
    """How many members were new, changed, or already as the record says, and which records were rejected."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: list[Reject] = field(default_factory=list)
