"""What becomes of points, entry by entry in the order of time, as a patient person would work it out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass
class Lot:
    """Points earned together, and what is left of them."""

    earned_at: datetime
    expires_at: datetime | None
    left: int

    @property
    def ends_at(self) -> datetime:
        return self.expires_at or NEVER


def balance(entries: Iterable[tuple[datetime, str, int, datetime | None]], now: datetime) -> tuple[int, list[Lot]]:
    """Return the balance and the lots that live on, of entries as (happened at, kind, points, expires at)."""
    known = [entry for entry in entries if entry[0] <= now]
    lots = sorted(
        (Lot(at, expires_at, points) for at, kind, points, expires_at in known if kind == "earned"),
        key=lambda lot: (lot.ends_at, lot.earned_at),
    )
    spent = [(at, 1, -points, None) for at, kind, points, _ in known if kind == "spent"]
    ended = [(lot.ends_at, 0, 0, lot) for lot in lots if lot.ends_at <= now]
    lost = debt = 0
    for at, _, points, lot in sorted([*spent, *ended], key=lambda event: event[:2]):
        if lot is None:
            debt += _taken(lots, at, points)
        else:
            lost, lot.left = lost + lot.left, 0
    told = -sum(points for _, kind, points, _ in known if kind == "expired")
    debt += _taken(lots, now, max(0, told - lost))
    alive = [lot for lot in lots if lot.ends_at > now]
    return sum(lot.left for lot in alive) - debt, alive


def _taken(lots: list[Lot], at: datetime, points: int) -> int:
    """Take points from the lots that have not ended, those that end first before the others; return what lacks."""
    for lot in lots:
        if lot.ends_at > at:
            taken = min(points, lot.left)
            lot.left, points = lot.left - taken, points - taken
    return points
