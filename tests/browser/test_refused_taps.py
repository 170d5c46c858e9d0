"""A tap that the server refuses by a whole page is told on the page where it was tapped."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from content.models import Redemption
from members.models import Member
from tests.browser.conftest import Visitor
from tests.browser.house import clara
from tests.browser.test_by_keyboard import OFFER, sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


def redeem(page: Page) -> None:
    card = page.get_by_role("article", name=OFFER)
    ask, sure = card.locator("summary").filter(has_text="Redeem"), card.get_by_role("button", name="Yes, redeem it")
    if not sure.is_visible():
        ask.click()
    sure.click()


def test_a_tap_that_is_refused_says_why_and_one_that_a_proxy_drops_says_to_try_again(visitor: Visitor) -> None:
    page = visitor.page()
    sign_in(page, "clerk")
    page.get_by_label("Phone, code, name or QR code").fill(clara().external_id)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(str(clara()))
    page.route("**/redeem/", lambda route: route.fulfill(status=502, body="Bad Gateway"))
    redeem(page)
    expect(page.get_by_role("alert")).to_have_text(
        "That was not taken. Try it again in a moment: nothing is done twice."
    )
    page.unroute("**/redeem/")
    Member.objects.filter(pk=clara().pk).update(public_id=uuid4())
    redeem(page)
    expect(page.get_by_role("alert")).to_contain_text("what was here is gone or belongs to somebody else")
    assert not Redemption.objects.filter(grant__member=clara()).exists()
    visitor.faults.clear()  # they were made on purpose
