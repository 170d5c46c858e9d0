"""Invented reactions: the same each time for a seed, in the shares that the profile names."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from channels import stopwords
from channels.sandbox.reactions import DEMO, NONE, PLAIN, Act, Reaction


def drawn(channel: str, size: int = 4000, seed: str = "chorale") -> list[list[Reaction]]:
    return [DEMO.reactions(seed, channel, f"{number}@example.com", 0) for number in range(size)]


def test_the_same_seed_draws_the_same_and_another_one_others() -> None:
    assert drawn("email") == drawn("email")
    assert drawn("email") != drawn("email", seed="another")


def test_the_next_message_to_an_address_has_a_fate_of_its_own() -> None:
    fates = {tuple(DEMO.reactions("chorale", "sms", "+49155", ordinal)) for ordinal in range(20)}
    assert len(fates) == 20


@pytest.mark.parametrize("channel", ["email", "sms", "chat"])
def test_shares_are_those_of_the_profile(channel: str) -> None:
    found = Counter(reaction.act for reactions in drawn(channel) for reaction in reactions)
    lost = sum(DEMO.shares[channel].get(act, 0) for act in (Act.BOUNCED, Act.FAILED))
    for act, share in DEMO.shares[channel].items():
        expected = 4000 * share * (1 if act in {Act.BOUNCED, Act.FAILED} else 1 - lost)
        assert abs(found[act] - expected) <= 4 * max(expected, 4) ** 0.5, act


def test_what_did_not_arrive_is_not_clicked_and_what_did_arrives_first() -> None:
    for reactions in drawn("sms"):
        acts = [reaction.act for reaction in reactions]
        assert acts[0] is Act.DELIVERED or len(acts) == 1
        assert [reaction.after for reaction in reactions] == sorted(reaction.after for reaction in reactions)


def test_who_stops_says_a_stop_word_and_who_answers_does_not() -> None:
    said = [reaction for reactions in drawn("sms") for reaction in reactions if reaction.text]
    assert {reaction.act for reaction in said} == {Act.REPLIED, Act.STOPPED}
    for reaction in said:
        stops = stopwords.wish(reaction.text) is stopwords.Wish.STOP
        assert stops == (reaction.act is Act.STOPPED)


def test_a_pace_shortens_the_waiting_alone() -> None:
    slow, fast = (profile.reactions("chorale", "sms", "+1", 0) for profile in (DEMO, replace(DEMO, pace=0.01)))
    assert [each.act for each in slow] == [each.act for each in fast]
    for before, after in zip(slow, fast, strict=True):
        assert abs(before.after * 0.01 - after.after) < timedelta(milliseconds=1)


def test_the_plain_profile_delivers_and_the_empty_one_does_nothing() -> None:
    assert [each.act for each in PLAIN.reactions("s", "sms", "+1", 0)] == [Act.DELIVERED]
    assert NONE.reactions("s", "sms", "+1", 0) == []
