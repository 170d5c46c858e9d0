"""The ribbon of the demo, on a screen where something stands at the lower edge."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from journeys.demo import notice
from tests.browser.conftest import Visitor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


def edges(of: Locator) -> tuple[float, float]:
    """Return where something that is seen begins and ends, from above."""
    expect(of).to_be_visible()
    found = of.bounding_box()
    assert found
    return found["y"], found["y"] + found["height"]


def test_the_ribbon_of_the_demo_covers_no_button(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    # The web server of this process asked for an earlier test already, and remembers the answer.
    monkeypatch.setattr(notice.Notice, "_demo", property(lambda _self: True, lambda _self, _asked: None), raising=False)
    page = visitor.page("administrator")
    page.goto("/admin/members/segment/add/")
    ribbon, _end = edges(page.get_by_role("note"))
    _begin, row = edges(page.locator("#submit-row"))
    assert ribbon - 8 <= row <= ribbon, "the row stays at the edge, above the ribbon"
    page.mouse.wheel(0, 20_000)
    assert edges(page.locator("#submit-row"))[1] <= ribbon
