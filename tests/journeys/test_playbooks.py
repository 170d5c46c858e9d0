"""The playbooks: each brings what it needs, can be published, and speaks well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from channels.models import Team
from content import sms, variables
from content.models import Content, Offer, Variant
from content.rendering import render
from journeys import definitions, publishing
from journeys.definitions import BadDefinition
from journeys.models import Journey, Version
from journeys.playbooks import installing, library
from journeys.steps.base import kinds
from journeys.vocabulary import JourneyKind
from members.models import Segment
from tests.cast import NOW

ALL = library.shelf()
MONEY = re.compile(r"[$€£¥]|\b(USD|EUR|GBP)\b|\d+[.,]\d\d\b")
MARKUP = re.compile(r"#[0-9a-f]{6}|https?://\S+")


@cache
def contents() -> list[dict[str, Any]]:
    """The contents of all playbooks."""
    return [dict(content) for key in ALL for content in library.load(key).contents]


def variants(*channels: str) -> Iterator[Variant]:
    """The variants of some channels, or of all."""
    for content in contents():
        about = Content(key=content["key"], name=content["name"])
        for values in content["variants"]:
            if not channels or values["channel"] in channels:
                yield Variant(content=about, **values)


def steps_of(text: Any) -> Iterator[dict[str, Any]]:
    """Every step that stands anywhere in a definition."""
    if isinstance(text, dict):
        if "kind" in text and "key" in text and text["kind"] in kinds():
            yield text
        for inner in text.values():
            yield from steps_of(inner)
    elif isinstance(text, list):
        for inner in text:
            yield from steps_of(inner)


def test_there_is_a_playbook_of_each_kind() -> None:
    assert {library.load(key).journey["kind"] for key in ALL} == set(JourneyKind.values)


def test_the_playbooks_show_every_kind_of_step_entry_and_re_entry() -> None:
    """Every kind of step but those that need what no playbook can bring: another journey, a receiver of your own."""
    journeys = [library.load(key).journey for key in ALL]
    assert {step["kind"] for journey in journeys for step in steps_of(journey["steps"])} == set(kinds()) - {
        "enter",
        "webhook",
    }
    assert {kind for journey in journeys for kind in journey["entry"]} == {"segment", "fact", "date"}


@pytest.mark.parametrize("key", ALL)
def test_a_playbook_can_be_published_on_its_own(db: None, key: str) -> None:
    installed = installing.install(library.load(key))
    assert not installed.kept
    version = publishing.publish(installed.journey, installed.journey.draft, NOW)
    assert version.steps.exists()


def test_the_journeys_of_playbooks_are_written_in_the_canonical_order() -> None:
    for key in ALL:
        journey = library.load(key).journey
        again = definitions.read(definitions.written(journey))
        assert again == journey
        assert repr(again) == repr(journey), key  # as repr, since mappings are equal in any order


def test_every_promotional_message_can_be_stopped() -> None:
    for variant in variants("email"):
        assert '<a href="{{ unsubscribe_url }}">' in variant.mjml, variant
        assert "{{ unsubscribe_url }}" in variant.text, variant
    for variant in variants("sms", "chat"):
        assert "STOP" in variant.text, variant


def test_prices_come_from_the_offer_alone() -> None:
    for variant in variants():
        for words in (variant.subject, variant.text, variant.mjml):
            found = MONEY.search(MARKUP.sub("", words))
            assert not found, (variant, found)


def test_every_variant_can_be_filled_in() -> None:
    for variant in variants():
        made = render(variant, variables.examples(), "https://example.com/u/7")
        assert made.text.strip()
        assert "{{" not in made.subject + made.text + made.html


def test_text_messages_are_short() -> None:
    for variant in variants("sms"):
        text = render(variant, variables.examples()).text.replace("€", "$")
        assert sms.segments(text).segments == 1 or variant.language != "en", (variant, text)
        assert sms.segments(text).segments <= 2, (variant, text)
        assert not sms.segments(text).beyond, variant


def test_a_content_speaks_each_of_its_languages_in_every_channel() -> None:
    for content in contents():
        spoken = {(one["channel"], one["language"]) for one in content["variants"]}
        channels, languages = {channel for channel, _ in spoken}, {language for _, language in spoken}
        assert "en" in languages
        assert spoken == {(channel, language) for channel in channels for language in languages}, content["key"]


def test_some_playbooks_speak_more_than_english() -> None:
    speaking = {key for key in ALL if {"de", "fr"} & _languages(key)}
    assert len(speaking) >= 2


def _languages(key: str) -> set[str]:
    return {one["language"] for content in library.load(key).contents for one in content["variants"]}


def counts() -> list[int]:
    models: list[Any] = [Segment, Offer, Team, Content, Variant, Journey, Version]
    return [model.objects.count() for model in models]


def test_loading_twice_changes_nothing(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_playbook", "--all", "--publish")
    before = counts()
    capsys.readouterr()
    call_command("load_playbook", "--all", "--publish")
    assert counts() == before
    assert "made nothing" in capsys.readouterr().out
    assert set(Journey.objects.values_list("state", flat=True)) == {"live"}


def test_what_a_marketer_has_changed_stays(db: None) -> None:
    call_command("load_playbook", "birthday")
    Offer.objects.update(price="7.77")
    Variant.objects.update(text="Our own words, {{ offer.price }}")
    call_command("load_playbook", "birthday")
    assert str(Offer.objects.get().price) == "7.77"
    assert set(Variant.objects.values_list("text", flat=True)) == {"Our own words, {{ offer.price }}"}


def test_offers_are_made_in_the_currency_of_the_house(db: None, settings: Any) -> None:
    settings.CHORALE_CURRENCY = "USD"
    installing.install(library.load("birthday"))
    assert Offer.objects.get().currency == "USD"


def test_a_playbook_that_is_not_there(db: None) -> None:
    with pytest.raises(
        CommandError, match="Playbook birthdya: there is no playbook `birthdya`; did you mean `birthday`"
    ):
        call_command("load_playbook", "birthdya")
    with pytest.raises(CommandError, match="Name a playbook, or say --all"):
        call_command("load_playbook")


def test_the_list_says_what_each_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_playbook", "--list")
    assert [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()] == ALL


JOURNEY = """
journey:
  key: own
  name: Own
  kind: greeting
  entry: {date: {of: birthday}}
  steps: [{key: out, kind: exit}]
