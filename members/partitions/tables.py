"""Which tables are partitioned by month, and for how long their rows are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings

# The columns that an insertion may name.
COLUMNS = """
SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
WHERE attrelid = %(table)s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""


@dataclass(frozen=True)
class Partitioned:
    """A table partitioned by months of `column`, in UTC; `setting` says for how many months rows are kept, 0 for ever.

    What is older than the months before the present one may go: with 12, in March the rows of March a year ago stay.
    `parts` is a table whose rows belong to rows of this one, by the id in its column `parts_of`, and go with them.
    """

    table: str
    column: str
    setting: str
    parts: str = ""
    parts_of: str = ""

    def horizon(self, now: datetime) -> datetime | None:
        """Return the instant before which rows go, None where they are kept for ever."""
        months = int(getattr(settings, self.setting))
        return month(now, -months) if months else None


OF_MEMBERS = (
    Partitioned("members_touchpoint", "happened_at", "CHORALE_KEEP_TOUCHPOINTS_MONTHS"),
    Partitioned("members_event", "happened_at", "CHORALE_KEEP_EVENTS_MONTHS"),
    Partitioned("members_pointsentry", "happened_at", "CHORALE_KEEP_POINTS_MONTHS"),
    Partitioned(
        "members_purchase", "happened_at", "CHORALE_KEEP_PURCHASES_MONTHS", "members_purchaseline", "purchase_id"
    ),
)
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
