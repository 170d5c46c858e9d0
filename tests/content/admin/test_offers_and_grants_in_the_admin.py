"""Offers and grants in the admin: terms change for the future alone, and a promise is only ever taken back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from content import offers
from content.models import Grant, Offer, Redemption
from content.offers import codes
from members import clock
from members.models import Member
from members.sql import Sql
from members.vocabulary import Channel
from tests import cast
from tests.roles import ROLES, signed_in

pytestmark = pytest.mark.django_db


def offer(**fields: Any) -> Offer:
    return Offer.objects.create(
        **{"key": "tea", "name": "Tea", "slot": "tea", "price": "9.50", "currency": "EUR", **fields}
    )


def granted(to: Member, what: Offer) -> Grant:
    text = (
        "SELECT %(m)s::bigint AS member_id, 'test' AS origin_kind, 1::bigint AS origin_id, 's' AS step_key, 1 AS visit"
    )
    [decision] = offers.grant_cohort(what, Sql(text, {"m": to.pk}), clock.now())
    assert decision.grant_id
    return Grant.objects.get(pk=decision.grant_id)


PAGES = {
    "/admin/content/content/": {"Marketer", "Manager", "Administrator"},
    "/admin/content/content/add/": {"Marketer", "Administrator"},
    "/admin/content/variant/": {"Marketer", "Manager", "Administrator"},
    "/admin/content/variant/add/": {"Marketer", "Administrator"},
    "/admin/content/offer/": set(ROLES),
    "/admin/content/offer/add/": {"Marketer", "Administrator"},
    "/admin/content/offer/{offer}/change/": set(ROLES),
    "/admin/content/grant/": set(ROLES),
    "/admin/content/grant/{grant}/change/": set(ROLES),
    "/admin/content/grant/{grant}/withdraw/": {"Manager", "Administrator"},
    "/admin/content/grant/add/": set(),
    "/admin/content/grant/{grant}/delete/": set(),
    "/admin/content/redemption/": set(ROLES),
    "/admin/content/redemption/{redemption}/change/": set(ROLES),
    "/admin/content/redemption/add/": set(),
}


@pytest.mark.parametrize("role", [*ROLES, ""])
def test_a_page_opens_for_its_roles_alone(role: str) -> None:
    tea, cake = offer(), offer(key="cake", slot="cake")
    ada, ben = cast.ada(), cast.ben()
    grant, taken = granted(ada, tea), granted(ben, cake)
    redemption = offers.redeem(taken.pk, request_key="1", channel=Channel.COUNTER, now=clock.now(), store=cast.berlin())
    there = {"offer": tea.pk, "grant": grant.pk, "redemption": redemption.pk}
    client = signed_in(role)
    answers = {page: client.get(page.format(**there)).status_code for page in PAGES}
    assert answers == {page: 200 if role in roles else 403 for page, roles in PAGES.items()}


def test_new_terms_leave_what_was_promised() -> None:
    tea = offer()
    grant = granted(cast.ada(), tea)
    client = signed_in("Marketer")
    path = f"/admin/content/offer/{tea.pk}/change/"
    assert "what was granted keeps its price" in client.get(path).content.decode()
    terms = {
        "key": "tea",
        "name": "Tea",
        "slot": "tea",
        "price": "1.00",
        "currency": "EUR",
        "valid_days": 3,
        "active": "on",
    }
    assert client.post(path, terms).status_code == 302
    tea.refresh_from_db()
    stored = Grant.objects.get()
    assert (tea.price, stored.price, stored.validity) == (Decimal("1.00"), Decimal("9.50"), grant.validity)


def test_an_offer_that_somebody_holds_is_not_deleted() -> None:
    tea = offer()
    granted(cast.ada(), tea)
    page = signed_in("Marketer").post(f"/admin/content/offer/{tea.pk}/delete/", {"post": "yes"})
    assert "There are grants that refer to “Tea”." in page.content.decode()
    assert Offer.objects.exists()


def test_a_bad_currency_is_told_at_its_field() -> None:
    terms = {"key": "tea", "name": "Tea", "slot": "tea", "price": "1.00", "currency": "euro", "valid_days": 3}
    answer = signed_in("Marketer").post("/admin/content/offer/add/", terms)
    assert answer.context["adminform"].form.errors["currency"]
    assert not Offer.objects.exists()


def test_withdrawing_asks_first() -> None:
    grant = granted(cast.ada(), offer())
    closed: list[list[int]] = []

    def callback(ids: list[int], now: object) -> None:
        closed.append(ids)

    offers.on_closed(callback)
    try:
        client = signed_in("Manager")
        path = f"/admin/content/grant/{grant.pk}/withdraw/"
        assert "This cannot be undone." in client.get(path).content.decode()
        assert Grant.objects.get().state == Grant.State.LIVE
        assert "Tea for Ada Berg is withdrawn." in client.post(path, follow=True).content.decode()
        assert Grant.objects.get().state == Grant.State.WITHDRAWN
        assert "Tea for Ada Berg was over already." in client.post(path, follow=True).content.decode()
    finally:
        offers.forget(callback)
    assert closed == [[grant.pk]]


def test_who_may_only_look_withdraws_nothing() -> None:
    grant = granted(cast.ada(), offer())
    assert signed_in("Marketer").post(f"/admin/content/grant/{grant.pk}/withdraw/").status_code == 403
    assert Grant.objects.get().state == Grant.State.LIVE


def test_a_grant_is_found_by_its_code_and_by_its_member() -> None:
    ada, ben, tea = cast.ada(), cast.ben(), offer()
    hers, his = granted(ada, tea), granted(ben, tea)
    client = signed_in("Store clerk")
    for typed in (codes.shown(hers.code).lower(), hers.code, "M-ADA", "ada@example.com"):
        page = client.get("/admin/content/grant/", {"q": typed}).content.decode()
        assert codes.shown(hers.code) in page, typed
        assert codes.shown(his.code) not in page, typed


def test_the_members_page_tells_what_was_promised_and_taken() -> None:
    ada = cast.ada()
    grant = granted(ada, offer())
    offers.redeem(
        grant.pk, request_key="1", channel=Channel.COUNTER, now=clock.now(), who=cast.clerk(), store=cast.berlin()
    )
    page = signed_in("Store clerk").get(f"/admin/members/member/{ada.pk}/change/").content.decode()
    for seen in ("Tea", "9.50 EUR", codes.shown(grant.code), "Redeemed", "Chorale Berlin, Carl"):
        assert seen in page, seen
    assert Redemption.objects.count() == 1
