"""Every column of standing against a second, naive computation over random members."""

import random
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from math import ceil, floor
from statistics import median
from typing import Any

import pytest

from members import standing
from members.models import Member, PointsEntry, Purchase, Standing
from members.sql import Sql
from members.vocabulary import RfmClass
from tests.members import lots
from tests.members.standing.ledger import NOW, bought, earned, expired, members, refreshed, spent, standings, table

pytestmark = pytest.mark.django_db

COLUMNS = (
    *("tier", "spend", "to_next_tier", "recency", "frequency", "monetary", "rfm_class", "churn", "last_purchase_at"),
    *("purchases", "typical_gap", "points", "points_expiring", "points_expire_at"),
)
CENT = Decimal("0.01")


@pytest.fixture(params=range(1, 9))
def everybody(request: pytest.FixtureRequest) -> list[Member]:
    """Members with random purchases, returns and points, some of them in the future or long ago."""
    chance = random.Random(request.param)
    people = list(members(f"m{number:02}" for number in range(chance.choice([1, 7, 40, 61]))).values())
    for who in people:
        days = [chance.uniform(-20, 500) for _ in range(chance.choice([0, 1, 1, 2, 3, 8]))]
        bought(who, *((day, str(Decimal(chance.randint(-300, 2000)) / 100)) for day in days))
        bought(who, *((chance.choice(days), "3.00") for _ in range(chance.choice([0, 0, 1])) if days))
        for _ in range(chance.randint(0, 6)):
            day = chance.uniform(0, 300)
            earned(who, chance.randint(1, 50), day, expires_in=chance.choice([None, 30, chance.uniform(-day, 90)]))
        for _ in range(chance.randint(0, 3)):
            spent(who, chance.randint(1, 60), chance.uniform(-5, 100))
        for _ in range(chance.choice([0, 0, 1])):
            expired(who, chance.randint(1, 60), chance.uniform(-5, 100))
    return people


def test_a_run_agrees(everybody: list[Member]) -> None:
    assert table(refreshed(), *COLUMNS) == expected(everybody)


def test_placing_some_by_the_cut_offs_of_a_run_agrees_with_the_run(everybody: list[Member]) -> None:
    refreshed()
    by_run = table(standings(), *COLUMNS)
    Standing.objects.all().delete()

    standing.refresh(NOW, Sql("SELECT id FROM members_member"))

    assert table(standings(), *COLUMNS) == by_run


def expected(everybody: list[Member]) -> dict[str, tuple[Any, ...]]:
    """Return the table that a patient person would write, member by member."""
    known = {who.external_id: measured(who) for who in everybody}
    buyers = {name: row for name, row in known.items() if row["purchases"]}
    scores = {name: scored(buyers, column) for name, column in SCORES.items()}
    gaps = [row["typical_gap"] for row in known.values() if row["typical_gap"] is not None]
    usual = round(median(gaps), 2) if gaps else None
    spends = sorted((row["spend"] for row in known.values()), reverse=True)
    gold, silver = (max(spends[floor(share * len(spends))], 0) + CENT for share in (Decimal("0.05"), Decimal("0.2")))
    for name, row in known.items():
        row |= {score: table.get(name) for score, table in scores.items()}
        row["rfm_class"] = classed(row, {score: list(table.values()) for score, table in scores.items()})
        row["churn"] = churned(row, usual)
        row["tier"] = "gold" if row["spend"] >= gold else "silver" if row["spend"] >= silver else "base"
        row["to_next_tier"] = {"gold": None, "silver": gold - row["spend"], "base": silver - row["spend"]}[row["tier"]]
    return {name: tuple(row[column] for column in COLUMNS) for name, row in known.items()}


SCORES = {"recency": "last_purchase_at", "frequency": "purchases", "monetary": "worth"}


def measured(who: Member) -> dict[str, Any]:
    rows = list(Purchase.objects.filter(member=who, happened_at__lte=NOW).order_by("happened_at"))
    times = [row.happened_at for row in rows if row.quantity > 0]
    steps = [later - earlier for earlier, later in pairwise(times)]
    gaps = [step / timedelta(days=1) for step in steps if step >= timedelta(days=1)]
    return {
        "last_purchase_at": max(times, default=None),
        "purchases": len(times),
        "worth": sum((row.total for row in rows), Decimal(0)),
        "spend": sum((row.total for row in rows if row.happened_at > NOW.replace(year=2025)), Decimal(0)),
        "typical_gap": round(Decimal(median(gaps)), 2) if gaps else None,
        **points(who),
    }


def points(who: Member) -> dict[str, Any]:
    entries = PointsEntry.objects.filter(member=who).values_list("happened_at", "kind", "points", "expires_at")
    left, alive = lots.balance(entries, NOW)
    ahead = min((lot.expires_at for lot in alive if lot.left and lot.expires_at), default=None)
    return {
        "points": left,
        "points_expiring": sum(lot.left for lot in alive if lot.expires_at == ahead) if ahead else 0,
        "points_expire_at": ahead,
    }


def scored(buyers: dict[str, dict[str, Any]], column: str) -> dict[str, int]:
    values = sorted(row[column] for row in buyers.values())
    boundaries = [values[ceil(len(values) * k / 5) - 1] for k in range(1, 5)] if values else []
    return {name: 1 + sum(row[column] > each for each in boundaries) for name, row in buyers.items()}


def classed(row: dict[str, Any], scores: dict[str, list[int]]) -> str:
    if not row["purchases"]:
        return ""
    high = {name: row[name] > round(Decimal(sum(all_)) / len(all_), 6) for name, all_ in scores.items()}
    half = {(1, 1): "value", (1, 0): "develop", (0, 1): "keep", (0, 0): "retain"}[high["recency"], high["frequency"]]
    return RfmClass(f"{'important' if high['monetary'] else 'general'}_{half}")


def churned(row: dict[str, Any], usual: Decimal | None) -> str:
    gap = row["typical_gap"] or usual
    if row["last_purchase_at"] is None or gap is None:
        return "none"
    gaps = Decimal((NOW - row["last_purchase_at"]) / timedelta(days=1)) / gap
    return "severe" if gaps >= 8 else "moderate" if gaps >= 4 else "light" if gaps >= 2 else "none"
