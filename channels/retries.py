"""What follows from the fate of an attempt: a value, decided without a database."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from channels.base import Adapter, Fate, Result
from channels.claims import Claimed
from channels.settling import Settlement
from channels.vocabulary import Reason, State

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)


def pause(key: str, attempt: int) -> timedelta:
    """Return how long to wait after the n-th attempt: twice as long each time, spread by ±25 %.

    The spread comes from a hash of the message's key, so that a crowd that failed together does not return together
    and a repeated run decides the same.
    """
    doubled = min(FIRST_PAUSE * float(2 ** min(attempt - 1, 30)), LONGEST_PAUSE)
    return doubled * (0.75 + zlib.crc32(f"{key} {attempt}".encode()) / 2**33)


def settled(message: Claimed, result: Result, now: datetime, adapter: Adapter | type[Adapter] = Adapter) -> Settlement:
    """Return what a message comes to after an attempt that had this result; `message.attempts` are those before it.

    The adapter says how often it tries, and whether what is in doubt may be tried again because the carrier dedupes.
    """
    if result.fate is Fate.SENT:
        return Settlement(message.id, State.SENT, "", result.words, result.carrier_id)
    if result.fate is Fate.REFUSED:
        return _ended(message, result, State.REFUSED, Reason.CARRIER_REFUSED)
    if result.fate is Fate.UNKNOWN and not adapter.dedupes:
        return _ended(message, result, State.UNCONFIRMED, Reason.FATE_UNKNOWN)
    return _again(message, result, now, adapter.attempts)


def unknown(message: Claimed) -> Settlement:
    """Return what a message comes to that was handed over when the adapter broke: nobody knows, nobody guesses."""
    words = _("The adapter stopped with an error while it had this message.")
    return Settlement(message.id, State.UNCONFIRMED, Reason.FATE_UNKNOWN, words)


def _again(message: Claimed, result: Result, now: datetime, attempts: int | None) -> Settlement:
    """Put it back. A cause that lies outside the message (the carrier is down, a team's day is full) costs no attempt
    and is kept as the reason; when its deadline comes, it ends with that."""
    attempt = message.attempts + 1
    wait = pause(message.key, attempt)
    if result.wait is not None:
        wait = max(wait, timedelta(seconds=result.wait)) if not result.reason else timedelta(seconds=result.wait)
    outside = result.carrier_wide or bool(result.reason)
    reason = result.reason or (Reason.CARRIER_FAILED if result.carrier_wide else "")
    if outside:
        return Settlement(message.id, State.QUEUED, reason, result.words, "", now + wait, uncounted=True)
    if (attempts and attempt >= attempts) or now + wait >= message.expires_at:
        return _ended(message, result, State.FAILED, Reason.CARRIER_FAILED)
    return Settlement(message.id, State.QUEUED, "", result.words, "", now + wait)


def _ended(message: Claimed, result: Result, state: State, reason: Reason) -> Settlement:
    return Settlement(message.id, state, result.reason or reason, result.words, result.carrier_id)
