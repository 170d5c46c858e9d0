"""The address of a grant's own page: what a message about it links to, for the one member whom it was promised to.

It names the grant by its public id and is signed for this use alone: whoever saw an id on a screen of the counter
cannot make the address from it. It lives as long as the grant does.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

_KEY_LENGTH = 22  # 16 bytes in base64 without padding
_SIGNATURE_BYTES = 12  # 96 bits: out of reach by trying, and still short enough for an SMS
_SAMPLE = "sample"


def page_url(public_id: UUID | None) -> str:
    """Return the address of the page of a grant; without one, an address for previews that leads to no offer."""
    return f"{settings.CHORALE_PUBLIC_URL}/o/{_token(public_id)}/"


def picture_url(public_id: UUID | None) -> str:
    """Return the address of the picture of a grant's QR code, drawn anew whenever somebody looks at it."""
    return f"{page_url(public_id)}code.png"


def named(token: str) -> UUID | None:
    """Return the public id of the grant that the token in an address names, None where it was not made here."""
    packed, signature = token[:_KEY_LENGTH], token[_KEY_LENGTH:]
    try:
        found = UUID(bytes=urlsafe_b64decode(packed + "=="))
    except ValueError:
        return None
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    genuine = any(constant_time_compare(signature, _signature(found, secret)) for secret in secrets)
    return found if genuine and _packed(found) == packed else None


def _token(public_id: UUID | None) -> str:
    return _packed(public_id) + _signature(public_id, settings.SECRET_KEY) if public_id else _SAMPLE


def _packed(public_id: UUID) -> str:
    return urlsafe_b64encode(public_id.bytes).decode()[:_KEY_LENGTH]


def _signature(public_id: UUID, secret: str | bytes) -> str:
    digest = salted_hmac("chorale grant page", str(public_id), secret, algorithm="sha256").digest()
    return urlsafe_b64encode(digest[:_SIGNATURE_BYTES]).decode()
