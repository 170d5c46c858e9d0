"""Recording facts: batches are checked here, copied into PostgreSQL, and stored by one statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from members import news
from members.facts import rows as flat
from members.facts.checks import BadItem
from members.facts.items import ConsentFact, EventFact, Fact, PointsFact, PurchaseFact, Recorded, Reject
from members.facts.statements import DIFFERING, LINES, RECORD, news_of
from members.sql import Sql, rows
from members.staging import staged

BATCH = 10_000


def record(facts: Iterable[Fact], now: datetime) -> Recorded:
    """Store facts of any kinds, each once, and return how many were new, how many known, and which were rejected.

    Takes any number of them; every batch of 10,000 is a transaction of its own, unless the caller opened one.
    """
    outcome = Recorded()
    numbered = enumerate(facts)
    while batch := list(islice(numbered, BATCH)):
        with transaction.atomic():
            # Always in this order of kinds, so that two loaders never wait for each other crosswise.
            for kind, store in _KINDS.items():
                mine = [pair for pair in batch if type(pair[1]) is kind]
                if mine:
                    store(mine, now, outcome)
    outcome.rejected.sort(key=lambda reject: reject.position)
    return outcome


@dataclass(slots=True)
class _Checked:
    """The rows of a batch that passed the checks."""

    rows: list[flat.Row]
    lines: list[flat.Row]


def _events(batch: list[tuple[int, Any]], now: datetime, outcome: Recorded) -> None:
    checked = _check(batch, lambda position, fact: (flat.event(position, fact), []), outcome)
    relation = staged("chorale_event", flat.EVENT, checked.rows)
    text = RECORD.format(
        staged=relation.text,
        table="members_event",
        columns="name, properties",
        lines="",
        news=news_of("'event:' || name"),
    )
    _store(text, {**relation.params, "fact": "event", "now": now}, batch, checked, outcome)


def _points(batch: list[tuple[int, Any]], now: datetime, outcome: Recorded) -> None:
    checked = _check(batch, lambda position, fact: (flat.points(position, fact), []), outcome)
    relation = staged("chorale_points", flat.POINTS, checked.rows)
    text = RECORD.format(
        staged=relation.text,
        table="members_pointsentry",
        columns="kind, points, expires_at",
        lines="",
        news=news_of("'points'::text"),
    )
    _store(text, {**relation.params, "fact": "points", "now": now}, batch, checked, outcome)


def _purchases(batch: list[tuple[int, Any]], now: datetime, outcome: Recorded) -> None:
    stores = _stores([fact for _position, fact in batch])
    checked = _check(batch, lambda position, fact: flat.purchase(position, fact, stores), outcome)
    relation = staged("chorale_purchase", flat.PURCHASE, checked.rows)
    lines = staged("chorale_line", flat.LINE, checked.lines).prefixed("line_")
    text = RECORD.format(
        staged=relation.text,
        table="members_purchase",
        columns="store_id, currency, total, quantity",
        lines=LINES.format(lines=lines.text),
        news=news_of("'purchase'::text"),
    )
    params = {**relation.params, **lines.params, "fact": "purchase", "now": now}
    if _store(text, params, batch, checked, outcome):
        reason = _(
            "The purchase “%(key)s” is known already, with another total or of another member;"
            " a stored fact does not change."
        )
        same = "(stored.currency, stored.total, stored.quantity) = (known.currency, known.total, known.quantity)"
        differing = DIFFERING.format(staged=relation.text, fact="purchase", table="members_purchase", same=same)
        _refuse(Sql(differing, relation.params), reason, batch, outcome)


def _consents(batch: list[tuple[int, Any]], now: datetime, outcome: Recorded) -> None:
    checked = _check(batch, lambda position, fact: (flat.consent(position, fact), []), outcome)
    relation = staged("chorale_consent_fact", flat.CONSENT, checked.rows)
    text = RECORD.format(
        staged=relation.text,
        table="members_consent",
        columns="channel, purpose, granted, wording",
        lines="",
        news=news_of("'consent'::text"),
    )
    if _store(text, {**relation.params, "fact": "consent", "now": now}, batch, checked, outcome):
        # Taken for a repeat, a withdrawal under the key of a grant would be lost.
        reason = _(
            "The consent “%(key)s” is known already, with another decision or of another member;"
            " give each decision a key of its own."
        )
        same = "(stored.channel, stored.purpose, stored.granted) = (known.channel, known.purpose, known.granted)"
        differing = DIFFERING.format(staged=relation.text, fact="consent", table="members_consent", same=same)
        _refuse(Sql(differing, relation.params), reason, batch, outcome)


_KINDS: dict[type, Callable[[list[tuple[int, Any]], datetime, Recorded], None]] = {
    EventFact: _events,
    PointsFact: _points,
    PurchaseFact: _purchases,
    ConsentFact: _consents,
}


def _check(
    batch: Sequence[tuple[int, Any]],
    flatten: Callable[[int, Any], tuple[flat.Row, list[flat.Row]]],
    outcome: Recorded,
) -> _Checked:
    checked = _Checked([], [])
    for position, fact in batch:
        try:
            row, lines = flatten(position, fact)
        except BadItem as error:
            outcome.rejected.append(Reject(position, str(error), error.field))
        else:
            checked.rows.append(row)
            checked.lines += lines
    return checked


def _store(
    text: str, params: dict[str, Any], batch: list[tuple[int, Any]], checked: _Checked, outcome: Recorded
) -> int:
    """Execute the statement, take its outcome down and return how many facts were known already."""
    if not checked.rows:
        return 0
    new: int
    [(new, unknown, shards)] = rows(text, params)
    news.announce(shards)
    facts = dict(batch) if unknown else {}
    for position in unknown or ():
        outcome.rejected.append(Reject(position, flat.no_member(facts[position].member), flat.MEMBER.field))
    repeated = len(checked.rows) - new - len(unknown or ())
    outcome.new += new
    outcome.repeated += repeated
    return repeated


def _refuse(differing: Sql, reason: str, batch: list[tuple[int, Any]], outcome: Recorded) -> None:
    """Reject for this reason what was counted as repeated, at the positions that the SELECT yields."""
    facts = dict(batch)
    unknown = {reject.position for reject in outcome.rejected}
    for position in {position for (position,) in rows(differing.text, differing.params)} - unknown:
        outcome.repeated -= 1
        outcome.rejected.append(Reject(position, reason % {"key": facts[position].key}, flat.KEY.field))


def _stores(purchases: Sequence[PurchaseFact]) -> dict[str, int]:
    codes = flat.store_codes(purchases)
    if not codes:
        return {}
    return dict(rows("SELECT code, id FROM members_store WHERE code = ANY(%(codes)s)", {"codes": codes}))
