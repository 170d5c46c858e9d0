"""Loading: members and their facts, handed in as an import would, up to the day on which the play begins."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from django.conf import settings

from journeys.demo import catalogue
from journeys.demo.dataset import Bought
from journeys.demo.dice import Dice
from journeys.demo.people import external_id, home, invent, region
from journeys.demo.regions import Shop
from members import facts, zones
from members.facts import Fact, PointsFact, PurchaseFact, Recorded
from members.vocabulary import PointsKind

SOURCE = "cdnow"
# A share of the purchases happens in another store of the country, and some members spend points with one.
AWAY = 0.15
SPENDS = 0.08
_OPENS, _OPEN_SECONDS = time(10), 8 * 3600 - 1


def load_members(log: Iterable[Bought], now: datetime) -> int:
    """Hand every customer in as a member, and return how many there are."""
    first_days: dict[str, date] = {}
    for bought in log:
        first_days.setdefault(bought.customer, bought.day)
    loaded = facts.upsert_members(invent(first_days.items()), now)
    if loaded.rejected:
        raise ValueError(f"An invented member was rejected: {loaded.rejected[0].reason}")
    return len(first_days)


def record(log: Iterable[Bought], now: datetime) -> Recorded:
    """Hand purchases in with the points that they earned and spent."""
    recorded = facts.record(_facts(log), now)
    if recorded.rejected:
        raise ValueError(f"A fact of the demo was rejected: {recorded.rejected[0].reason}")
    return recorded


def happened_at(bought: Bought) -> datetime:
    """Return the invented time on the real day: within the hours of the store, so that the day is the same in UTC."""
    shop = _shop(bought)
    second = Dice("purchase", bought.line).whole("second", 0, _OPEN_SECONDS)
    return _opening(shop.zone, bought.day) + timedelta(seconds=second)


def _facts(log: Iterable[Bought]) -> Iterator[Fact]:
    for bought in log:
        yield _purchase(bought)
        yield from _points(bought)


def _purchase(bought: Bought) -> PurchaseFact:
    return PurchaseFact(
        external_id(bought.customer),
        happened_at(bought),
        SOURCE,
        str(bought.line),
        catalogue.lines(bought),
        settings.CHORALE_CURRENCY,
        _shop(bought).code,
    )


def _points(bought: Bought) -> Iterator[PointsFact]:
    """Yield a point a currency unit, good to the end of the month a year later, and now and then the half spent."""
    points = int(bought.amount)
    if points:
        yield _entry(bought, PointsKind.EARNED, points, _month_end(bought.day))
    if points > 1 and Dice("purchase", bought.line).happens("spends", SPENDS):
        yield _entry(bought, PointsKind.SPENT, -(points // 2), None)


def _entry(bought: Bought, kind: PointsKind, points: int, expires_at: datetime | None) -> PointsFact:
    member, key = external_id(bought.customer), f"{bought.line}-{kind}"
    return PointsFact(member, happened_at(bought), SOURCE, key, kind, points, expires_at)


def _month_end(day: date) -> datetime:
    last = day.replace(year=day.year + 1, day=monthrange(day.year + 1, day.month)[1])
    return datetime.combine(last, time(), UTC) + timedelta(days=1)


def _shop(bought: Bought) -> Shop:
    dice = Dice("purchase", bought.line)
    if dice.happens("away", AWAY):
        return dice.one_of("shop", region(bought.customer).shops)
    return home(bought.customer)


@cache
def _opening(zone: str, day: date) -> datetime:
    return zones.first_instant(zones.zone(zone), day, _OPENS)
