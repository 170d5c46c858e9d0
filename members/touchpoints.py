"""Touchpoints: every contact in any channel and direction is appended here, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import cast

from django.db.models import Field

from members import news
from members.models import Touchpoint
from members.sql import Sql, rows
from members.staging import given

# Every column that a caller can give; the rest of the table is filled here.
COLUMNS = {
    "member_id": "bigint",
    "happened_at": "timestamptz",
    "channel": "text",
    "direction": "text",
    "kind": "text",
    "who_id": "bigint",
    "who_name": "text",
    "store_id": "bigint",
    "message_id": "bigint",
    "journey_id": "bigint",
    "journey_name": "text",
    "offer_id": "bigint",
    "offer_name": "text",
    "grant_id": "bigint",
    "price": "numeric",
    "currency": "text",
    "content_id": "bigint",
    "content_name": "text",
    "text": "text",
    "outcome": "text",
}


def record(touchpoints: Iterable[Touchpoint], now: datetime) -> int:
    """Append touchpoints, given as unsaved rows, and write their news. Returns how many."""
    values = [tuple(_storable(getattr(touchpoint, column)) for column in COLUMNS) for touchpoint in touchpoints]
    return record_all(given(COLUMNS, values), tuple(COLUMNS), now) if values else 0


def record_all(source: Sql, columns: Sequence[str], now: datetime) -> int:
    """Append a touchpoint for each row of a SELECT that yields `columns` (names from COLUMNS), and write their news.

    Names and texts that are too long are cut. Returns how many. News: `touchpoint` and `touchpoint:<kind>`.
    """
    given = source.prefixed("given_")
    text = f"""
        WITH contacts AS ({insertion(given.text, columns)}),
        told AS ({news_of("contacts")})
        SELECT (SELECT count(*) FROM contacts), (SELECT array_agg(DISTINCT shard) FROM told)
    """
    [(count, shards)] = rows(text, {**given.params, "now": now})
    news.announce(shards)
    return int(count)


def _storable(value: object) -> object:
    # What carriers and people write may hold what PostgreSQL's text cannot: a contact is worth more than a character.
    if not isinstance(value, str):
        return value
    return value.replace("\0", "").encode(errors="replace").decode()


def insertion(source: str, columns: Sequence[str]) -> str:
    """Return an INSERT … RETURNING id, member_id, kind, happened_at, with `%(now)s`, for the WITH of another statement.

    Whoever uses it writes the news too, by `news_of` of the name that the INSERT has in the WITH list.
    """
    texts = [name for name, kind in COLUMNS.items() if kind == "text"]
    filled = {name: f"COALESCE({_cut(name)}, '')" if name in texts else name for name in columns}
    missing = {name: "''" for name in texts if name not in columns}
    targets = {**filled, **missing, "recorded_at": "%(now)s"}
    return f"""
        INSERT INTO members_touchpoint ({", ".join(targets)})
        SELECT {", ".join(targets.values())} FROM ({source}) contact
        RETURNING id, member_id, kind, happened_at
    """


def news_of(contacts: str) -> str:
    """Return the INSERT of the news of `insertion`; hand its distinct shards to `news.announce`."""
    return news.insertion(
        f"""
        SELECT member_id, topic, '' AS reference, max(happened_at) AS since
        FROM {contacts}, LATERAL (VALUES ('touchpoint'), ('touchpoint:' || kind)) AS told(topic)
        GROUP BY member_id, topic
        """
    )


def _cut(name: str) -> str:
    field = Touchpoint._meta.get_field(name)  # noqa: SLF001 - Django's documented way to a field
    return f"left({name}, {cast('Field[str, str]', field).max_length})"
