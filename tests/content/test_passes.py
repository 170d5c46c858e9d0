"""Passes: signed for the counter, over after five minutes, and worth nothing once altered."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import override_settings

from content.offers import addresses, passes
from content.offers.passes import AHEAD, VALID, PassOver
from tests.cast import DAY, NOW

SECOND = timedelta(seconds=1)


def test_a_pass_names_its_grant_for_five_minutes() -> None:
    made = passes.issue(4711, NOW)

    assert passes.read(made, NOW) == 4711
    assert passes.read(f" {made.lower()}\n", NOW + VALID - SECOND) == 4711


def test_an_old_pass_is_refused_with_what_to_do() -> None:
    made = passes.issue(4711, NOW)

    for late in (VALID, DAY):
        with pytest.raises(PassOver) as refused:
            passes.read(made, NOW + late)
        assert str(refused.value).startswith("This QR code is an old one: it holds for five minutes.")


def test_clocks_may_differ_a_little_and_no_more() -> None:
    assert passes.read(passes.issue(1, NOW + AHEAD - SECOND), NOW) == 1
    with pytest.raises(PassOver):
        passes.read(passes.issue(1, NOW + AHEAD + SECOND), NOW)


def test_no_letter_of_a_pass_can_be_altered() -> None:
    made = passes.issue(4711, NOW)

    for place, letter in enumerate(made):
        other = "A" if letter != "A" else "B"
        assert passes.read(made[:place] + other + made[place + 1 :], NOW) is None


@pytest.mark.parametrize("typed", ["", "P", "P" * 33, "M-1001", "K7QM2-XWPBD", "1" * 33, "ß" * 33, "P" + "\0" * 32])
def test_what_is_no_pass_is_left_to_others(typed: str) -> None:
    assert passes.read(typed, NOW) is None


def test_a_pass_is_one_word_of_capital_letters_and_digits() -> None:
    made = passes.issue(2**47, NOW)
    assert (made.isalnum(), made.isascii(), made.upper()) == (True, True, made)
    assert passes.read(made, NOW) == 2**47


def test_a_retired_secret_still_verifies_and_a_strange_one_does_not() -> None:
    with override_settings(SECRET_KEY="the one before"):
        made = passes.issue(4711, NOW)

    assert passes.read(made, NOW) is None
    with override_settings(SECRET_KEY_FALLBACKS=["the one before"]):
        assert passes.read(made, NOW) == 4711


def test_the_address_of_a_grant_s_page_is_no_pass_and_cannot_be_made_from_its_id() -> None:
    known = uuid4()
    token = addresses.page_url(known).rsplit("/", 2)[1]

    assert addresses.named(token) == known
    assert passes.read(token, NOW) is None
    assert addresses.named(token[:22] + "A" * 16) is None
    assert addresses.named(str(known)) is None
    assert addresses.named(addresses.page_url(None).rsplit("/", 2)[1]) is None
    assert addresses.named("") is None
