"""Replies that ask for something: STOP words withdraw the consent behind an address, START words grant it again."""

from __future__ import annotations

from datetime import datetime

from channels.stopwords import Wish, wish
from members import consent
from members.sql import Sql
from members.vocabulary import Channel, Purpose

# A word that stops messages stops all that need not be: what the member just asked for themselves still comes.
PURPOSES = (Purpose.PROMOTIONAL, Purpose.SERVICE)
SOURCE = "reply"

_LISTENS = {Channel.SMS, Channel.CHAT}
_HOLDERS = "SELECT member_id FROM members_identity WHERE channel = %(channel)s AND address = %(address)s"
_GRANTS = f"""
SELECT h.member_id, %(channel)s::text AS channel, purpose, true AS granted, %(now)s::timestamptz AS happened_at,
       %(source)s::text AS source, %(wording)s::text AS wording
FROM ({_HOLDERS}) h, unnest(%(purposes)s::text[]) purpose
WHERE {consent.latest("h.member_id", "%(channel)s", "purpose")} IS DISTINCT FROM true
"""


def obey(channel: str, address: str, text: str, now: datetime) -> Wish | None:
    """Do what a reply asks for, for all members who have the address, and return what that was, if anything.

    The decision is of `now` and not of the carrier's time: whoever says STOP a moment after agreeing must not lose to a
    carrier whose clock is slow.
    """
    asked = wish(text) if channel in _LISTENS else None
    if asked is Wish.STOP:
        stop(channel, address, PURPOSES, now, source=SOURCE, wording=text)
    elif asked is Wish.START:
        _start(channel, address, text, now)
    return asked


def stop(
    channel: str, address: str, purposes: tuple[Purpose, ...], now: datetime, *, source: str, wording: str = ""
) -> int:
    """Withdraw the consent of all members who have an address; returns how many decisions that took."""
    holders = Sql(_HOLDERS, {"channel": channel, "address": address})
    return consent.withdraw(holders, [channel], purposes, now, source=source, wording=wording)


def _start(channel: str, address: str, text: str, now: datetime) -> None:
    """Grant again; who writes from an address that was given up as dead is reachable there after all."""
    params = {
        "channel": channel,
        "address": address,
        "purposes": list(PURPOSES),
        "now": now,
        "source": SOURCE,
        "wording": text,
    }
    consent.append(Sql(_GRANTS, params), now)
    consent.lift(channel, address, now)
