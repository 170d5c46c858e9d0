"""Pages that no story passes by, and that readers of the docs look for."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from content.models import Grant
from content.offers import addresses
from journeys.models import Journey
from tests.browser.conftest import PHONE, Visitor
from tests.browser.house import clara
from tests.browser.pictures import picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300), pytest.mark.pictures]


def test_a_journey_shows_what_each_step_did(visitor: Visitor) -> None:
    page = visitor.page("marketer")
    page.goto(f"/admin/journeys/journey/{Journey.objects.get(key='win-back').pk}/change/")
    expect(page.locator("#numbers dl > div").filter(has_text="Entered").locator("dd")).not_to_have_text("0")
    picture(page, "marketer-journey")


def test_a_rep_reads_the_history_of_a_member(visitor: Visitor) -> None:
    page = visitor.page("rep")
    page.goto(f"/contacts/members/{clara().public_id}/")
    history = page.get_by_role("region", name="History")
    expect(history.get_by_role("listitem").first).to_be_visible()
    picture(page, "rep-member")
    picture(page, "rep-history", top=history)


def test_an_offer_has_a_page_with_a_code_that_is_scanned(visitor: Visitor) -> None:
    page = visitor.page(size=PHONE)
    grant = Grant.objects.get(member=clara(), offer__name="Come back")
    page.goto(addresses.page_url(grant.public_id))
    expect(page.get_by_text("Show this page in the store.")).to_be_visible()
    picture(page, "offer-page")


def test_the_api_shows_its_calls(visitor: Visitor) -> None:
    page = visitor.page("administrator")
    page.goto("/api/docs/")
    call = page.get_by_role("button", name="POST /api/v1/purchases/", exact=True).first
    call.click()
    expect(page.get_by_text("Request body")).to_be_visible()
    picture(page, "api-docs", top=call)
