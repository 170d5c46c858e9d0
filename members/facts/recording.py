"""Recording facts: batches are checked here, copied into PostgreSQL, and stored by one statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
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


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of fact: how it is staged, where it is stored, and the topic of its news as an SQL expression."""

    fact: str
    relation: str
    columns: Mapping[str, str]
    table: str
    own: str  # the table's columns that other kinds have not
    topic: str

    def statement(self, staged_rows: Sql, lines: str = "") -> str:
        """Return the statement that stores what was staged."""
        topic = news_of(self.topic)
        return RECORD.format(staged=staged_rows.text, table=self.table, columns=self.own, lines=lines, news=topic)

    def differing(self, staged_rows: Sql, *columns: str) -> Sql:
        """Return the SELECT of the positions whose key is known with other values in these columns."""
        stored, known = (", ".join(f"{of}.{column}" for column in columns) for of in ("stored", "known"))
        same = f"({stored}) = ({known})"
        text = DIFFERING.format(staged=staged_rows.text, fact=self.fact, table=self.table, same=same)
        return Sql(text, staged_rows.params)


_EVENT = _Kind("event", "chorale_event", flat.EVENT, "members_event", "name, properties", "'event:' || name")
_POINTS = _Kind(
    "points", "chorale_points", flat.POINTS, "members_pointsentry", "kind, points, expires_at", "'points'::text"
)
_PURCHASE = _Kind(
    "purchase",
    "chorale_purchase",
    flat.PURCHASE,
    "members_purchase",
    "store_id, currency, total, quantity",
    "'purchase'::text",
)
_CONSENT = _Kind(
    "consent",
    "chorale_consent_fact",
    flat.CONSENT,
    "members_consent",
    "channel, purpose, granted, wording",
    "'consent'::text",
)


def _plain(
    kind: _Kind,
    flatten: Callable[[int, Any], flat.Row],
    batch: list[tuple[int, Any]],
    now: datetime,
    outcome: Recorded,
) -> tuple[Sql, int]:
    """Store facts of one row each; return what was staged, and how many were known already."""
    checked = _check(batch, lambda position, fact: (flatten(position, fact), []), outcome)
    relation = staged(kind.relation, kind.columns, checked.rows)
    params = {**relation.params, "fact": kind.fact, "now": now}
    return relation, _store(kind.statement(relation), params, batch, checked, outcome)


def _purchases(batch: list[tuple[int, Any]], now: datetime, outcome: Recorded) -> None:
    stores = _stores([fact for _position, fact in batch])
    checked = _check(batch, lambda position, fact: flat.purchase(position, fact, stores), outcome)
    relation = staged(_PURCHASE.relation, _PURCHASE.columns, checked.rows)
    lines = staged("chorale_line", flat.LINE, checked.lines).prefixed("line_")
    text = _PURCHASE.statement(relation, LINES.format(lines=lines.text))
    params = {**relation.params, **lines.params, "fact": _PURCHASE.fact, "now": now}
    if _store(text, params, batch, checked, outcome):
        reason = _(
            "The purchase “%(key)s” is known already, with another total or of another member;"
            " a stored fact does not change."
        )
        _refuse(_PURCHASE.differing(relation, "currency", "total", "quantity"), reason, batch, outcome)


def _consents(batch: list[tuple[int, Any]], now: datetime, outcome: Recorded) -> None:
    relation, repeated = _plain(_CONSENT, partial(flat.consent, now=now), batch, now, outcome)
    if repeated:
        # Taken for a repeat, a withdrawal under the key of a grant would be lost.
        reason = _(
            "The consent “%(key)s” is known already, with another decision or of another member;"
            " give each decision a key of its own."
        )
        _refuse(_CONSENT.differing(relation, "channel", "purpose", "granted"), reason, batch, outcome)


_KINDS: dict[type, Callable[[list[tuple[int, Any]], datetime, Recorded], object]] = {
    EventFact: partial(_plain, _EVENT, flat.event),
    PointsFact: partial(_plain, _POINTS, flat.points),
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
