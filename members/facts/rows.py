"""Facts as rows to stage: checked, flat, in the order of the columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.facts import checks
from members.facts.checks import BadItem
from members.facts.items import EventFact, Fact, Line, PointsFact, PurchaseFact
from members.vocabulary import PointsKind

HEAD = {
    "position": "integer",
    "external_id": "text",
    "member_id": "bigint",
    "happened_at": "timestamptz",
    "source": "text",
    "key": "text",
}
EVENT = {**HEAD, "name": "text", "properties": "jsonb"}
POINTS = {**HEAD, "kind": "text", "points": "integer", "expires_at": "timestamptz"}
PURCHASE = {**HEAD, "store_id": "bigint", "currency": "text", "total": "numeric", "quantity": "integer"}
LINE = {
    "position": "integer",
    "sku": "text",
    "category": "text",
    "quantity": "integer",
    "unit_price": "numeric",
}

Row = tuple[Any, ...]
ZERO = Decimal(0)
LARGEST_ID = 2**63 - 1

# Translated when a sentence is made of them: these functions run a million times without making one.
EVENT_NAME = gettext_lazy("The event's name")
PROPERTIES = gettext_lazy("The event's properties")
POINTS_NUMBER = gettext_lazy("The number of points")
EXPIRES_AT = gettext_lazy("The time when the points expire")
PURCHASE_QUANTITY = gettext_lazy("The purchase's quantity")
SKU = gettext_lazy("The sku")
CATEGORY = gettext_lazy("The category")
QUANTITY = gettext_lazy("The quantity")
UNIT_PRICE = gettext_lazy("The unit price")
MEMBER = gettext_lazy("The member")
TIME = gettext_lazy("The time")
SOURCE = gettext_lazy("The source")
KEY = gettext_lazy("The key")


def event(position: int, fact: EventFact) -> Row:
    """Return the row of an event."""
    name = checks.text(fact.name, EVENT_NAME, 64)
    return (*_head(position, fact), name, checks.document(fact.properties, PROPERTIES))


def points(position: int, fact: PointsFact) -> Row:
    """Return the row of a points entry."""
    head = _head(position, fact)
    amount = checks.whole(fact.points, POINTS_NUMBER)
    expires = fact.expires_at
    if expires is not None:
        checks.instant(expires, EXPIRES_AT)
    if fact.kind == PointsKind.EARNED:
        if amount <= 0:
            raise BadItem(_("Earned points are %(points)d; write a number above zero.") % {"points": amount})
        if expires is not None and expires <= fact.happened_at:
            raise BadItem(_("The points expire before they are earned."))
    elif fact.kind not in PointsKind.values:
        raise BadItem(_("The kind of points is “%(kind)s”; write earned, spent or expired.") % {"kind": fact.kind})
    elif amount >= 0 or expires is not None:
        raise BadItem(_("Points spent or expired are written as a number below zero, without a time to expire."))
    return (*head, fact.kind, amount, expires)


def purchase(position: int, fact: PurchaseFact, stores: Mapping[str, int]) -> tuple[Row, list[Row]]:
    """Return the row of a purchase and those of its lines. `stores` gives the id of a code."""
    head = _head(position, fact)
    lines = [_line(position, line) for line in fact.lines]
    if not lines:
        raise BadItem(_("The purchase has no lines."))
    total = sum([row[3] * row[4] for row in lines], ZERO)
    if abs(total) > checks.DEAREST:
        raise BadItem(_("The purchase's total is %(total)s; that is too much to store.") % {"total": total})
    quantity = checks.whole(sum([row[3] for row in lines]), PURCHASE_QUANTITY)
    return (*head, _store(fact.store, stores), checks.currency(fact.currency), total, quantity), lines


def _line(position: int, line: Line) -> Row:
    return (
        position,
        checks.text(line.sku, SKU, 64, blank=True),
        checks.text(line.category, CATEGORY, 64, blank=True),
        checks.whole(line.quantity, QUANTITY),
        checks.price(line.unit_price, UNIT_PRICE),
    )


def _store(code: str | None, stores: Mapping[str, int]) -> int | None:
    if code is None or code == "":
        return None
    if type(code) is not str or code not in stores:
        raise BadItem(_("There is no store “%(code)s”.") % {"code": str(code)[:40]})
    return stores[code]


def _head(position: int, fact: Fact) -> tuple[int, str | None, int | None, datetime, str, str]:
    member = fact.member
    text = number = None
    if type(member) is int:
        if not 0 < member <= LARGEST_ID:
            raise BadItem(no_member(member))
        number = member
    else:
        text = checks.text(member, MEMBER, 64)  # type: ignore[arg-type]  # any other type gets its sentence there
    return (
        position,
        text,
        number,
        checks.instant(fact.happened_at, TIME),
        checks.text(fact.source, SOURCE, 64),
        checks.text(fact.key, KEY, 128),
    )


def no_member(member: str | int) -> str:
    """Return the sentence about an id that no member has."""
    if isinstance(member, int):
        return _("There is no member with the id %(id)s.") % {"id": str(member)[:40]}
    return _("There is no member “%(id)s”.") % {"id": member}


def store_codes(facts: Sequence[PurchaseFact]) -> list[str]:
    """Return the codes of the stores that these purchases name."""
    return sorted({fact.store for fact in facts if type(fact.store) is str})
