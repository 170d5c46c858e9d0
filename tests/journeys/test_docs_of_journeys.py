"""docs/journeys.md and docs/steps/ tell everything that a definition can say: what is not in them fails here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from channels import subscriptions
from channels.models import Team
from content.models import Content
from content.offers import Verdict
from journeys import definitions
from journeys.definition import text
from journeys.definition.canonical import HEAD, PATH
from journeys.definition.entry import DATES, ENTRIES, GOAL, RE_ENTRY, RUNS
from journeys.definition.facts import FACTS
from journeys.definition.fields import DURATION
from journeys.models import Journey
from journeys.playbooks import library
from journeys.steps.base import kinds
from journeys.vocabulary import JourneyKind
from tests.content.promises import offer
from tests.journeys.shop import content, definition

DOCS = Path(__file__).parents[2] / "docs"
JOURNEYS = (DOCS / "journeys.md").read_text(encoding="utf-8")
STEPS = DOCS / "steps"


def page(kind: str) -> str:
    return (STEPS / f"{kind}.md").read_text(encoding="utf-8")


def section(title: str, source: str = JOURNEYS) -> str:
    """What stands between a heading and the next one of its level or higher."""
    level = title.split(maxsplit=1)[0]
    _before, found, after = source.partition(f"\n{title}\n")
    assert found, title
    return re.split(rf"\n#{{2,{len(level)}}} ", after)[0]


def rows(source: str) -> list[str]:
    """The first cells of the tables, as words in backticks."""
    return re.findall(r"^\| \[?`([^`]+)`", source, re.MULTILINE)


def test_every_kind_of_step_has_a_page_and_a_row() -> None:
    assert {path.stem for path in STEPS.glob("*.md")} == set(kinds())
    assert rows(section("## Steps")) == list(kinds())


@pytest.mark.parametrize("kind", kinds())
def test_a_page_tells_exactly_the_settings_that_there_are(kind: str) -> None:
    assert sorted(rows(page(kind))) == sorted(kinds()[kind].names)


@pytest.mark.parametrize("kind", kinds())
def test_a_page_names_every_outcome(kind: str) -> None:
    outcomes = kinds()[kind].outcomes({"paths": []})
    assert all(f"`{outcome}`" in page(kind) for outcome in outcomes)


def examples(source: str) -> Iterator[Any]:
    for found in re.findall(r"```yaml\n(.*?)```", source, re.DOTALL):
        yield text.parse(found)


def provide(value: Any) -> None:
    """Make what an example refers to."""
    if isinstance(value, dict):
        for name, made in (
            ("content", said),
            ("offer", promised),
            ("team", employed),
            ("journey", drawn),
            ("receiver", listening),
        ):
            if isinstance(value.get(name), str):
                made(value[name])
        value = list(value.values())
    for inner in value if isinstance(value, list) else []:
        provide(inner)


def said(key: str) -> None:
    if not Content.objects.filter(key=key).exists():
        content(key, "email", "sms", "chat", "desk")


def promised(key: str) -> None:
    offer(key)


def drawn(key: str) -> None:
    Journey.objects.get_or_create(key=key, name=key)


def listening(name: str) -> None:
    subscriptions.add(name, {"url": "https://shop.example/hooks", "events": ["journey.step"]})


def employed(key: str) -> None:
    Team.objects.create(key=key, name=key)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", kinds())
def test_the_examples_of_a_page_are_good(kind: str) -> None:
    [steps] = examples(page(kind))
    provide(steps)
    goal = {"rule": {"purchases": {"measure": "count", "op": "gte", "value": 1}}}
    assert kind in {step.kind for step in definitions.check(definition(*steps, goal=goal)).steps}


@pytest.mark.django_db
def test_the_example_of_a_whole_journey_is_good_and_canonical() -> None:
    [source] = re.findall(r"```yaml\n(.*?)```", JOURNEYS, re.DOTALL)
    provide(text.parse(source))
    assert definitions.written(definitions.check(definitions.read(source)).definition) == source


def test_every_part_of_the_head_is_told() -> None:
    assert rows(section("## The head")) == list(HEAD)
    assert all(f"`{name}`" in section("## The head") for name in (*GOAL, *RUNS))
    assert all(f"`{kind}`" in section("## The head") for kind in JourneyKind.values)


@pytest.mark.parametrize("kind", ENTRIES)
def test_every_kind_of_entry_is_told_with_its_settings(kind: str) -> None:
    names, _check = ENTRIES[kind]
    assert rows(section(f"### `{kind}`")) == list(names)


def test_the_values_of_entries_are_told() -> None:
    assert all(f"`{date}`" in section("### `date`") for date in DATES)
    assert all(f"`{topic}`" in section("### `fact`") for topic in FACTS)
    assert all(f"`{date}`" in page("wait") for date in DATES)
    assert all(f"`{topic}`" in page("wait_for") for topic in FACTS)


def test_every_form_of_re_entry_is_told() -> None:
    assert [name.partition(":")[0] for name in rows(section("## Entering again"))] == ["re_entry", *RE_ENTRY]


def test_what_stands_in_paths_and_durations_is_told() -> None:
    assert all(f"`{name}`" in page("branch") + page("split") for name in PATH)
    assert all(f"`{name}`" in JOURNEYS for name in DURATION)


def test_every_playbook_is_told() -> None:
    assert rows(section("## Playbooks")) == library.shelf()
    assert all(f"`{part}`" in section("## Playbooks") for part in library.PARTS)


def test_the_reasons_of_a_grant_are_told() -> None:
    reasons = (DOCS / "reasons.md").read_text(encoding="utf-8")
    refusing = {Verdict.SLOT_TAKEN.value, Verdict.OFFER_OVER.value}
    assert set(rows(section("## Why an offer was not granted", reasons))) == refusing
