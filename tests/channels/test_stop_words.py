"""STOP and START words: whole replies only, in many languages."""

import re
from pathlib import Path

import pytest

from channels import stopwords
from channels.stopwords import START, STOP, Wish

STOPPING = sorted({word for words in STOP.values() for word in words})
STARTING = sorted({word for words in START.values() for word in words})


@pytest.mark.parametrize("word", STOPPING)
def test_a_stop_word_stops_however_it_is_written(word: str) -> None:
    dressings = [
        word,
        word.lower(),
        word.capitalize(),
        f"  {word}\r\n",
        f"{word}.",
        f"„{word}“",
        f'"{word}!!"',
        f"«{word}»…",
    ]
    assert {stopwords.wish(written) for written in dressings} == {Wish.STOP}


@pytest.mark.parametrize("word", STARTING)
def test_a_start_word_starts_again(word: str) -> None:
    assert {stopwords.wish(written) for written in (word, word.lower(), f"{word}!")} == {Wish.START}


@pytest.mark.parametrize(
    "text",
    [
        "arret",
        "ARRÊT",
        "Arre\u0302t",
        "ＳＴＯＰ",
        "st\u200bop",
        "iptal",
        "IPTAL",
        "ıptal",
        "Opt-Out",
        "STOP 🙏",
        "Stop ❤️",
        "Stopp ✌🏽️",
        "stop 👨‍👩‍👧",
        "STOP\ufe0f",
        "🛑\ufe0f STOP 🛑",
        "stop, stop",
        "/stop",
    ],
)
def test_accents_width_invisible_marks_and_repetition_do_not_matter(text: str) -> None:
    assert stopwords.wish(text) is Wish.STOP


@pytest.mark.parametrize(
    "text",
    [
        "non-stop shopping",
        "please don't stop",
        "Don’t stop",
        "stop it, I love your shop",
        "I stopped by today",
        "the end",
        "nonstop",
        "s t o p",
        "Stopp-Schild gekauft",
        "no quit",
        "hello",
        "",
        "...",
        "👍",
        "1",
        "restart",
        "start tomorrow?",
        "/start",
        " /START",
    ],
)
def test_words_within_a_reply_ask_for_nothing(text: str) -> None:
    assert stopwords.wish(text) is None


def test_no_word_both_stops_and_starts() -> None:
    assert not {stopwords.plain(word) for word in STOPPING} & {stopwords.plain(word) for word in STARTING}


def test_the_documentation_lists_every_word_and_no_other() -> None:
    page = (Path(__file__).parents[2] / "docs" / "stop-words.md").read_text()
    stop, start = page.split("## STOP")[1].split("## START")
    for part, words in ((stop, STOP), (start, START)):
        listed = dict(re.findall(r"^\| ([A-Z][^|]+) \| ([^|]+) \|$", part, re.MULTILINE))
        assert listed == {language: ", ".join(those) for language, those in words.items()}
