"""Members in bulk: new ones are added, known ones changed where the record says something else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction

from members import names, news
from members.facts import profiles
from members.facts.checks import BadItem
from members.facts.items import MemberRecord, Reject, Upserted
from members.facts.upserting import APPLY, INSERT, LOCK
from members.sql import execute, rows
from members.staging import staged

BATCH = 5_000


def upsert_members(records: Iterable[MemberRecord], now: datetime, region: str | None = None) -> Upserted:
    """Store what is known about members, by external id, and return how many were new, changed or unchanged.

    A record with anything wrong in it is rejected whole. `region` (such as DE) is the country of phone numbers written
    without one. Every batch of 5,000 is a transaction of its own, unless the caller opened one. Writes news of the
    topics `profile`, `consent` and `tag` for the members whose profile, addresses, consents or tags changed.
    """
    outcome = Upserted()
    numbered = enumerate(records)
    while batch := list(islice(numbered, BATCH)):
        stores = _stores(record for _position, record in batch)
        good = _checked(batch, stores, region, outcome)
        for apart in _apart(good):
            with transaction.atomic():
                _apply(apart, now, outcome)
    return outcome


def _checked(
    batch: list[tuple[int, MemberRecord]], stores: Mapping[str, int], region: str | None, outcome: Upserted
) -> Iterator[profiles.Flat]:
    for position, record in batch:
        try:
            yield profiles.flatten(position, record, stores, region)
        except BadItem as error:
            outcome.rejected.append(Reject(position, str(error), error.field))


@dataclass(slots=True)
class _Batch:
    """Rows of different members."""

    members: dict[str, profiles.Row] = field(default_factory=dict)
    identities: list[profiles.Row] = field(default_factory=list)
    consents: list[profiles.Row] = field(default_factory=list)
    tags: list[profiles.Row] = field(default_factory=list)

    def add(self, record: profiles.Flat) -> None:
        """Take the rows of a record of another member in."""
        self.members[record.external_id] = record.member
        self.identities += record.identities
        self.consents += record.consents
        self.tags += record.tags


def _apart(records: Iterable[profiles.Flat]) -> list[_Batch]:
    """Return batches in which no member is twice: every member's first record, then the second ones, and so on."""
    batches: list[_Batch] = []
    times: Counter[str] = Counter()
    for record in records:
        if times[record.external_id] == len(batches):
            batches.append(_Batch())
        batches[times[record.external_id]].add(record)
        times[record.external_id] += 1
    return batches


def _apply(batch: _Batch, now: datetime, outcome: Upserted) -> None:
    relations = {
        "members": staged("chorale_member", profiles.MEMBER, list(batch.members.values())),
        "identities": staged("chorale_identity", profiles.IDENTITY, batch.identities),
        "consents": staged("chorale_consent", profiles.CONSENT, batch.consents),
        "tags": staged("chorale_tag", profiles.TAG, batch.tags),
    }
    named = {name: relation.prefixed(f"{name}_") for name, relation in relations.items()}
    texts = {name: relation.text for name, relation in named.items()}
    params: dict[str, Any] = {"now": now}
    for relation in named.values():
        params.update(relation.params)
    added = [pk for (pk,) in rows(INSERT.format(**texts), params)]
    execute(LOCK.format(**texts), params)
    [(changed, shards)] = rows(APPLY.format(**texts), {**params, "added": added})
    # Last: whoever waits here for the words of another loader holds all its members already, so that none deadlocks.
    names.learn(relations["members"])
    news.announce(shards)
    outcome.new += len(added)
    outcome.changed += changed
    outcome.unchanged += len(batch.members) - len(added) - changed


def _stores(records: Iterable[MemberRecord]) -> dict[str, int]:
    codes = sorted({record.home_store for record in records if record.home_store})
    if not codes:
        return {}
    return dict(rows("SELECT code, id FROM members_store WHERE code = ANY(%(codes)s)", {"codes": codes}))
