"""Facts as rows to stage: checked, flat, in the order of the columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

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


def event(position: int, fact: EventFact) -> Row:
    """Return the row of an event."""
    name = checks.text(fact.name, _("The event's name"), 64)
    return (*_head(position, fact), name, checks.document(fact.properties, _("What the event's properties hold")))


def points(position: int, fact: PointsFact) -> Row:
    """Return the row of a points entry."""
    amount = checks.whole(fact.points, _("The number of points"))
    expires = fact.expires_at
    if expires is not None:
        checks.instant(expires, _("The time when the points expire"))
    if fact.kind == PointsKind.EARNED:
        if amount <= 0:
            raise BadItem(_("Earned points are %(points)d; write a number above zero.") % {"points": amount})
        if expires is not None and expires <= fact.happened_at:
            raise BadItem(_("The points expire before they are earned."))
    elif fact.kind not in PointsKind.values:
        raise BadItem(_("The kind of points is “%(kind)s”; write earned, spent or expired.") % {"kind": fact.kind})
    elif amount >= 0 or expires is not None:
        raise BadItem(_("Points spent or expired are written as a number below zero, without a time to expire."))
    return (*_head(position, fact), fact.kind, amount, expires)


def purchase(position: int, fact: PurchaseFact, stores: Mapping[str, int]) -> tuple[Row, list[Row]]:
    """Return the row of a purchase and those of its lines. `stores` gives the id of a code."""
    head = _head(position, fact)
    lines = [_line(position, line) for line in fact.lines]
    if not lines:
        raise BadItem(_("The purchase has no lines."))
    total = sum((row[3] * row[4] for row in lines), Decimal(0))
    if abs(total) > checks.DEAREST:
        raise BadItem(_("The purchase's total is %(total)s; that is too much to store.") % {"total": total})
    quantity = checks.whole(sum(row[3] for row in lines), _("The purchase's quantity"))
    return (*head, _store(fact.store, stores), checks.currency(fact.currency), total, quantity), lines


def _line(position: int, line: Line) -> Row:
    return (
        position,
        checks.text(line.sku, _("The sku"), 64, blank=True),
        checks.text(line.category, _("The category"), 64, blank=True),
        checks.whole(line.quantity, _("The quantity")),
        checks.price(line.unit_price, _("The unit price")),
    )


def _store(code: str | None, stores: Mapping[str, int]) -> int | None:
    if not code:
        return None
    if code not in stores:
        raise BadItem(_("There is no store “%(code)s”.") % {"code": code[:40]})
    return stores[code]


def _head(position: int, fact: Fact) -> tuple[int, str | None, int | None, datetime, str, str]:
    member = fact.member
    text = member if type(member) is str else None
    number = member if type(member) is int else None
    if text is not None:
        checks.text(text, _("The member"), 64)
    elif number is None:
        raise BadItem(_("The member is missing."))
    return (
        position,
        text,
        number,
        checks.instant(fact.happened_at, _("The time")),
        checks.text(fact.source, _("The source"), 64),
        checks.text(fact.key, _("The key"), 128),
    )


def store_codes(facts: Sequence[PurchaseFact]) -> list[str]:
    """Return the codes of the stores that these purchases name."""
    return sorted({fact.store for fact in facts if fact.store})
