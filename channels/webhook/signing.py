"""Signatures by the Standard Webhooks specification 1.0: HMAC-SHA256 over id, time of the attempt, and body.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from channels.base import BadSettings

PREFIX = "whsec_"
_DRAWN, _SHORTEST, _LONGEST = 32, 24, 64  # bytes; the specification allows 24 to 64


def drawn() -> str:
    """Return a new secret."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_DRAWN)).decode()


def check(secret: str) -> None:
    """Raise BadSettings unless a secret is one of the specification."""
    _key(secret)


def headers(key: str, at: datetime, body: bytes, with_secrets: Iterable[str]) -> dict[str, str]:
    """Return the three headers of a call. `key` names the message in every attempt, `at` is the time of this one.

    Each secret gives a signature: while one takes the place of another, receivers may know either.
    """
    stamp = str(int(at.timestamp()))
    signed = f"{key}.{stamp}.".encode() + body
    signatures = [f"v1,{_signature(secret, signed)}" for secret in with_secrets]
    return {"webhook-id": key, "webhook-timestamp": stamp, "webhook-signature": " ".join(signatures)}


def _signature(secret: str, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(PREFIX) or not _SHORTEST <= len(key) <= _LONGEST:
        raise BadSettings(
            _("“Secret” must be whsec_ and 24 to 64 random bytes in base64; leave it empty to have one made.")
        )
    return key
