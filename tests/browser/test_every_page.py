"""Every page, light and dark, wide and narrow: axe-core finds nothing grave, and nothing is wider than the screen."""

from __future__ import annotations

import pytest
from django.contrib import admin
from playwright.sync_api import APIResponse, Page

from tests.browser import looks, pages
from tests.browser.conftest import Visitor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

ROWS = 6


@pytest.fixture(autouse=True)
def _short_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of a list are alike; axe looks at each."""
    for screen in admin.site._registry.values():
        monkeypatch.setattr(screen, "list_per_page", ROWS)


@pytest.mark.parametrize("area", pages.AREAS)
def test_a_page_keeps_nobody_out(visitor: Visitor, area: str) -> None:
    """Nothing that a screen reader, weak eyes or a small screen would make impossible."""
    people: dict[str, Page] = {}
    seen: set[tuple[str, str]] = set()
    found = []
    for stop in pages.walk(area):
        page = people[stop.who] = people.get(stop.who) or visitor.page(stop.who)
        answer = page.request.get(stop.address)
        if is_page(answer) and (answer.url, stop.who) not in seen:
            seen.add((answer.url, stop.who))
            page.goto(answer.url)
            found += [f"{stop}: {fault}" for fault in looks.faults(page)]
    assert not found, "\n".join(found)
    assert len(seen) > 5


def is_page(answer: APIResponse) -> bool:
    """Not a part of a page, a picture, data, a refusal, or a member's mail, which runs no scripts, so no axe either."""
    return (
        answer.ok
        and "text/html" in answer.headers.get("content-type", "")
        and "sandbox" not in answer.headers.get("content-security-policy", "")
        and "<html" in answer.text()
    )
