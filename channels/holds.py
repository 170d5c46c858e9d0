"""Holds: nothing of a scope leaves while its row stands, and nothing is changed on the messages."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Q

from channels.models import Hold, Message
from members.models import User


def place(scope: Hold.Scope, scope_id: str, reason: str, now: datetime, who: User | None = None) -> Hold:
    """Hold everything (`scope_id` empty), a channel by name, or a sender or journey by id; an earlier hold stays."""
    hold, _new = Hold.objects.get_or_create(
        scope=scope, scope_id=scope_id, defaults={"reason": reason[:200], "since": now, "who": who}
    )
    return hold


def lift(scope: Hold.Scope, scope_id: str) -> bool:
    """Let a scope's messages leave again. Returns whether it was held."""
    deleted, _tables = Hold.objects.filter(scope=scope, scope_id=scope_id).delete()
    return bool(deleted)


def of(message: Message) -> Hold | None:
    """Return a hold that keeps a message from leaving, the oldest of several."""
    scopes = {
        Hold.Scope.ALL: "",
        Hold.Scope.CHANNEL: message.channel,
        Hold.Scope.SENDER: str(message.sender_id),
        Hold.Scope.JOURNEY: str(message.journey_id or "none"),
    }
    covering = [Q(scope=scope, scope_id=scope_id) for scope, scope_id in scopes.items()]
    return Hold.objects.filter(reduce(or_, covering)).order_by("pk").first()


def held(message: str, such: str = "true") -> str:
    """Return a condition: a hold covers the row of channels_message that has this alias; `such` may ask more of `held`.

    It reads the whole table of holds, which has a handful of rows, once for each message.
    """
    return f"""EXISTS (
        SELECT FROM channels_hold held
        WHERE {such} AND (
              held.scope = 'all'
           OR held.scope = 'channel' AND held.scope_id = {message}.channel
           OR held.scope = 'sender' AND held.scope_id = {message}.sender_id::text
           OR held.scope = 'journey' AND held.scope_id = {message}.journey_id::text)
    )"""


def sender_held(sender_id: str, channel: str) -> str:
    """Return a condition: a hold covers everything that a sender carries, given as SQL expressions.

    With parameters instead of columns it does not look at messages, so PostgreSQL asks it once and reads none of them.
    """
    return f"""EXISTS (
        SELECT FROM channels_hold held
        WHERE held.scope = 'all'
           OR held.scope = 'channel' AND held.scope_id = {channel}
           OR held.scope = 'sender' AND held.scope_id = {sender_id}::text
    )"""
