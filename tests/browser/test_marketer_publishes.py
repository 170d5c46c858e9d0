"""A marketer signs in with a second factor, loads a playbook, publishes it, and watches the numbers move."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect
from pytest_django import Settings

from config.embedded.server import wait_until
from journeys.models import Journey
from journeys.playbooks import library
from tests.browser import house, signing_in
from tests.browser.conftest import Visitor
from tests.browser.pictures import picture
from tests.carrier import Carrier

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300), pytest.mark.pictures]

WORKING = 90_000  # milliseconds for workers that start, and share two cores with everything else
NAME = library.load(house.ON_THE_SHELF).journey["name"]


def test_from_the_shelf_to_numbers_that_move(
    visitor: Visitor,
    furnished: Carrier,
    settings: Settings,
    at_work: Callable[[], None],
    later: Callable[[datetime], None],
) -> None:
    settings.CHORALE_TWO_FACTOR = True
    page = visitor.page()
    sign_in(page)
    expect(page.get_by_role("heading", name="Customers")).to_be_visible()
    expect(page.get_by_text("Counting …")).to_have_count(0)
    picture(page, "operator-alarms")
    tier = page.get_by_role("rowheader", name="Silver").bounding_box()
    assert tier
    assert tier["width"] > tier["height"], "a tier's name stands in one line beside its bar"

    page.get_by_role("link", name="Journeys", exact=True).first.click()
    page.get_by_role("link", name="Load a playbook").click()
    shelf = page.get_by_role("region", name=NAME)
    picture(page, "marketer-playbooks", top=shelf)
    shelf.get_by_role("button", name="Load it").click()
    expect(page.get_by_text(f"“{NAME}” is loaded")).to_be_visible()
    assert Journey.objects.get(key=house.ON_THE_SHELF).current is None

    at_work()
    page.get_by_role("link", name="Publish").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("is live now")).to_be_visible()
    for name in ("Entered", "Queued", "Sent"):
        expect(number(page, name)).to_have_text(re.compile("[1-9]"), timeout=WORKING)
    expect(number(page, "Delivered")).to_have_text("0")
    furnished.control(profile="plain")
    for sent in furnished.taken(channel="email"):
        furnished.react("delivered", key=sent["key"])
    later(house.NOW + timedelta(minutes=5))
    furnished.flush()
    expect(number(page, "Delivered")).to_have_text(re.compile("[1-9]"), timeout=WORKING)
    picture(page, "marketer-numbers")

    page.get_by_role("link", name="Journeys", exact=True).first.click()
    page.get_by_role("link", name="Load a playbook").click()
    shelf = page.get_by_role("region", name=NAME)
    expect(shelf.get_by_role("link", name="Open the journey")).to_be_visible()
    expect(shelf.get_by_role("button", name="Load it")).to_have_count(0)

    assert wait_until(lambda: calm(page), WORKING / 1000), "Workers run, and the home still says that they do not."
    picture(page, "marketer-home")


def sign_in(page: Page) -> None:
    """Sign in as the marketer for the first time, who must set up a second factor."""
    signing_in.password(page, "marketer")
    signing_in.take_into_use(page)
    page.get_by_role("link", name="I have kept them: go on").click()


def calm(page: Page) -> bool:
    """Open the home, and return whether nothing on it asks to look after the workers."""
    page.goto("/")
    expect(page.get_by_text("Counting …")).to_have_count(0)
    return page.get_by_text("look whether").count() == 0


def number(page: Page, name: str) -> Locator:
    """Return the number of this name above a journey's text."""
    return page.locator("#numbers dl > div").filter(has_text=name).locator("dd")
