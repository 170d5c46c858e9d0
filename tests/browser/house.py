"""The house of the browser tests: an invented company after some days of work, the same in every run.

The demo's stores, people and playbooks, with purchases that are invented here, played through the engine, the outbox
and the sandbox carrier up to NOW: an afternoon in Paris, and the morning in New York. One playbook is on the shelf yet.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from channels import follow_ups, hand_offs, holds, letters
from channels.hand_offs import Agreed
from channels.letters import Written
from channels.models import Hold, Team
from channels.vocabulary import OriginKind
from content import offers
from content.models import Grant
from journeys import publishing
from journeys.demo import load, shop
from journeys.demo.dataset import Bought
from journeys.demo.feed import Feed
from journeys.demo.outside import Carriers
from journeys.demo.people import external_id
from journeys.models import HoldoutPolicy
from journeys.play import Outside, play
from journeys.playbooks import installing, library
from members import consent, standing, tokens
from members.models import Member, Store, Tag, User
from members.standing import points
from members.vocabulary import Channel, Purpose
from tests.carrier import Carrier

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PLAYED = 4 * DAY
ON_THE_SHELF = "next-purchase"
CUSTOMERS = 180
# Gold, of Philadelphia, to be reached by e-mail and SMS, and silent for five months: a rep calls them.
CLARA, CARLA, LEO, ERIC, JACK = SILENT = ("00552", "00671", "00927", "00607", "00213")


def clara() -> Member:
    """Clara Quinn, whom these tests are mostly about."""
    return Member.objects.get(external_id=external_id(CLARA))


def furnish(carrier: Carrier, clock: Path) -> None:
    """Load members and purchases, publish the playbooks, play the days up to NOW, and do what people do meanwhile."""
    carrier.control(profile="demo")
    carrier.install()
    log, beginning = list(purchases()), NOW - PLAYED
    _load(log, beginning)
    _publish(beginning)
    with Carriers(carrier.ports, clock) as carriers:
        play(beginning, NOW, timedelta(hours=6), Outside(carriers.begin, Feed(log), carriers.settle))
    _work()


def _load(log: list[Bought], now: datetime) -> None:
    shop.open_stores()
    shop.set_up()
    load.load_members(log, now)
    load.record((bought for bought in log if load.happened_at(bought) <= now), now)
    points.expire(now)
    standing.refresh(now)


def _publish(now: datetime) -> None:
    for key in library.shelf():
        if key != ON_THE_SHELF:
            journey = installing.install(library.load(key)).journey
            publishing.publish(journey, journey.draft, now, User.objects.get(username="marketer"))
    shop.join_teams()


def _work() -> None:
    """Do what people did in these days besides."""
    rep, clerk, administrator = (User.objects.get(username=name) for name in ("rep", "clerk", "administrator"))
    carla, leo, eric = (Member.objects.get(external_id=external_id(code)) for code in (CARLA, LEO, ERIC))
    store = Store.objects.get(code="PHL")
    note = "Asked for the blue edition, and would like to listen first."
    _hand_over(rep, carla, Agreed(carla, store, NOW - HOUR))
    _hand_over(rep, leo, Agreed(leo, store, NOW + 3 * HOUR, note))
    written = Written(Channel.EMAIL, Purpose.SERVICE, "I kept the two records for you until Friday.", "Your records")
    letters.write(eric, written, who=rep, request_key="letter", now=NOW - HOUR)
    follow_ups.want_call(eric, Team.objects.get(key="member-service"), OriginKind.COUNTER, 1, NOW - HOUR)
    offers.decline([grant.pk for grant in Grant.objects.filter(member=eric)], NOW - HOUR)
    taken = Grant.objects.filter(state=Grant.State.LIVE, offer__key="birthday-treat").exclude(member=clara())
    just_now = NOW - HOUR / 60
    offers.redeem(taken[0].pk, request_key="till", channel=Channel.COUNTER, who=clerk, store=store, now=just_now)
    HoldoutPolicy.objects.update_or_create(pk=1)
    Tag.objects.create(member=eric, name="collector", since=NOW - 9 * DAY)
    holds.place(Hold.Scope.CHANNEL, Channel.CHAT, "The chat service moves to another account.", NOW - HOUR, rep)
    consent.suppress(Channel.EMAIL, "gone@example.com", "no such user", NOW - DAY)
    tokens.make(administrator, "Web shop", ["members:read", "facts:write"], NOW + 90 * DAY, NOW - DAY)


def _hand_over(rep: User, member: Member, agreed: Agreed) -> None:
    [grant] = Grant.objects.filter(member=member, state=Grant.State.LIVE)
    plan = replace(agreed, grant=grant, team=Team.objects.get(key="recovery"))
    hand_offs.agree(plan, who=rep, request_key=member.external_id, now=NOW - DAY)


def purchases() -> Iterator[Bought]:
    """Yield what the customers bought within two years, in the order of the days."""
    dice = random.Random(7)
    found = [bought for number in range(1, CUSTOMERS + 1) for bought in _of(f"{number:05}", dice)]
    for customer in SILENT:
        found += _bought(customer, dice, first=500, last=130, gap=14, purse=8)
    for line, (day, customer, quantity, amount) in enumerate(sorted(found), start=1):
        yield Bought(line, customer, day, quantity, amount)


_Row = tuple[date, str, int, Decimal]


def _of(customer: str, dice: random.Random) -> Iterator[_Row]:
    """Yield the purchases of a customer, who has a rhythm and a purse, and perhaps went quiet a while ago."""
    gap, purse = dice.choice([14, 20, 30, 45, 70, 150]), dice.choice([1, 1, 1, 2, 5])
    last = dice.choice([0, 0, 0, 40, 90, 160])
    yield from _bought(customer, dice, first=dice.randint(last, 700), last=last, gap=gap, purse=purse)


def _bought(customer: str, dice: random.Random, *, first: int, last: int, gap: int, purse: int) -> Iterator[_Row]:
    """Yield purchases from `first` to `last` days ago, about every `gap` days."""
    day, end = (NOW.date() - timedelta(days=days) for days in (first, last))
    while day < end:
        quantity = dice.randint(1, 1 + purse)
        yield day, customer, quantity, Decimal(dice.randint(900, 3500) * quantity) / 100
        day += timedelta(days=max(1, int(dice.gauss(gap, gap / 4))))
