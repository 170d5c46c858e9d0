"""How long a text is as an SMS: the alphabet it needs and the segments a carrier bills (3GPP TS 23.038, 23.040)."""

from __future__ import annotations

from dataclasses import dataclass

# The GSM 7-bit default alphabet, in the order of its codes (0x1B, the escape to the extension, left out).
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# The extension table: each of these takes an escape and a code.
_EXTENSION = frozenset("\f^{}\\[~]|€")

GSM_7, UCS_2 = "GSM-7", "UCS-2"
# Characters in a message of one segment, and in each segment of a longer one, which also carries a header.
_ROOM = {GSM_7: (160, 153), UCS_2: (70, 67)}


@dataclass(frozen=True)
class SmsLength:
    """`characters` counts places: two for one of the extension table or outside the BMP. An empty text has no segment.

    `beyond` holds the characters that GSM-7 lacks, each once in order: without them the text would be cheaper.
    """

    encoding: str
    characters: int
    segments: int
    beyond: str = ""


def segments(text: str) -> SmsLength:
    """Return how a carrier sends this text."""
    beyond = "".join(dict.fromkeys(letter for letter in text if letter not in _BASIC and letter not in _EXTENSION))
    encoding = UCS_2 if beyond else GSM_7
    widths = [_width(letter, encoding) for letter in text]
    whole, part = _ROOM[encoding]
    total = sum(widths)
    return SmsLength(encoding, total, min(total, 1) if total <= whole else _parts(widths, part), beyond)


def _width(letter: str, encoding: str) -> int:
    if encoding == GSM_7:
        return 2 if letter in _EXTENSION else 1
    return 2 if ord(letter) > 0xFFFF else 1  # a surrogate pair


def _parts(widths: list[int], room: int) -> int:
    """Count segments; an escape and its code, or the halves of a surrogate pair, are never torn apart."""
    count, used = 1, 0
    for width in widths:
        if used + width > room:
            count, used = count + 1, 0
        used += width
    return count
