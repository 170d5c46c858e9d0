"""Recording facts: batches are checked here, copied into PostgreSQL, and stored by one statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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


def check_purchases(purchases: Iterable[PurchaseFact], stores: Mapping[str, int]) -> CheckedFacts:
    """Check some thousand purchases as `record` does, without asking the database.

    `stores` gives the id of a code.
    """
    return _check(enumerate(purchases), partial(flat.purchase, stores=stores))


def store_purchases(checked: CheckedFacts, now: datetime) -> Recorded:
    """Store, as `record` does, what was checked, in one transaction."""
    outcome = Recorded()
    with transaction.atomic():
        _with_lines(checked, now, outcome)
    return outcome


@dataclass(slots=True)
class CheckedFacts:
    """Facts of one kind by position; the rows of those that passed the checks, and why the others did not."""

    facts: dict[int, Any]
    rows: list[flat.Row] = field(default_factory=list)
    lines: list[flat.Row] = field(default_factory=list)
    rejected: list[Reject] = field(default_factory=list)


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
) -> None:
    _one_row_each(kind, _check(batch, lambda position, fact: (flatten(position, fact), [])), now, outcome)


def _one_row_each(kind: _Kind, checked: CheckedFacts, now: datetime, outcome: Recorded) -> tuple[Sql, int]:
    """Store facts of one row each; return what was staged, and how many were known already."""
    relation = staged(kind.relation, kind.columns, checked.rows)
    params = {**relation.params, "fact": kind.fact, "now": now}
    return relation, _store(kind.statement(relation), params, checked, outcome)


def _purchases(batch: list[tuple[int, Any]], now: datetime, outcome: Recorded) -> None:
    stores = _stores([fact for _position, fact in batch])
    _with_lines(_check(batch, partial(flat.purchase, stores=stores)), now, outcome)


def _with_lines(checked: CheckedFacts, now: datetime, outcome: Recorded) -> None:
    relation = staged(_PURCHASE.relation, _PURCHASE.columns, checked.rows)
    lines = staged("chorale_line", flat.LINE, checked.lines).prefixed("line_")
    text = _PURCHASE.statement(relation, LINES.format(lines=lines.text))
    params = {**relation.params, **lines.params, "fact": _PURCHASE.fact, "now": now}
    if _store(text, params, checked, outcome):
        reason = _(
            "The purchase “%(key)s” is known already, with another total or of another member;"
            " a stored fact does not change."
        )
        _refuse(_PURCHASE.differing(relation, "currency", "total", "quantity"), reason, checked, outcome)


def _consents(batch: list[tuple[int, Any]], now: datetime, outcome: Recorded) -> None:
    checked = _check(batch, lambda position, fact: (flat.consent(position, fact, now), []))
    relation, repeated = _one_row_each(_CONSENT, checked, now, outcome)
    if repeated:
        # Taken for a repeat, a withdrawal under the key of a grant would be lost.
        reason = _(
            "The consent “%(key)s” is known already, with another decision or of another member;"
            " give each decision a key of its own."
        )
        _refuse(_CONSENT.differing(relation, "channel", "purpose", "granted"), reason, checked, outcome)


_KINDS: dict[type, Callable[[list[tuple[int, Any]], datetime, Recorded], None]] = {
    EventFact: partial(_plain, _EVENT, flat.event),
    PointsFact: partial(_plain, _POINTS, flat.points),
    PurchaseFact: _purchases,
    ConsentFact: _consents,
}


def _check(
    batch: Iterable[tuple[int, Any]], flatten: Callable[[int, Any], tuple[flat.Row, list[flat.Row]]]
) -> CheckedFacts:
    checked = CheckedFacts(dict(batch))
    for position, fact in checked.facts.items():
        try:
            row, lines = flatten(position, fact)
        except BadItem as error:
            checked.rejected.append(Reject(position, str(error), error.field))
        else:
            checked.rows.append(row)
            checked.lines += lines
    return checked


def _store(text: str, params: dict[str, Any], checked: CheckedFacts, outcome: Recorded) -> int:
    """Execute the statement, take its outcome down and return how many facts were known already."""
    outcome.rejected += checked.rejected
    if not checked.rows:
        return 0
    new: int
    [(new, unknown, shards)] = rows(text, params)
    news.announce(shards)
    for position in unknown or ():
        reason = flat.no_member(checked.facts[position].member)
        outcome.rejected.append(Reject(position, reason, flat.MEMBER.field))
    repeated = len(checked.rows) - new - len(unknown or ())
    outcome.new += new
    outcome.repeated += repeated
    return repeated


def _refuse(differing: Sql, reason: str, checked: CheckedFacts, outcome: Recorded) -> None:
    """Reject for this reason what was counted as repeated, at the positions that the SELECT yields."""
    unknown = {reject.position for reject in outcome.rejected}
    for position in {position for (position,) in rows(differing.text, differing.params)} - unknown:
        outcome.repeated -= 1
        outcome.rejected.append(Reject(position, reason % {"key": checked.facts[position].key}, flat.KEY.field))


def _stores(purchases: Sequence[PurchaseFact]) -> dict[str, int]:
    codes = flat.store_codes(purchases)
    if not codes:
        return {}
    return dict(rows("SELECT code, id FROM members_store WHERE code = ANY(%(codes)s)", {"codes": codes}))
