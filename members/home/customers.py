"""Customers at a glance: the pyramid with its moves, the RFM grid and the churn levels, from one read of standings."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models.expressions import RawSQL

from members.models import StandingRun
from members.sql import rows
from members.vocabulary import Churn, RfmClass, Tier

_NAMED = re.compile(r"%\((\w+)\)s")
WINDOW = timedelta(days=30)
SCORES = range(1, 6)

# One scan answers all four questions; four GROUP BYs would read the table four times.
_COUNTS = """
SELECT GROUPING(tier, churn, rfm_class, recency), coalesce(tier, churn, rfm_class, ''), recency, frequency,
       count(*), coalesce(sum(spend), 0)
FROM members_standing
GROUP BY GROUPING SETS ((tier), (churn), (rfm_class), (recency, frequency))
"""
_TIER, _CHURN, _CLASS, _CELL = 0b0111, 0b1011, 0b1101, 0b1110

# Where somebody stood at the beginning of the window is what their first move in it says.
_MOVED = """
FROM (
    SELECT DISTINCT ON (member_id) member_id, before FROM members_tiermove WHERE moved_at > %(since)s
    ORDER BY member_id, moved_at, id
) first
JOIN members_standing s ON s.member_id = first.member_id
"""
_MOVES = f"SELECT first.before, s.tier, count(*) {_MOVED} WHERE s.tier <> first.before GROUP BY first.before, s.tier"
_BETWEEN = f"SELECT first.member_id {_MOVED} WHERE first.before = ANY(%(before)s) AND s.tier = %(after)s"


@dataclass(frozen=True)
class Part:
    """A part of all members: how many, their spend of twelve months, and the share of the largest part in percent."""

    value: str
    label: str
    members: int
    spend: Decimal
    width: float = 0.0
    spend_share: float = 0.0
    risen: int = 0
    fallen: int = 0


@dataclass(frozen=True)
class Cell:
    """A cell of the RFM grid; `shade` is 0 to 5, by how many members are in it."""

    recency: int
    frequency: int
    members: int
    spend: Decimal
    shade: int


@dataclass(frozen=True)
class Move:
    """How many members went from one tier to another within the window."""

    before: str
    after: str
    labels: tuple[str, str]
    members: int
    up: bool


def load(now: datetime) -> Mapping[str, Any]:
    """Return the pyramid, the moves of 30 days, the grid, the eight classes and the churn levels."""
    found: dict[int, dict[Any, tuple[int, Decimal]]] = defaultdict(dict)
    for asked, value, recency, frequency, members, spend in rows(_COUNTS, {}):
        key = (recency, frequency) if asked == _CELL else value
        found[asked][key] = (members, spend)
    moves = _moves(now)
    run = StandingRun.objects.filter(as_of__lte=now).order_by("-as_of").first()
    return {
        "tiers": _tiers(found[_TIER], moves),
        "moves": moves,
        "grid": _grid(found[_CELL]),
        "classes": _parts(RfmClass.choices, found[_CLASS]),
        "levels": _parts(Churn.choices, found[_CHURN]),
        "never_bought": found[_CELL].get((None, None), (0, Decimal(0)))[0],
        "as_of": run.as_of if run else None,
        "currency": settings.CHORALE_CURRENCY,
        "scores": SCORES,
    }


def moved_between(before: Collection[str], after: str, now: datetime) -> RawSQL:
    """Return a subquery of the members who were in one of these tiers 30 days ago and are in another one now."""
    values = {"since": now - WINDOW, "before": list(before), "after": after}
    names = _NAMED.findall(_BETWEEN)
    return RawSQL(_NAMED.sub("%s", _BETWEEN), [values[name] for name in names])  # noqa: S611 - values go as parameters


def _parts(choices: Any, counts: Mapping[Any, tuple[int, Decimal]]) -> Sequence[Part]:
    listed = [(value, str(label), *counts.get(value, (0, Decimal(0)))) for value, label in choices]
    most = max((members for _v, _l, members, _s in listed), default=0)
    return [Part(value, label, members, spend, _percent(members, most)) for value, label, members, spend in listed]


def _tiers(counts: Mapping[Any, tuple[int, Decimal]], moves: Sequence[Move]) -> Sequence[Part]:
    total = sum((spend for _members, spend in counts.values()), Decimal(0))
    return [
        Part(
            part.value,
            part.label,
            part.members,
            part.spend,
            part.width,
            _percent(part.spend, total),
            sum(move.members for move in moves if move.after == part.value and move.up),
            sum(move.members for move in moves if move.after == part.value and not move.up),
        )
        for part in _parts(Tier.choices, counts)
    ]


def _moves(now: datetime) -> Sequence[Move]:
    rank, label = list(Tier.values), dict(Tier.choices)
    found = [
        Move(before, after, (str(label[before]), str(label[after])), members, rank.index(after) < rank.index(before))
        for before, after, members in rows(_MOVES, {"since": now - WINDOW})
    ]
    return sorted(found, key=lambda move: (not move.up, rank.index(move.after), rank.index(move.before)))


def _grid(counts: Mapping[Any, tuple[int, Decimal]]) -> Sequence[tuple[int, Sequence[Cell]]]:
    """Return the rows of the grid, the most frequent buyers first, each with its cells by recency."""
    scored = {key: count for key, count in counts.items() if key != (None, None)}
    most = max((members for members, _spend in scored.values()), default=0)
    return [(frequency, [_cell(recency, frequency, scored, most) for recency in SCORES]) for frequency in SCORES[::-1]]


def _cell(recency: int, frequency: int, counts: Mapping[Any, tuple[int, Decimal]], most: int) -> Cell:
    members, spend = counts.get((recency, frequency), (0, Decimal(0)))
    shade = -(-5 * members // most) if most else 0
    return Cell(recency, frequency, members, spend, shade)


def _percent(part: int | Decimal, whole: int | Decimal) -> float:
    return float(100 * part / whole) if whole else 0.0
