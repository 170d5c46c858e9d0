"""A rep hands a member over to a store; the clerk redeems on a phone while the network drops; the rep is told."""

from __future__ import annotations

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from channels.models import FollowUp, HandOff
from channels.vocabulary import HandOffState
from content.models import Grant, Redemption
from tests.browser import signing_in
from tests.browser.conftest import PHONE, Visitor
from tests.browser.house import clara
from tests.browser.pictures import picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300), pytest.mark.pictures]

OFFER = "Come back"
NOTE = "She takes the blue edition, if she may listen first."


def test_from_a_follow_up_to_the_till_and_back(visitor: Visitor) -> None:
    rep = visitor.page()
    signing_in.password(rep, "rep")
    reach(rep)
    hand_over(rep)

    clerk = visitor.page(size=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2)
    signing_in.password(clerk, "clerk")
    waiting = clerk.get_by_role("region", name="Expected").get_by_role("listitem").filter(has_text=str(clara()))
    expect(waiting).to_contain_text(NOTE)
    picture(clerk, "clerk-expects")
    waiting.get_by_role("link", name=str(clara())).tap()
    redeem_while_the_network_drops(clerk)

    back = rep.get_by_role("region", name="Came back from the stores")
    expect(back.get_by_role("listitem").filter(has_text=str(clara()))).to_contain_text(OFFER)
    assert HandOff.objects.get(member=clara()).state == HandOffState.CLOSED


def reach(page: Page) -> None:
    """Find Clara among the team's follow-ups, take hers, and note that she is to be called again tomorrow."""
    page.get_by_role("link", name="My teams").click()
    picture(page, "rep-follow-ups")
    page.get_by_role("link", name=str(clara())).first.click()
    page.get_by_role("button", name="Take it").click()
    expect(page.get_by_text("It is yours.")).to_be_visible()
    page.get_by_label("Result").select_option(label="Wants another call")
    page.get_by_label("Intent").select_option(label="Warm")
    page.get_by_label("Note", exact=True).fill("Would like to think it over.")
    page.get_by_label("Day").fill("2026-03-11")
    page.get_by_label("Time").fill("10:00")
    picture(page, "rep-follow-up")
    page.get_by_role("button", name="Note it").click()
    expect(page.get_by_text("Next contact", exact=False).first).to_be_visible()
    noted = FollowUp.objects.get(member=clara())
    assert (noted.state, noted.promised, noted.intent) == (FollowUp.State.OPEN, True, "warm")


def hand_over(page: Page) -> None:
    """Agree with Clara on a visit, from the follow-up that was promised to her."""
    promised = page.get_by_role("listitem").filter(has_text="promised").filter(has_text=str(clara()))
    promised.get_by_role("link", name=str(clara())).click()
    page.get_by_role("link", name="Hand over to a store").click()
    page.get_by_label("Store", exact=True).select_option(label="Philadelphia")
    page.get_by_label("Day").fill("2026-03-11")
    page.get_by_label("Time").fill("11:30")
    page.get_by_label("Note for the store").fill(NOTE)
    page.get_by_role("main").get_by_role("button", name="Hand over").click()
    expect(page.get_by_text(f"expects {clara()}")).to_be_visible()
    agreed = HandOff.objects.get(member=clara())
    assert (agreed.store.code, agreed.grant and agreed.grant.offer.name) == ("PHL", OFFER)
    assert FollowUp.objects.get(member=clara()).state == FollowUp.State.DONE


def redeem_while_the_network_drops(page: Page) -> None:
    """Tap; the server hears it and the answer is lost; tap again, and hear the first answer."""
    heard: list[APIResponse] = []

    def drop(route: Route) -> None:
        if "/redeem/" in route.request.url:
            heard.append(route.fetch())
            if len(heard) == 2:
                return route.fulfill(response=heard[-1])
        return route.abort("connectionreset") if len(heard) < 2 else route.continue_()

    card = page.get_by_role("article", name=OFFER)
    expect(card.get_by_text("Heard of it")).to_contain_text("by a call from Rosa (invented) today at 11:00.")
    expect(card.get_by_text("Heard of it")).not_to_contain_text(", by a call")  # she called twice in that minute
    picture(page, "clerk-member")
    card.get_by_text("Redeem").first.tap()
    picture(page, "clerk-redeems", about=card.get_by_role("button", name="Yes, redeem it"))
    page.route("**/*", drop)
    with page.expect_event("requestfailed", lambda request: "/redeem/" in request.url):
        card.get_by_role("button", name="Yes, redeem it").tap()
    expect(page.get_by_text("No connection. Tap again when it is back")).to_be_in_viewport()
    assert Grant.objects.get(member=clara(), offer__name=OFFER).state == Grant.State.REDEEMED
    card.get_by_role("button", name="Yes, redeem it").tap()
    expect(page.get_by_text(f"Redeemed: {OFFER}")).to_be_visible()
    expect(page.get_by_text("No connection. Tap again when it is back")).to_be_hidden()
    picture(page, "clerk-redeemed", about=card)
    assert [answer.status for answer in heard] == [200, 200]
    assert Redemption.objects.filter(grant__member=clara()).count() == 1
