"""All playbooks, published and played for four weeks on members who are what each of them is for."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from channels.models import Message
from journeys import audit, publishing
from journeys.models import Journey
from journeys.play import Outside, play
from journeys.playbooks import installing, library
from members.models import Member, StandingPolicy
from tests import cast
from tests.carrier import Carrier
from tests.cast import DAY, HOUR, NOW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

BEGIN = NOW.replace(hour=0)
END = BEGIN + 28 * DAY


def buyer(name: str, price: str, *days_ago: int, **fields: Any) -> Member:
    """A member with an e-mail address who bought for so much so many days before the play begins."""
    address = f"{name}@example.com"
    made = cast.member(name, email=address, agreed=("email",), zone="Europe/Berlin", first_name=name.title(), **fields)
    for ago in days_ago:
        cast.purchase(made, BEGIN - ago * DAY, price)
    return made


def members() -> None:
    """One for each playbook, and one more for the two paths of the next tier."""
    cast.ada(birthday=date(1990, 3, 14), joined_on=date(2025, 9, 1))  # birthday, and the offer that she does not use
    buyer("ann", "10.00", 5, 30, joined_on=date(2024, 3, 12))  # anniversary
    cast.points(cast.ben(joined_on=date(2023, 11, 20)), 50, BEGIN - 300 * DAY, expires_at=BEGIN + 16 * DAY)
    buyer("sue", "145.00", 5, 40)  # ten short of silver
    buyer("gus", "495.00", 6, 45)  # ten short of gold
    buyer("nora", "20.00", 27, 57, 87, 117)  # next purchase
    buyer("wim", "20.00", 80, 100, 120, 140, 160)  # win-back
    buyer("new", "1.00", joined_on=BEGIN.date() + DAY)  # welcome
    chidi = cast.chidi(joined_on=date(2025, 1, 15))
    cast.purchase(chidi, BEGIN - 90 * DAY, "12.00", cast.line("12.00", category="jazz"))


def feed(since: datetime, until: datetime) -> None:
    """Chidi buys jazz for the second time, on the second day."""
    if since < BEGIN + 36 * HOUR <= until:
        chidi = Member.objects.get(external_id="M-CHIDI")
        cast.purchase(chidi, BEGIN + 36 * HOUR, "12.00", cast.line("12.00", category="jazz"), now=until)


def told() -> dict[str, list[tuple[str, str, str]]]:
    """What was said, by journey, as (member, step, channel): each member's in the order of time.

    Between members no order is promised: a shard is drawn by lot, and with it which of two is handed over first.
    """
    found = defaultdict(list)
    keys = dict(Journey.objects.values_list("pk", "key"))
    for message in (
        Message.objects.filter(state="sent").select_related("member").order_by("member__external_id", "handed_at", "id")
    ):
        found[keys[message.journey_id or 0]].append((message.member.external_id, message.step_key, message.channel))
    return found


def test_every_playbook_says_to_its_members_what_it_is_for(carrier: Carrier) -> None:
    carrier.create()
    StandingPolicy.objects.update_or_create(pk=1, defaults={"scheme": "thresholds"})
    members()
    for key in library.shelf():
        journey = installing.install(library.load(key)).journey
        publishing.publish(journey, {**journey.draft, "holdout": 0}, BEGIN)
    play(BEGIN, END, timedelta(hours=6), Outside(begin=carrier.clock, feed=feed))
    said = told()
    letter = ("new", "points-letter", "email"), ("new", "store-letter", "email")  # drawn by lot
    assert said.pop("welcome") in [[("new", "welcome", "email"), one] for one in letter]
    assert said == {
        "anniversary": [("ann", "tell", "email")],
        "birthday": [("M-ADA", "greet", "email")],
        "jazz-evening": [("M-CHIDI", "tell", "sms")],
        "next-purchase": [("nora", "suggest", "email"), ("nora", "suggest", "email")],
        "next-tier": [("gus", "gold-letter", "email"), ("gus", "gold-call", "desk"), ("sue", "silver-letter", "email")],
        "points-expiring": [("M-BEN", "remind", "email"), ("M-BEN", "last-call", "email")],
        "unused-offer": [("M-ADA", "remind-birthday", "email"), ("wim", "remind-come-back", "email")],
        "win-back": [("wim", "invite", "email")],
    }
    by_people = Message.objects.filter(channel="desk").count()
    assert len(carrier.taken()) == Message.objects.filter(state="sent").count() - by_people
    assert [finding.name for finding in audit.run(END) if finding.count] == []
