"""The length of an SMS: the alphabet, the places and the segments, against a plain reading of the standard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.sms import GSM_7, UCS_2, SmsLength, segments

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = "\f^{}\\[~]|€"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", SmsLength(GSM_7, 0, 0)),
        ("a" * 160, SmsLength(GSM_7, 160, 1)),
        ("a" * 161, SmsLength(GSM_7, 161, 2)),
        ("a" * 306, SmsLength(GSM_7, 306, 2)),
        ("a" * 307, SmsLength(GSM_7, 307, 3)),
        ("€" * 80, SmsLength(GSM_7, 160, 1)),
        ("€" * 81, SmsLength(GSM_7, 162, 2)),
        # An escape and its code stay together: 76 signs in each part of 153 places, not 76 and a half.
        ("€" * 152, SmsLength(GSM_7, 304, 2)),
        ("€" * 153, SmsLength(GSM_7, 306, 3)),
        ("ж" * 70, SmsLength(UCS_2, 70, 1, "ж")),
        ("ж" * 71, SmsLength(UCS_2, 71, 2, "ж")),
        ("ж" * 134, SmsLength(UCS_2, 134, 2, "ж")),
        ("ж" * 135, SmsLength(UCS_2, 135, 3, "ж")),
        ("🎁" * 35, SmsLength(UCS_2, 70, 1, "🎁")),
        ("🎁" * 66, SmsLength(UCS_2, 132, 2, "🎁")),
        ("🎁" * 67, SmsLength(UCS_2, 134, 3, "🎁")),
        ("It’s “new”", SmsLength(UCS_2, 10, 1, "’“”")),
    ],
)
def test_known_lengths(text: str, expected: SmsLength) -> None:
    assert segments(text) == expected


def test_the_alphabet_is_the_whole_one() -> None:
    assert len(BASIC) == 127  # 128 codes, one of which is the escape
    assert segments(BASIC) == SmsLength(GSM_7, 127, 1)
    assert segments(EXTENDED) == SmsLength(GSM_7, 20, 1)


def naive(text: str) -> tuple[str, int, int]:
    """Write the units of every character into parts by hand."""
    if all(letter in BASIC + EXTENDED for letter in text):
        encoding, single, part = GSM_7, 160, 153
        units = [["esc", letter] if letter in EXTENDED else [letter] for letter in text]
    else:
        encoding, single, part = UCS_2, 70, 67
        units = [["high", "low"] if ord(letter) > 0xFFFF else [letter] for letter in text]
    total = sum(map(len, units))
    if total <= single:
        return encoding, total, 1 if text else 0
    parts: list[list[str]] = [[]]
    for unit in units:
        if len(parts[-1]) + len(unit) > part:
            parts.append([])
        parts[-1] += unit
    return encoding, total, len(parts)


ordinary = st.text(st.sampled_from(BASIC + EXTENDED * 5), max_size=500)
anything = st.text(st.one_of(st.sampled_from(BASIC), st.characters(exclude_categories=["Cs"])), max_size=300)


@given(st.one_of(ordinary, anything))
def test_any_text_is_as_long_as_counting_by_hand_says(text: str) -> None:
    found = segments(text)
    assert (found.encoding, found.characters, found.segments) == naive(text)


@pytest.mark.django_db
def test_a_price_leaves_an_sms_in_gsm_7() -> None:
    """The euro sign costs two characters, a blank that does not break would cost the whole alphabet."""
    from content.models import Content, Variant
    from content.rendering import render
    from content.sms import segments

    made = Content.objects.create(key="price", name="Price")
    text = "Nur {{ offer.price }}"
    variant = Variant.objects.create(content=made, channel="sms", language="de", text=text)
    rendered = render(variant, {"offer": {"price": "10,00\u00a0€"}})
    assert rendered.text == "Nur 10,00 €"
    assert segments(rendered.text).encoding.startswith("GSM")
