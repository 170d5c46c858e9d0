"""The ribbon of the demo, on a screen where something stands at the lower edge."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from journeys.demo import notice
from tests.browser.conftest import Visitor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


def box(of: Locator) -> dict[str, float]:
    """Return where something stands in the window."""
    expect(of).to_be_visible()
    found = of.bounding_box()
    assert found
    return dict(found)


def test_the_ribbon_of_the_demo_covers_no_button(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notice, "is_demo", lambda: True)
    page = visitor.page("administrator")
    page.goto("/admin/members/segment/add/")
    ribbon, row = box(page.get_by_role("note")), box(page.locator("#submit-row"))
    assert row["y"] + row["height"] <= ribbon["y"]
    assert row["y"] + row["height"] >= ribbon["y"] - 8, "the row stays at the edge"
    page.mouse.wheel(0, 20_000)
    assert box(page.locator("#submit-row"))["y"] + row["height"] <= ribbon["y"]
