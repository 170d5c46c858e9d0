"""Addresses come in any notation and are kept in one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from members.identities import LONGEST, BadAddress, normalise


@pytest.mark.parametrize(
    ("channel", "written", "kept"),
    [
        ("sms", "+44 7700 900123", "+447700900123"),
        ("sms", " +49 (0)30 123456 ", "+4930123456"),
        ("sms", "tel:+1-202-555-0123", "+12025550123"),
        ("email", " Ada.Berg@Example.COM ", "ada.berg@example.com"),
        ("email", "ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("chat", " 123456789 ", "123456789"),
    ],
)
def test_one_form_for_every_notation(channel, written, kept):
    assert normalise(channel, written) == kept
    assert normalise(channel, kept) == kept


def test_a_region_completes_numbers_written_without_a_country():
    assert normalise("sms", "030 123456", "DE") == "+4930123456"
    assert normalise("sms", "00447700900123", "DE") == "+447700900123"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("49155 50100001", "+4915550100001"),  # as caller lists and chats show it
        ("4917012345678", "+4917012345678"),
        ("0155 50100001", "+4915550100001"),
        ("4921 123456", "+494921123456"),  # Emden without its zero, no landline of Düsseldorf with the country's code
        ("4931 12", "+49493112"),
        ("0049 4921 123456", "+494921123456"),
    ],
)
def test_a_mobile_number_with_the_own_countrys_code_and_no_plus_does_not_get_the_code_twice(written, kept):
    assert normalise("sms", written, "DE") == kept


@pytest.mark.parametrize(
    ("channel", "written"),
    [
        ("sms", ""),
        ("sms", "030 123456"),  # no country
        ("sms", "+49 12"),  # too short
        ("sms", "+4930123456 ext. 7"),
        ("sms", "call me"),
        ("sms", "+999123456789"),
        ("email", ""),
        ("email", "ada"),
        ("email", "ada@"),
        ("email", "@example.com"),
        ("email", "ada@example.com\nBcc: x@example.com"),
        ("email", "ada berg@example.com"),
        ("email", "ådå@example.com"),
        ("email", '"\x01"@example.com'),
        ("email", '"a\x7fb"@example.com'),
        ("email", f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 63}.example"),
        ("chat", ""),
        ("chat", "12 34"),
        ("chat", "9" * (LONGEST + 1)),
        ("desk", "room 7"),
        ("pigeon", "coop 1"),
    ],
)
def test_what_cannot_be_an_address_gets_a_sentence(channel, written):
    with pytest.raises(BadAddress, match=r"^“.*”.*; write .*\.$|^“.*” has no addresses"):
        normalise(channel, written)


@given(st.sampled_from(["sms", "email", "chat"]), st.text(max_size=80), st.sampled_from([None, "DE", "US"]))
def test_any_text_is_refused_or_kept_in_a_form_that_stays(channel, written, region):
    try:
        kept = normalise(channel, written, region)
    except BadAddress:
        return
    assert kept.isascii()
    assert kept.isprintable()
    assert 0 < len(kept) <= LONGEST
    assert normalise(channel, kept) == kept
