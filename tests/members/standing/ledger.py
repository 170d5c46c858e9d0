"""Members with purchases and points, told in days before NOW; and their standing read back."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from members import standing
from members.models import Member, PointsEntry, Purchase, Standing

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
_keys = count()


def ago(days: float) -> datetime:
    """Return the time so many days before NOW; negative days lie ahead."""
    return NOW - timedelta(days=days)


def member(name: str) -> Member:
    """Add a member with this external id."""
    return Member.objects.create(external_id=name, recorded_at=NOW)


def bought(who: Member, *purchases: tuple[float, str], currency: str = "EUR") -> None:
    """Add purchases as (days ago, total); a negative total is a return."""
    Purchase.objects.bulk_create(
        Purchase(
            member=who,
            happened_at=ago(days),
            recorded_at=NOW,
            source="test",
            key=str(next(_keys)),
            currency=currency,
            total=Decimal(total),
            quantity=-1 if total.startswith("-") else 1,
        )
        for days, total in purchases
    )


def earned(who: Member, points: int, days: float, expires_in: float | None = None) -> PointsEntry:
    """Add earned points: so many days ago, expiring so many days after NOW (negative: before it)."""
    return _entry(who, "earned", points, days, None if expires_in is None else ago(-expires_in))


def spent(who: Member, points: int, days: float) -> PointsEntry:
    """Add spent points."""
    return _entry(who, "spent", -points, days, None)


def expired(who: Member, points: int, days: float) -> PointsEntry:
    """Add points that were lost, as another system tells it."""
    return _entry(who, "expired", -points, days, None)


def _entry(who: Member, kind: str, points: int, days: float, expires_at: datetime | None) -> PointsEntry:
    return PointsEntry.objects.create(
        member=who,
        kind=kind,
        points=points,
        happened_at=ago(days),
        recorded_at=NOW,
        source="test",
        key=str(next(_keys)),
        expires_at=expires_at,
    )


def refreshed(now: datetime = NOW) -> dict[str, Standing]:
    """Refresh everybody and return the standings by external id."""
    standing.refresh(now)
    return standings()


def standings() -> dict[str, Standing]:
    """Return the standings by external id."""
    return {row.member.external_id: row for row in Standing.objects.select_related("member")}


def table(rows: dict[str, Standing], *columns: str) -> dict[str, tuple[object, ...]]:
    """Return only these columns, to be compared with a table computed by hand."""
    return {name: tuple(getattr(row, column) for column in columns) for name, row in rows.items()}


def members(names: Iterable[str]) -> dict[str, Member]:
    """Add several members and return them by external id."""
    return {name: member(name) for name in names}
