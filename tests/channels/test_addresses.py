"""The signed addresses that leave with a message."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from channels import addresses

KEY = str(uuid4())


def token(key: str = KEY) -> str:
    return addresses.unsubscribe_url(key).rsplit("/", 1)[1]


def test_an_unsubscribe_address_leads_back_to_its_message() -> None:
    assert addresses.unsubscribe_url(KEY).startswith(f"{settings.CHORALE_PUBLIC_URL}/u/")
    assert addresses.verify_unsubscribe(token()) == KEY


def test_an_unsubscribe_token_of_another_message_cannot_be_made_from_a_known_one() -> None:
    forged = token(str(uuid4()))[:22] + token()[22:]
    assert addresses.verify_unsubscribe(forged) is None


@given(st.text(max_size=60))
def test_an_invented_token_is_nobody_s(invented: str) -> None:
    assert addresses.verify_unsubscribe(invented) is None


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: t + "A", lambda t: t.swapcase(), lambda t: t + "="])
def test_a_changed_token_is_nobody_s(change: Callable[[str], str]) -> None:
    assert addresses.verify_unsubscribe(change(token())) is None


def test_a_receipt_address_is_good_for_one_message_of_one_sender() -> None:
    found = re.search(r"/hooks/one/\?message=([^&]+)&signature=([^&]+)$", addresses.receipt_url("one", KEY))
    assert found is not None
    assert found[1] == KEY
    assert addresses.verify_receipt("one", KEY, found[2])
    assert not addresses.verify_receipt("two", KEY, found[2])
    assert not addresses.verify_receipt("one", str(uuid4()), found[2])
    assert not addresses.verify_receipt("one", KEY, "")


def test_addresses_have_no_character_that_a_carrier_could_read_as_a_placeholder() -> None:
    for _ in range(100):
        key = str(uuid4())
        assert "%" not in addresses.receipt_url("one", key) + addresses.unsubscribe_url(key)


def test_addresses_signed_with_a_retired_secret_still_work(settings: Settings) -> None:
    old = token()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another one"
    assert addresses.verify_unsubscribe(old) == KEY
    settings.SECRET_KEY_FALLBACKS = []
    assert addresses.verify_unsubscribe(old) is None
