"""Passes: what the QR code of a grant says to the counter. Signed, and over after minutes.

The page of the grant draws a new one whenever somebody looks at it. So a pass proves that the page is open right now;
one that was photographed, or that lies in somebody's gallery, is refused.

A pass is a word of capital letters and digits, which is what QR codes hold most compactly and what scanners that type
get right on every keyboard.
"""

from __future__ import annotations

from base64 import b32decode, b32encode
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

VALID = timedelta(minutes=5)
# Servers whose clocks differ by less than this understand each other.
AHEAD = timedelta(seconds=30)

_MARK = "P"
_SIGNED_BYTES, _MAC_BYTES = 10, 10  # four for the second and six for the grant; 80 bits of signature
_LENGTH = len(_MARK) + (_SIGNED_BYTES + _MAC_BYTES) * 8 // 5


class PassOver(Exception):
    """The pass was made here, too long ago; the message is a sentence that says what to do."""


def issue(grant_id: int, now: datetime) -> str:
    """Return the pass of a grant as of now."""
    signed = int(now.timestamp()).to_bytes(4, "big") + grant_id.to_bytes(6, "big")
    return _MARK + b32encode(signed + _mac(signed, settings.SECRET_KEY)).decode()


def read(typed: str, now: datetime) -> int | None:
    """Return the id of the grant that a pass names; None for what is no pass that was made here. Raises PassOver."""
    signed = _genuine(typed.strip().upper())
    if signed is None:
        return None
    issued = datetime.fromtimestamp(int.from_bytes(signed[:4], "big"), UTC)
    if not now - VALID < issued < now + AHEAD:
        raise PassOver(_("This QR code is an old one: it holds for five minutes. Ask for the offer's page itself."))
    return int.from_bytes(signed[4:], "big")


def _genuine(text: str) -> bytes | None:
    if len(text) != _LENGTH or not text.startswith(_MARK):
        return None
    try:
        packed = b32decode(text[len(_MARK) :])
    except ValueError:
        return None
    signed, mac = packed[:_SIGNED_BYTES], packed[_SIGNED_BYTES:]
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return signed if any(constant_time_compare(mac, _mac(signed, secret)) for secret in secrets) else None


def _mac(signed: bytes, secret: str | bytes) -> bytes:
    # The salt is the audience: what is signed for other uses is no pass, and a pass opens nothing else.
    return salted_hmac("chorale pass for the counter", signed.hex(), secret, algorithm="sha256").digest()[:_MAC_BYTES]
