"""How grants end without being redeemed: withdrawn, declined or expired. Compare-and-set, by set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction

from content.models import Grant
from content.offers.changing import Change, changed
from members import news
from members.sql import Sql, rows

Callback = Callable[[list[int], datetime], None]
_callbacks: list[Callback] = []
_on_reopened: list[Callback] = []

# Rows are locked in the order of their ids, so that two closings that meet wait for each other instead of deadlocking;
# after the wait the state is asked again, and who came second finds nothing to close. What is asked for is worked out
# once: within IN it may be anew for each row, each time with other rows up to its LIMIT.
_CLOSE = """
WITH asked AS MATERIALIZED ({grants}),
chosen AS (
    SELECT id FROM content_grant WHERE state = 'live' AND id IN (SELECT * FROM asked) ORDER BY id FOR UPDATE
),
closed AS (
    UPDATE content_grant g SET state = %(state)s, closed_at = %(now)s
    FROM chosen WHERE g.id = chosen.id
    RETURNING g.id, g.member_id
),
told AS ({news})
SELECT array_agg(id ORDER BY id), (SELECT array_agg(DISTINCT shard) FROM told) FROM closed
"""
# The body of a WITH query after `closed`, which yields (id, member_id).
NEWS = news.insertion(
    "SELECT member_id, 'grant'::text AS topic, id::text AS reference, %(now)s::timestamptz AS since FROM closed"
)
# Nobody waits here: a grant that is being redeemed at this moment is no business of ours.
_OVER = Sql(
    "SELECT id FROM content_grant WHERE state = 'live' AND upper(validity) <= %(at)s"
    " ORDER BY upper(validity), id LIMIT %(limit)s FOR UPDATE SKIP LOCKED"
)


def withdraw(grants: Sql | Sequence[int], now: datetime) -> list[int]:
    """Take live grants back. `grants` are ids, or a SELECT of ids. Returns the ids of those that were live."""
    return _close(grants, Grant.State.WITHDRAWN, now)


def decline(grants: Sql | Sequence[int], now: datetime) -> list[int]:
    """Close live grants that the members do not want. Returns the ids of those that were live."""
    return _close(grants, Grant.State.DECLINED, now)


def expire(now: datetime, limit: int = 10_000) -> int:
    """Close live grants whose validity is over, the oldest first, at most `limit` of them; returns how many.

    Bookkeeping: every reader asks the validity itself, and nothing waits for this.
    """
    return len(_close(Sql(_OVER.text, {"at": now, "limit": limit}), Grant.State.EXPIRED, now))


def on_closed(callback: Callback) -> None:
    """Have `callback(grant ids, now)` called inside each transaction that ends grants. For AppConfig.ready."""
    if callback not in _callbacks:
        _callbacks.append(callback)


def on_reopened(callback: Callback) -> None:
    """Have `callback(grant ids, now)` called inside each transaction that makes grants live again.

    That is the undoing of a redemption. For AppConfig.ready.
    """
    if callback not in _on_reopened:
        _on_reopened.append(callback)


def forget(callback: Callback) -> None:
    """Undo `on_closed` and `on_reopened`."""
    for known in (_callbacks, _on_reopened):
        if callback in known:
            known.remove(callback)


def closed(grants: list[int], now: datetime) -> None:
    """Tell those who registered that these grants have ended; called inside the transaction that ended them."""
    if grants:
        for callback in _callbacks:
            callback(grants, now)


def reopened(grants: list[int], now: datetime) -> None:
    """Tell those who registered that these grants are live again; called inside the transaction that made them so."""
    for callback in _on_reopened if grants else ():
        callback(grants, now)


@transaction.atomic
def _close(grants: Sql | Sequence[int], state: Grant.State, now: datetime) -> list[int]:
    chosen = grants if isinstance(grants, Sql) else Sql("SELECT unnest(%(ids)s::bigint[])", {"ids": list(grants)})
    named = chosen.prefixed("g_")
    text = _CLOSE.format(grants=named.text, news=NEWS)
    [(ids, shards)] = rows(text, {**named.params, "state": state.value, "now": now})
    news.announce(shards)
    closed(ids or [], now)
    changed(ids or [], Change(state.value), now)
    return ids or []
