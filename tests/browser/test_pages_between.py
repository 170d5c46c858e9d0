"""The pages that no address leads to by itself: on the way in, and where something is wrong."""

from __future__ import annotations

import pytest
from django.conf import settings as conf
from playwright.sync_api import Page, expect
from pytest_django import Settings

from members import doors
from tests.browser import looks, signing_in
from tests.browser.conftest import Visitor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


def headed(page: Page, heading: str) -> list[str]:
    """Return what is wrong with the page of this heading."""
    expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
    return [f"{heading}: {fault}" for fault in looks.faults(page)]


def test_the_way_in_by_a_second_factor_keeps_nobody_out(visitor: Visitor, settings: Settings) -> None:
    settings.CHORALE_TWO_FACTOR = True
    page = visitor.page()
    signing_in.password(page, "marketer", "guessed")
    found = headed(page, "Sign in")
    signing_in.password(page, "marketer")
    found += headed(page, "Set up the second factor")
    signing_in.take_into_use(page)
    found += headed(page, "Recovery codes")
    page.get_by_role("link", name="I have kept them: go on").click()
    for address, heading in {
        "/account/": "Your account",
        "/account/second-factor/another/": "Another device",
        "/account/second-factor/codes/": "New recovery codes",
    }.items():
        page.goto(address)
        found += headed(page, heading)
    page.context.clear_cookies()
    signing_in.password(page, "marketer")
    found += headed(page, "Second factor")
    page.get_by_role("link", name="I have no app at hand: use a recovery code").click()
    expect(page.get_by_label("Recovery code")).to_be_visible()
    assert not found, "\n".join(found)


def test_too_many_guesses_are_told_so_without_keeping_anybody_out(visitor: Visitor) -> None:
    page = visitor.page()
    for _guess in range(conf.AXES_FAILURE_LIMIT):
        signing_in.password(page, "marketer", "guessed")
    assert headed(page, "Too many attempts") == []


def test_errors_keep_nobody_out(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    page = visitor.page("clerk")
    found = []
    for address, heading in {
        "/nowhere/": "There is nothing here",
        "/contacts/": "This is not open to you",
        "/admin/members/segment/": "This is not open to you",
        "/counter/members/00000000-0000-0000-0000-000000000000/": "There is nothing here",
    }.items():
        page.goto(address)
        found += headed(page, heading)
    page.goto("/account/password/")
    for label in ("Old password", "New password", "New password confirmation"):
        page.get_by_label(label, exact=True).fill("a-word-that-is-long")
    page.context.clear_cookies(name=conf.CSRF_COOKIE_NAME)
    page.get_by_role("button", name="Change the password").click()
    found += headed(page, "Please send it again")

    def broken(*_given: object, **_named: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(doors, "page", broken)
    page.goto("/account/")
    found += headed(page, "That went wrong on our side")
    visitor.faults.remove(f"{visitor.address}/account/: 500")
    assert not found, "\n".join(found)
