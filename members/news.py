"""News: who must be looked at, written in the same statement as what happened, read once by the shard's tick.

Rows are only inserted and deleted. Updating enrollments or memberships instead was measured to block for the whole
tick of the shard and to deadlock with it.

Nobody writes news on a topic without a listener. A row becomes readable at its `recorded_at`, which is the time of the
fact where that lies ahead: a till whose clock is fast must not have its purchase read before it counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction

from members.models import Listener
from members.sql import Sql, prepared, rows

Callback = Callable[[set[int]], None]
_callbacks: list[Callback] = []
_HIGHEST = 2**63 - 1  # the largest bigint

# The body of a WITH query. `source` yields (member_id, topic, reference, since); the statement that holds it needs
# %(now)s, and hands the shards to `announce`.
_INSERTION = """
    INSERT INTO members_news (member_id, topic, reference, recorded_at, happened_at)
    SELECT member_id, topic, reference, GREATEST(since, %(now)s), {happened_at}
    FROM ({source}) happened
    WHERE topic IN (SELECT topic FROM members_listener)
    RETURNING shard
"""


_TAKE = """
    DELETE FROM members_news
    WHERE shard = ANY(%(shards)s) AND recorded_at <= %(now)s AND member_id BETWEEN %(low)s AND %(high)s
    RETURNING id, member_id, topic, reference, happened_at
"""


class Item(NamedTuple):
    """One piece of news: `reference` is the fact's id or what else the topic speaks of, else empty.

    `happened_at` is when it happened, a fact's very own instant; None where that was not written down.
    """

    member_id: int
    topic: str
    reference: str
    happened_at: datetime | None = None


def insertion(source: str, happened_at: str = "since") -> str:
    """Return an INSERT … RETURNING shard for a WITH list. `source` yields (member_id, topic, reference, since).

    It happened at `since`, unless `happened_at` names another column of `source`. The whole statement needs `%(now)s`;
    pass the distinct shards that it returns to `announce`.
    """
    return _INSERTION.format(source=source, happened_at=happened_at)


def write(members: Sql, topic: str, now: datetime) -> int:
    """Write news of one topic for the members that a SELECT of `member_id` and perhaps `reference` yields.

    Returns how many rows were written, which is 0 where nothing listens.
    """
    # to_jsonb finds out whether the caller's SELECT has a reference: most have none.
    source = f"""
        SELECT member_id, %(topic)s::text AS topic, COALESCE(to_jsonb(given) ->> 'reference', '') AS reference,
               %(now)s::timestamptz AS since
        FROM ({members.prefixed("members_").text}) given
        WHERE EXISTS (SELECT FROM members_listener WHERE topic = %(topic)s)
    """
    text = f"WITH told AS ({insertion(source)}) SELECT count(*), array_agg(DISTINCT shard) FROM told"
    [(count, shards)] = rows(text, {**members.prefixed("members_").params, "topic": topic, "now": now})
    announce(shards)
    return int(count)


def listen(listener: str, topics: Iterable[str]) -> None:
    """Replace the topics of a listener such as `segment:12`."""
    wanted = set(topics)
    with transaction.atomic():
        Listener.objects.filter(listener=listener).exclude(topic__in=wanted).delete()
        new = [Listener(listener=listener, topic=topic) for topic in sorted(wanted)]
        Listener.objects.bulk_create(new, ignore_conflicts=True)


def topics(listener: str) -> set[str]:
    """Return the topics of a listener."""
    return set(Listener.objects.filter(listener=listener).values_list("topic", flat=True))


def unlisten(listener: str) -> None:
    """Forget a listener and all its topics."""
    Listener.objects.filter(listener=listener).delete()


def read(shards: Sequence[int], now: datetime, *, low: int = 0, high: int = _HIGHEST) -> list[Item]:
    """Take the news of some shards, in the order of members; they are deleted by this.

    `low` and `high` bound the members, both included. The caller holds the shards' locks and handles what it took in
    the same transaction.
    """
    taken = prepared(_TAKE, {"shards": list(shards), "now": now, "low": low, "high": high})
    return [Item(*row[1:]) for row in sorted(taken, key=lambda row: (row[1], row[0]))]


def exists_unread(alias: str, column: str = "id") -> str:
    """Return a condition, with `%(now)s`: news about the row's member waits to be read.

    `alias` is a table with a `shard` and the member's id in `column`: ("m") for members, ("e", "member_id") for others.
    """
    # Not EXISTS: behind a LIMIT the planner takes the rows for all there are, and hashes all news there is instead of
    # asking the index for a few members.
    return (
        f"(SELECT true FROM members_news unread WHERE unread.shard = {alias}.shard"
        f" AND unread.member_id = {alias}.{column} AND unread.recorded_at <= %(now)s LIMIT 1) IS NOT NULL"
    )


def on_commit(callback: Callback) -> None:
    """Have `callback` called with the shards after each commit that wrote news; registered in AppConfig.ready."""
    if callback not in _callbacks:
        _callbacks.append(callback)


def forget(callback: Callback) -> None:
    """Undo `on_commit`."""
    _callbacks.remove(callback)


def announce(shards: Iterable[int] | None) -> None:
    """Tell, once this transaction is committed, that these shards have news; all tellings of it become one."""
    found = set(shards or ())
    if not found:
        return
    hooks = (getattr(entry[1], "__self__", None) for entry in connection.run_on_commit)
    telling = next((hook for hook in hooks if isinstance(hook, _Telling)), None) or _Telling()
    telling.shards |= found
    # A hook for each announcement, since one made in a savepoint dies with it; the first to run empties the set.
    transaction.on_commit(telling.tell, robust=True)


class _Telling:
    """Calls the callbacks with the shards that its transaction touched."""

    def __init__(self) -> None:
        self.shards: set[int] = set()

    def tell(self) -> None:
        shards, self.shards = self.shards, set()
        if shards:
            for callback in _callbacks:
                callback(shards)