"""
MISTAKES = [
    ("segments: [{key: a, name: A, rule: {tag: {nam: x}}}]", "segments[0].rule.tag.nam: "),
    ("segments: [{name: A}]", "segments[0]: the setting `key` is missing"),
    ("offers: [{key: a, name: A, slot: main, price: '-1', currency: EUR}]", "offers[0]"),
    ("offers: [{key: a, name: A, slot: main, price: ten}]", "offers[0].price: "),
    ("offers: [{key: a, name: A, slot: main, price: '1', prize: '2'}]", "offers[0].prize: there is no setting"),
    ("teams: [{key: a, name: A, capacity: 3}]", "teams[0].capacity: there is no setting of this name here; did you"),
    ("contents: [{key: a, name: A}]", "contents[0]: the setting `variants` is missing"),
    ("contents: [{key: a, name: A, purpose: fun, variants: []}]", "contents[0].purpose: "),
    (
        "contents: [{key: a, name: A, variants: [{channel: sms, language: en, text: 'Hi {{ member.frist_name }}'}]}]",
        "contents[0].variants[0].text: ",
    ),
    (
        "contents: [{key: a, name: A, variants: [{channel: fax, language: en, text: Hi}]}]",
        "contents[0].variants[0].channel",
    ),
    (
        "contents: [{key: a, name: A, variants: [{channel: [sms], language: en, text: Hi}]}]",
        "contents[0].variants[0].channel: this must be a text, a number,",
    ),
    (
        "contents: [{key: a, name: A, variants: [{channel: sms, language: en, text: null}]}]",
        "contents[0].variants[0].text: this must be a text, a number,",
    ),
    ("offers: [{key: a, name: {en: A}, slot: main, price: '1'}]", "offers[0].name: this must be a text, a number,"),
    ("recipes: []", "recipes: there is no setting of this name here"),
    ("teams: {}", "teams: this must be a list of mappings."),
    ("teams: [a]", "teams[0]: This is a mapping of names to values."),
]


@pytest.mark.parametrize(("part", "sentence"), MISTAKES, ids=[sentence for _part, sentence in MISTAKES])
def test_a_mistake_in_a_playbook_installs_nothing(db: None, part: str, sentence: str) -> None:
    before = counts()
    with pytest.raises(BadDefinition) as caught:
        installing.install(library.parse("own", f"summary: Own\n{part}\n{JOURNEY}"))
    assert str(caught.value).startswith(sentence)
    assert counts() == before


def test_a_playbook_without_a_journey_or_summary(db: None) -> None:
    with pytest.raises(BadDefinition, match="the setting `journey` is missing"):
        library.parse("own", "summary: Own")
    with pytest.raises(BadDefinition, match="the setting `summary` is missing"):
        library.parse("own", JOURNEY)
