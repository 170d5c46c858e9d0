"""Who is written to in a faults run, by which journeys, and the facts that let them in."""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta
from typing import Any

from channels.models import PressurePolicy, QuietHours, Sender
from channels.sandbox import senders
from channels.sandbox.server import Ports
from members import facts
from members.facts import Address, EventFact, MemberRecord, Said
from members.models import Store, User
from tests.channels.outbox import content, offer
from tests.content.at_once import at_once
from tests.journeys.drawn import published

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", None)
CHANNELS = ("email", "sms")
OPENS, CLOSES = time(8), time(21)
# Long enough that nothing may ever be excused by its deadline.
DEADLINE = {"days": 900}
SEND: dict[str, Any] = {"kind": "send", "deadline": DEADLINE}
HEAD: dict[str, Any] = {
    "entry": {"fact": {"topic": "event", "name": "ordered", "key": "order"}},
    "daily_maximum": 1_000_000,  # months are played in minutes
}
ORDERED = [
    {**SEND, "key": "thanks", "content": "thanks", "channels": ["email"]},
    {"key": "a-day", "kind": "wait", "duration": {"days": 1}},
    {**SEND, "key": "ask", "content": "ask", "channels": ["sms"]},
    {"key": "night", "kind": "wait", "local_time": "02:30"},  # an hour that is missing, or comes twice, some nights
    {**SEND, "key": "sleepless", "content": "ask", "channels": ["sms"]},
    {"key": "grant", "kind": "grant_offer", "offer": "tea-10"},
    {**SEND, "key": "offer", "content": "offered", "channels": ["email", "sms"], "offer": "tea-10"},
]
SEEN = [
    {**SEND, "key": "look", "content": "look", "channels": ["sms"]},
    {"key": "two-days", "kind": "wait", "duration": {"days": 2}},
    {**SEND, "key": "again", "content": "look", "channels": ["email"]},
]
SENDING = {"ordered": ("thanks", "ask", "sleepless", "offer"), "seen": ("look", "again")}


def external_id(number: int) -> str:
    """Return the external id of the n-th member."""
    return f"M-{number:05}"


def open_shop(members: int, ports: Ports, now: datetime) -> None:
    """Make senders, members, contents, offers and journeys."""
    senders.install(ports)
    Sender.objects.exclude(channel__in=CHANNELS).update(active=False)
    for sender in Sender.objects.filter(active=True):
        senders_timeout(sender)
    QuietHours.objects.create(channel="email", opens=OPENS, closes=CLOSES)
    PressurePolicy.objects.update_or_create(pk=1, defaults={"messages": 6, "days": 2})
    Store.objects.create(code="berlin", name="Berlin", zone_id="Europe/Berlin")
    User.objects.create_user("carl", "carl@example.com", "carl", first_name="Carl")
    done = facts.upsert_members([_member(number, now) for number in range(members)], now)
    assert done.new == members, done.rejected[:3]
    for key in ("thanks", "ask", "look", "offered"):
        content(key, ("email", "sms"))
    offer("tea-10", valid_days=900)
    offer("tea-9", name="Tea at nine", price="9.00", valid_days=900)
    offer("cup", name="A cup", slot="cup", price="5.00", valid_days=900)
    published(ORDERED, now, key="ordered", priority=40, **HEAD)
    published(SEEN, now, key="seen", priority=60, **HEAD)


def senders_timeout(sender: Sender) -> None:
    """Let a sender wait for its carrier for a second only: a carrier that hangs costs no more of the run."""
    sender.settings = {**sender.settings, "timeout": 1}
    sender.save(update_fields=["settings"])


class Feed:
    """Hands facts in, each batch by two callers at once; `orders` are the keys of the facts that were acknowledged."""

    def __init__(self, members: int, dice: random.Random) -> None:
        self._members, self._dice = members, dice
        self.orders: set[str] = set()
        self.batches: list[list[EventFact]] = []
        self.repeated = 0

    def some(self, number: int, now: datetime) -> None:
        """Hand facts of so many members in that nobody has seen before."""
        first = len(self.orders)
        whom = self._dice.sample(range(self._members), number)
        batch = [_ordered(external_id(who), f"O-{first + place}", now) for place, who in enumerate(whom)]
        self.batches.append(batch)
        self._hand_in(batch, now, new=number)
        self.orders |= {fact.key for fact in batch}

    def again(self, now: datetime) -> None:
        """Hand an old batch in once more."""
        self._hand_in(self._dice.choice(self.batches), now, new=0)

    def _hand_in(self, batch: list[EventFact], now: datetime, new: int) -> None:
        done = at_once(2, lambda _place: facts.record(batch, now))
        for each in done:
            if isinstance(each, BaseException):
                raise each
        assert sum(each.new for each in done) == new, f"{done} of {new} new facts"
        self.repeated += sum(each.repeated for each in done)


def _member(number: int, now: datetime) -> MemberRecord:
    who, agreed = external_id(number), now - timedelta(days=30)
    return MemberRecord(
        who,
        zone=ZONES[number % len(ZONES)],
        identities=[Address("email", f"{who}@example.com".lower()), Address("sms", f"+491555{number:07}")],
        consents=[Said(channel, "promotional", True, agreed) for channel in ("email", "sms")],
    )


def _ordered(who: str, order: str, now: datetime) -> EventFact:
    return EventFact(who, now, "faults", order, "ordered", {"order": order})
