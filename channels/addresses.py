"""The addresses that leave with a message: where a member stops it, and where the carrier reports what became of it.

Both name one message and are signed, so that nobody can guess or alter one; neither ever expires, as RFC 8058 mails lie
in a mailbox for years. Only letters, digits, `-` and `_` appear, for carriers that give `%` a meaning of their own.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare
from django.utils.encoding import force_bytes

_KEY_LENGTH = 22  # 16 bytes in base64 without padding
_SIGNATURE_BYTES = 12  # 96 bits: out of reach by trying, and still short enough for an SMS


def unsubscribe_url(key: str) -> str:
    """Return the address where the member who got the message `key` (its public id) stops such messages."""
    packed = urlsafe_b64encode(UUID(key).bytes).decode()[:_KEY_LENGTH]
    return f"{settings.CHORALE_PUBLIC_URL}/u/{packed}{_signature('unsubscribe', key, settings.SECRET_KEY)}"


def sample_unsubscribe_url() -> str:
    """Return an address that looks like `unsubscribe_url` and stops nothing: whoever tests a content may click it."""
    return f"{settings.CHORALE_PUBLIC_URL}/u/test"


def verify_unsubscribe(token: str) -> str | None:
    """Return the key of the message that an unsubscribe token names, None when the token was not made here."""
    packed, signature = token[:_KEY_LENGTH], token[_KEY_LENGTH:]
    try:
        key = str(UUID(bytes=urlsafe_b64decode(packed + "==")))
    except ValueError:
        return None
    return key if _signed("unsubscribe", key, signature) else None


def hook_url(sender_token: str) -> str:
    """Return the address where the carrier of a sender reports; carriers that sign their calls need nothing more."""
    return f"{settings.CHORALE_PUBLIC_URL}/hooks/{sender_token}/"


def receipt_url(sender_token: str, key: str) -> str:
    """Return the address where a carrier reports on the message `key` of the sender with this token.

    It ends in a query, to which an adapter may add parameters with `&`.
    """
    signature = _signature(f"receipt {sender_token}", key, settings.SECRET_KEY)
    return f"{hook_url(sender_token)}?message={key}&signature={signature}"


def verify_receipt(sender_token: str, key: str, signature: str) -> bool:
    """Say whether a call to `receipt_url` names the message that it was made for."""
    return _signed(f"receipt {sender_token}", key, signature)


def _signature(use: str, key: str, secret: str | bytes) -> str:
    digest = hmac.digest(_signing_key(use, secret), key.encode(), "sha256")
    return urlsafe_b64encode(digest[:_SIGNATURE_BYTES]).decode()


# Each message bears two signatures; to derive their keys took longer than to sign.
@lru_cache(maxsize=256)
def _signing_key(use: str, secret: str | bytes) -> bytes:
    """Return the key that Django's salted_hmac would derive for each signature anew."""
    return hashlib.sha256(f"chorale {use}".encode() + force_bytes(secret)).digest()


def _signed(use: str, key: str, signature: str) -> bool:
    # Addresses in old mails outlive a secret: retired ones still verify.
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(signature, _signature(use, key, secret)) for secret in secrets)
