"""What docs/marketer.md shows of rules is what the admin takes and says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from members.admin.counting import live
from tests import cast

pytestmark = pytest.mark.django_db
PAGE = (Path(__file__).parents[3] / "docs" / "marketer.md").read_text(encoding="utf-8")
RULE = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)


def test_the_example_can_be_asked() -> None:
    assert RULE
    found = live(RULE[1], cast.NOW)
    assert (found.good, found.count) == (True, 0), found.sentence


def test_the_mistake_is_told_as_the_page_says() -> None:
    assert RULE
    sentence = live(
        RULE[1].replace('"op": "in", "value": ["moderate", "severe"]', '"op": "eq", "value": "mild"'), cast.NOW
    ).sentence
    assert f"`{sentence}`" in PAGE
