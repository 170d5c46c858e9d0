"""Which tables are partitioned by month, and for how long their rows are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings


@dataclass(frozen=True)
class Partitioned:
    """A table partitioned by months of `column`, in UTC; `setting` says for how many months rows are kept, 0 for ever.

    What is older than the months before the present one may go: with 12, in March the rows of March a year ago stay.
    """

    table: str
    column: str
    setting: str

    def horizon(self, now: datetime) -> datetime | None:
        """Return the instant before which rows go, None where they are kept for ever."""
        months = int(getattr(settings, self.setting))
        return month(now, -months) if months else None


_tables: dict[str, Partitioned] = {}


def register(*tables: Partitioned) -> None:
    """Add tables; each layer registers its own in AppConfig.ready."""
    for one in tables:
        _tables[one.table] = one


def registered() -> Sequence[Partitioned]:
    """Return all partitioned tables, by name."""
    return [_tables[name] for name in sorted(_tables)]


def horizon(table: str, now: datetime) -> datetime:
    """Return the instant since when a table has everything."""
    return _tables[table].horizon(now) or datetime.min.replace(tzinfo=UTC)


def month(now: datetime, ahead: int = 0) -> datetime:
    """Return when the month of `now` began in UTC, or the one so many months later (or, below zero, before)."""
    count = now.astimezone(UTC).year * 12 + now.astimezone(UTC).month - 1 + ahead
    return datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)
