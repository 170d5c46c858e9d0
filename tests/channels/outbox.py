"""What tests of the outbox need: senders, contents and candidates made by hand."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from channels.models import PressurePolicy, QuietHours, Sender
from channels.queueing import Verdict, queue
from content.models import Content, Offer, Variant
from members.models import Member
from members.sql import Sql
from tests.cast import NOW

MJML = "<mjml><mj-body><mj-section><mj-column><mj-text>Hello</mj-text></mj-column></mj-section></mj-body></mjml>"
COLUMNS = {
    "origin_kind": "text",
    "origin_id": "bigint",
    "step_key": "text",
    "visit": "int",
    "member_id": "bigint",
    "content_id": "bigint",
    "offer_id": "bigint",
    "channels": "text[]",
    "priority": "smallint",
    "expires_at": "timestamptz",
    "journey_id": "bigint",
    "journey_name": "text",
    "once_key": "text",
    "team_id": "bigint",
    "losing": "text",
    "address_given": "text",
    "purpose_given": "text",
}


def sender(channel: str, adapter: str = "", **fields: Any) -> Sender:
    """An active sender of a channel; nothing is listening behind it."""
    made = {
        "name": f"{channel} {Sender.objects.count()}",
        "token": f"token-{channel}-{Sender.objects.count()}",
        **fields,
    }
    return Sender.objects.create(channel=channel, adapter=adapter or channel, **made)


def content(key: str = "hello", channels: tuple[str, ...] = ("email", "sms", "chat"), **fields: Any) -> Content:
    """A content with an English variant for each channel."""
    made = Content.objects.create(key=key, name=key.title(), **fields)
    for channel in channels:
        mail = {"subject": "Hello", "mjml": MJML} if channel == "email" else {}
        Variant.objects.create(content=made, channel=channel, language="en", text="Hello", **mail)
    return made


def candidate(who: Member, what: Content, **fields: Any) -> dict[str, Any]:
    """A candidate as a journey's send step gives it."""
    return {
        "origin_kind": "enrollment",
        "origin_id": who.pk,
        "step_key": "mail",
        "visit": 1,
        "member_id": who.pk,
        "content_id": what.pk,
        "offer_id": None,
        "channels": ["preferred", "email", "sms", "chat"],
        "priority": 50,
        "expires_at": NOW + timedelta(days=3),
        "journey_id": 1,
        "journey_name": "First",
        "once_key": "",
        "team_id": None,
        "losing": "defer",
        "address_given": None,
        "purpose_given": None,
        **fields,
    }


def ask(*candidates: dict[str, Any], now: datetime = NOW) -> list[Verdict]:
    """Queue the candidates in one statement and return the verdicts by origin and step."""
    selects: list[str] = []
    params: dict[str, Any] = {}
    for number, values in enumerate(candidates):
        selects.append("SELECT " + ", ".join(f"%({name}{number})s::{kind} AS {name}" for name, kind in COLUMNS.items()))
        params |= {f"{name}{number}": values[name] for name in COLUMNS}
    return sorted(
        queue(Sql(" UNION ALL ".join(selects), params), now), key=lambda found: (found.origin_id, found.step_key)
    )


def quiet(channel: str, opens: str, closes: str, country: str = "") -> QuietHours:
    """Let a channel be used between two local times only, everywhere or in a country."""
    window = {"opens": time.fromisoformat(opens), "closes": time.fromisoformat(closes)}
    return QuietHours.objects.create(channel=channel, country=country, **window)


def at_most(messages: int, days: int, **scope: Any) -> PressurePolicy:
    """Set a contact pressure policy; of promotional messages over all channels to everybody, unless `scope` differs."""
    scoped = {"purpose": "promotional", "channel": "", "segment": None, **scope}
    policy, _made = PressurePolicy.objects.update_or_create(**scoped, defaults={"messages": messages, "days": days})
    return policy


def offer(key: str = "tea-10", **fields: Any) -> Offer:
    """An offer that runs."""
    made = {"name": "Tea at ten", "slot": "tea", "price": "10.00", "currency": "EUR", **fields}
    return Offer.objects.create(key=key, **made)
