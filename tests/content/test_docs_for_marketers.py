"""docs/content.md tells marketers everything there is: what is not in it fails here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from content import filters, sms
from content.compiled import check
from content.rendering import uses_offer
from content.templates import TAGS, parse
from content.variables import VARIABLES, Variable, examples
from members.vocabulary import Channel
from tests.content.words import draft

DOCS = (Path(__file__).parents[2] / "docs" / "content.md").read_text()


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_every_variable_is_documented_with_its_meaning_and_example(variable: Variable) -> None:
    shown = "" if variable.example is True else f"{variable.example} "
    assert f"| `{variable.name}` | {variable.meaning} | {shown}|" in DOCS


def test_no_variable_is_documented_that_does_not_exist() -> None:
    section = DOCS.partition("## Variables")[2].partition("## Conditions")[0]
    assert set(re.findall(r"^\| `([^`]+)`", section, re.MULTILINE)) == {variable.name for variable in VARIABLES}


def test_exactly_the_filters_and_tags_that_exist_are_documented() -> None:
    section = DOCS.partition("## Filters")[2].partition("## Languages")[0]
    rows = re.findall(r"^\| (`[^|]+`) \|", section, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(filters.NAMES)
    sentence = DOCS.partition("There are the tags")[2].partition("and no others")[0]
    assert set(re.findall(r"`(\w+)`", sentence)) == set(TAGS)


def test_the_examples_work() -> None:
    liquid, layout = (re.search(rf"```{kind}\n(.*?)```", DOCS, re.DOTALL) for kind in ("liquid", "xml"))
    assert liquid
    assert layout
    check(draft(text=liquid[1]))
    mail = draft("email", mjml=layout[1])
    check(mail)
    assert not uses_offer(mail)
    for inline in re.findall(r"`([^`\n]*\{[{%][^`]*)`", DOCS):
        parse("text", inline.replace("\\|", "|")).render(examples())


def test_the_lengths_of_an_sms_are_those_that_are_counted() -> None:
    assert "| 160 | 153 |" in DOCS
    assert "| 70 | 67 |" in DOCS
    assert sms.segments("^{}[]~\\|€").characters == 18
    assert sms.segments("äöüßéèàñ").encoding == sms.GSM_7
    assert sms.segments("’").encoding == sms.segments("—").encoding == sms.UCS_2


def test_every_channel_is_mentioned() -> None:
    table = DOCS.partition("| channel | fields |")[2].partition("\n\n")[0]
    assert [channel for channel in Channel if str(channel.label).lower() not in table.lower()] == []
