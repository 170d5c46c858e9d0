"""Offers and grants for the tests of content."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from content import offers
from content.models import Grant, Offer
from members.models import Member
from members.sql import Sql
from tests.cast import NOW


def offer(key: str = "come-back", **fields: Any) -> Offer:
    """Return a new offer: ten euros instead of fifteen, two weeks, in the slot `main`."""
    known = {"name": key.title(), "slot": "main", "price": Decimal("10.00"), "usual_price": Decimal("15.00")}
    return Offer.objects.create(key=key, **{"currency": "EUR", **known, **fields})


def candidates(members: Iterable[Member], step_key: str = "grant", visit: int = 1) -> Sql:
    """Return one candidate a member, whose origin id is the member's id plus a thousand."""
    text = """
        SELECT member_id, 'enrollment' AS origin_kind, member_id + 1000 AS origin_id, %(step)s AS step_key,
               %(visit)s AS visit
        FROM unnest(%(members)s::bigint[]) AS member_id
    """
    return Sql(text, {"members": [one.pk for one in members], "step": step_key, "visit": visit})


def granted(what: Offer, *members: Member, now: datetime = NOW, step_key: str = "grant") -> list[Grant]:
    """Grant an offer to members and return the grants in their order."""
    decided = offers.grant_cohort(what, candidates(members, step_key), now)
    assert {decision.verdict for decision in decided} <= {offers.Verdict.GRANTED}, decided
    found = Grant.objects.in_bulk([decision.grant_id for decision in decided if decision.grant_id])
    by_member = {grant.member_id: grant for grant in found.values()}
    return [by_member[member.pk] for member in members]
