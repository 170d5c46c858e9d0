"""The population: members drawn from the customers of the CDNOW log, as files that an import reads.

Members are drawn with replacement, and those of one purchase three times in ten, so that four purchases come to a
member. Who they are is invented, the shares of addresses and consents are those of the demo. The
files are in three parts, one for each run; each part's purchases stand in the order of their time.
"""

from __future__ import annotations

import csv
import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import repeat
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.measuring import RUNS
from journeys.demo import dataset
from journeys.demo.people import AGREED, OWN_ZONE, REACHED
from journeys.demo.regions import REGIONS, Region
from members.vocabulary import Channel

ONCE = 0.3  # how often customers of one purchase are drawn, beside the others
# Nobody is ever called: what is sent by SMS has no carrier.
PHONE = {"US": "+1202{:07}", "GB": "+4477{:08}", "FR": "+336{:08}"}
MEMBER = (
    "external_id",
    "first_name",
    "last_name",
    "birthday",
    "joined_on",
    "locale",
    "zone",
    "home_store",
    "email",
    "phone",
    "email_promotional",
    "sms_promotional",
    "consented_at",
    "attribute.part:number",
)
PURCHASE = ("key", "member", "happened_at", "store", "currency", "sku", "category", "quantity", "unit_price")
CATEGORIES = ("pop", "rock", "jazz", "classical", "country", "soundtrack", "world", "electronic")
_DAY = timedelta(days=1)
# A purchase: day, number of the member, where they live, pieces, and their price in cents.
Bought = tuple[date, int, Region, int, int]


@dataclass(frozen=True)
class Part:
    """A third of the population: its files, and how much is in them."""

    members_file: Path
    purchases_file: Path
    members: int
    purchases: int


def external_id(number: int) -> str:
    """Return the member code of the member with this number, from 1 on."""
    return f"B-{number:07}"


def parts(members: int, today: date, folder: Path) -> list[Part]:
    """Write the population's files; the log's last day becomes the day before `today`."""
    bounds = [members * number // RUNS for number in range(RUNS + 1)]
    spans = [range(low + 1, high + 1) for low, high in itertools.pairwise(bounds)]
    with ProcessPoolExecutor() as pool:
        return list(pool.map(_part, repeat(_Drawn(today)), spans, range(RUNS), repeat(folder)))


class _Drawn:
    """The log, by customer, with its days moved; and the dice."""

    def __init__(self, today: date) -> None:
        log = dataset.read()
        shift = today - _DAY - max(bought.day for bought in log)
        by_customer: dict[str, list[tuple[date, int, int]]] = defaultdict(list)
        for bought in log:
            cents = int(bought.amount * 100)
            by_customer[bought.customer].append((bought.day + shift, bought.quantity, cents))
        self.customers = list(by_customer.values())
        self.weights = [ONCE if len(purchases) == 1 else 1.0 for purchases in self.customers]

    def histories(self, dice: Random, number: int) -> Sequence[Sequence[tuple[date, int, int]]]:
        """Return the purchases of so many drawn customers."""
        return dice.choices(self.customers, self.weights, k=number)


def _part(drawn: _Drawn, numbers: range, part: int, folder: Path) -> Part:
    dice = Random(part)
    histories = drawn.histories(dice, len(numbers))
    members_file, purchases_file = folder / f"members-{part}.csv", folder / f"purchases-{part}.csv"
    shares = list(itertools.accumulate(region.share for region in REGIONS))
    purchases: list[Bought] = []
    with members_file.open("w", newline="", encoding="utf-8") as file:
        write = csv.writer(file)
        write.writerow(MEMBER)
        for number, history in zip(numbers, histories, strict=True):
            where = dice.choices(REGIONS, cum_weights=shares)[0]
            write.writerow(_member(dice, number, where, history[0][0], part))
            purchases += [(day, number, where, quantity, cents) for day, quantity, cents in history]
    purchases.sort(key=lambda bought: bought[0])
    with purchases_file.open("w", newline="", encoding="utf-8") as file:
        write = csv.writer(file)
        write.writerow(PURCHASE)
        for key, bought in enumerate(purchases):
            write.writerows(_lines(dice, f"{part}-{key}", bought))
    return Part(members_file, purchases_file, len(numbers), len(purchases))


def _member(dice: Random, number: int, where: Region, first: date, part: int) -> tuple[Any, ...]:
    first_name, last_name = dice.choice(where.first_names), dice.choice(where.last_names)
    mail, phone = dice.random() < REACHED[Channel.EMAIL], dice.random() < REACHED[Channel.SMS]
    return (
        external_id(number),
        first_name,
        last_name,
        first - dice.randrange(18 * 365, 80 * 365) * _DAY,
        first - dice.randrange(90) * _DAY,
        dice.choice(where.locales),
        dice.choice(where.zones) if dice.random() < OWN_ZONE else "",
        dice.choice(where.shops).code,
        f"m{number}@example.com" if mail else "",
        PHONE[where.country].format(number) if phone else "",
        "yes" if mail and dice.random() < AGREED[Channel.EMAIL] else "",
        "yes" if phone and dice.random() < AGREED[Channel.SMS] else "",
        first,
        part,
    )


def _lines(dice: Random, key: str, bought: Bought) -> Iterator[tuple[Any, ...]]:
    """Yield the lines of a purchase: so many CDs that make up the amount to the cent, as the demo has it."""
    day, number, where, quantity, cents = bought
    moment = datetime.combine(day, time(9)) + timedelta(seconds=dice.randrange(9 * 3600))
    store, category = dice.choice(where.shops).code, dice.choice(CATEGORIES)
    price, dearer = divmod(cents, quantity)
    for cost, pieces in ((price, quantity - dearer), (price + 1, dearer)):
        if pieces:
            sku, amount = f"{category.upper()}-{cost:04}", f"{cost // 100}.{cost % 100:02}"
            at = f"{moment.isoformat()}+00:00"
            yield key, external_id(number), at, store, "EUR", sku, category, pieces, amount
