"""Clerk and rep work without a mouse: from signing in to what they came for, and the focus is never lost or unseen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from channels import follow_ups
from channels.models import FollowUp
from content import offers
from content.models import Grant, Redemption
from journeys.demo.shop import PASSWORD
from members.models import Member, User
from members.vocabulary import Channel
from tests.browser import house, keyboard
from tests.browser.conftest import Visitor
from tests.browser.house import clara

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

OFFER = "Come back"


def sign_in(page: Page, username: str) -> None:
    page.goto("/")
    expect(page.get_by_label("Username")).to_be_focused()
    keyboard.held(page)
    page.keyboard.type(username)
    keyboard.fill(page, "Password", PASSWORD)
    page.keyboard.press("Enter")


def skip(page: Page) -> None:
    """Leave the head of a page behind by its first link."""
    keyboard.press(page, page.get_by_role("link", name="Skip to the contents"))
    assert page.evaluate("document.activeElement.tagName") == "MAIN"


def test_a_clerk_redeems_an_offer_and_takes_it_back(visitor: Visitor) -> None:
    page = visitor.page()
    sign_in(page, "clerk")
    expect(page.get_by_label("Phone, code, name or QR code")).to_be_focused()
    page.keyboard.type(clara().external_id)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(str(clara()))
    skip(page)
    card = page.get_by_role("article", name=OFFER)
    keyboard.press(page, card.locator("summary").filter(has_text="Redeem"))
    keyboard.press(page, card.get_by_role("button", name="Yes, redeem it"), "Space")
    expect(page.get_by_text(f"Redeemed: {OFFER}")).to_be_visible()
    expect(card.get_by_role("button", name="Undo")).to_be_focused()
    keyboard.held(page)
    page.keyboard.press("Enter")
    expect(card.locator("summary").filter(has_text="Redeem")).to_be_visible()
    keyboard.held(page)
    assert Redemption.objects.get(grant__member=clara()).undone_at is not None


def test_a_rep_works_a_follow_up(visitor: Visitor) -> None:
    page = visitor.page()
    sign_in(page, "rep")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    skip(page)
    keyboard.press(page, page.get_by_role("link", name="My teams"))
    keyboard.press(page, page.get_by_role("link", name=str(clara())).first)
    keyboard.press(page, page.get_by_role("button", name="Take it"))
    expect(page.get_by_text("It is yours.")).to_be_visible()
    keyboard.fill(page, "Result", "Reached")
    keyboard.fill(page, "Intent", "Warm")
    keyboard.fill(page, "Note", "Will come by when she is in town.")
    keyboard.press(page, page.get_by_role("button", name="Note it"))
    expect(page.get_by_text(f"{clara()}: Reached.")).to_be_visible()
    worked = FollowUp.objects.get(member=clara())
    assert (worked.state, worked.result, worked.intent) == (FollowUp.State.DONE, "reached", "warm")


def test_the_focus_stays_where_it_is_when_somebody_else_changes_the_list_of_follow_ups(visitor: Visitor) -> None:
    page = visitor.page("rep")
    page.goto("/contacts/?show=all")
    mine = page.get_by_role("link", name=str(clara())).first
    keyboard.go(page, mine)
    other = FollowUp.objects.filter(state=FollowUp.State.OPEN).exclude(member=clara()).order_by("due_at")[0]
    manager = User.objects.get(username="manager")
    follow_ups.take(other, manager, house.NOW)
    expect(page.get_by_text(f"taken by {manager.get_full_name()}").first).to_be_visible()
    expect(mine).to_be_focused()
    keyboard.held(page)


@pytest.mark.parametrize(("who", "door"), [("rep", "contacts"), ("clerk", "counter")])
def test_the_focus_is_not_lost_with_an_offer_that_is_redeemed_elsewhere(visitor: Visitor, who: str, door: str) -> None:
    page, member = visitor.page(who), clara()
    page.goto(f"/{door}/members/{member.public_id}/")
    card = page.get_by_role("article", name=OFFER)
    keyboard.go(page, card.locator("button:visible, summary").first)
    redeemed_elsewhere(member)
    expect(card.locator("button:visible, summary").filter(has_not_text="Undo")).to_have_count(0)
    keyboard.held(page)
    page.keyboard.press("Tab")
    keyboard.held(page)


def redeemed_elsewhere(member: Member) -> None:
    grant = Grant.objects.get(member=member, offer__name=OFFER)
    who = User.objects.get(username="manager")
    offers.redeem(grant.pk, request_key="else", channel=Channel.COUNTER, who=who, store=None, now=house.NOW)
