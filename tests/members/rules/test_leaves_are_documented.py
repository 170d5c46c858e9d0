"""docs/segments.md explains every leaf with its settings and words, every operator, and its examples can be asked."""

import json
import re
from pathlib import Path

import pytest

from members import rules
from members.rules.comparisons import Op
from members.rules.leaves import anniversaries, points, profile, purchases, standing, touchpoints

PAGE = (Path(__file__).parents[3] / "docs" / "segments.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##)", PAGE, flags=re.MULTILINE | re.DOTALL))
EXAMPLES = re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL)
WORDS = {
    "profile": profile.Field.values,
    "standing": standing.Field.values,
    "purchases": [*purchases.Measure.values, *purchases.FILTERS],
    "touchpoints": [*touchpoints.Measure.values, *touchpoints.CLOSED["kind"].values],
    "points": points.Measure.values,
    "anniversary": [*anniversaries.DAYS, anniversaries.FIRST_PURCHASE],
}


@pytest.mark.parametrize("kind", rules.kinds())
def test_a_leaf_has_a_section_with_its_settings_and_an_example(kind: str) -> None:
    assert kind in SECTIONS, f"docs/segments.md has no section “### {kind}”"
    section = SECTIONS[kind]
    assert [name for name in rules.kinds()[kind].settings if f"`{name}`" not in section] == []
    examples = [rules.parse(json.loads(text)) for text in re.findall(r"```json\n(.*?)```", section, flags=re.DOTALL)]
    assert [kind] in [[at.leaf.kind for at in example.leaves()] for example in examples]


@pytest.mark.parametrize("kind", WORDS)
def test_a_section_names_every_word_that_can_be_written(kind: str) -> None:
    assert [word for word in WORDS[kind] if f"`{word}`" not in SECTIONS[kind]] == []


def test_every_operator_is_explained() -> None:
    table = PAGE.partition("## Operators")[2].partition("## ")[0]
    assert [op for op in Op.values if f"`{op}`" not in table] == []


def test_no_section_speaks_of_a_leaf_that_is_not_there() -> None:
    assert set(SECTIONS) == set(rules.kinds())


def test_every_example_can_be_asked() -> None:
    assert len(EXAMPLES) > len(rules.kinds())
    for example in EXAMPLES:
        assert rules.parse(json.loads(example)).describe()
