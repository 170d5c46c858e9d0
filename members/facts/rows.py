"""Facts as rows to stage: checked, flat, in the order of the columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.facts import checks
from members.facts.checks import BadItem, What
from members.facts.items import ConsentFact, EventFact, Fact, Line, PointsFact, PurchaseFact
from members.vocabulary import Channel, PointsKind

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
CONSENT = {**HEAD, "channel": "text", "purpose": "text", "granted": "boolean", "wording": "text"}
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
EVENT_NAME = What("name", gettext_lazy("The event's name"))
PROPERTIES = What("properties", gettext_lazy("The event's properties"))
POINTS_NUMBER = What("points", gettext_lazy("The number of points"))
EXPIRES_AT = What("expires_at", gettext_lazy("The time when the points expire"))
PURCHASE_QUANTITY = What("lines", gettext_lazy("The purchase's quantity"))
SKU = What("sku", gettext_lazy("The sku"))
CATEGORY = What("category", gettext_lazy("The category"))
QUANTITY = What("quantity", gettext_lazy("The quantity"))
UNIT_PRICE = What("unit_price", gettext_lazy("The unit price"))
CURRENCY = What("currency", gettext_lazy("The currency"))
WORDING = What("wording", gettext_lazy("The wording of the consent"))
MEMBER = What("member", gettext_lazy("The member"))
TIME = What("happened_at", gettext_lazy("The time"))
SOURCE = What("source", gettext_lazy("The source"))
KEY = What("key", gettext_lazy("The key"))


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
            raise POINTS_NUMBER.bad(_("Earned points are %(points)d; write a number above zero.") % {"points": amount})
        if expires is not None and expires <= fact.happened_at:
            raise EXPIRES_AT.bad(_("The points expire before they are earned."))
    elif fact.kind not in PointsKind.values:
        sentence = _("The kind of points is “%(kind)s”; write earned, spent or expired.")
        raise BadItem(sentence % {"kind": fact.kind}, "kind")
    elif amount >= 0 or expires is not None:
        sentence = _("Points spent or expired are written as a number below zero, without a time to expire.")
        raise POINTS_NUMBER.bad(sentence)
    return (*head, fact.kind, amount, expires)


def consent(position: int, fact: ConsentFact, now: datetime) -> Row:
    """Return the row of a consent; nobody decides later than it is told, whatever a till's clock says.

    Else a withdrawal would not hold at once, and a grant by a clock of next year would come back after all withdrawals.
    """
    number, external_id, member_id, happened_at, *named = _head(position, fact)
    head = (number, external_id, member_id, min(happened_at, now), *named)
    checks.consent(fact.channel, fact.purpose, "channel" if fact.channel not in Channel.values else "purpose")
    return (*head, fact.channel, fact.purpose, fact.granted, checks.prose(fact.wording, WORDING))


def purchase(position: int, fact: PurchaseFact, stores: Mapping[str, int]) -> tuple[Row, list[Row]]:
    """Return the row of a purchase and those of its lines. `stores` gives the id of a code."""
    head = _head(position, fact)
    lines = [_line(position, line) for line in fact.lines]
    if not lines:
        raise BadItem(_("The purchase has no lines."), "lines")
    total = sum([row[3] * row[4] for row in lines], ZERO)
    if abs(total) > checks.DEAREST:
        sentence = _("The purchase's total is %(total)s; that is too much to store.")
        raise BadItem(sentence % {"total": total}, "lines")
    quantity = checks.whole(sum([row[3] for row in lines]), PURCHASE_QUANTITY)
    return (*head, _store(fact.store, stores), checks.currency(fact.currency, CURRENCY), total, quantity), lines


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
        raise BadItem(_("There is no store “%(code)s”.") % {"code": str(code)[:40]}, "store")
    return stores[code]


def _head(position: int, fact: Fact) -> tuple[int, str | None, int | None, datetime, str, str]:
    member = fact.member
    text = number = None
    if type(member) is int:
        if not 0 < member <= LARGEST_ID:
            raise MEMBER.bad(no_member(member))
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
