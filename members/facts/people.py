"""Members in bulk: new ones are added, known ones changed where the record says something else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction

from members import names, news
from members.facts import profiles
from members.facts.checks import BadItem
from members.facts.items import MemberRecord, Reject, Upserted
from members.facts.upserting import ADD, CHANGE, LOCK
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
        _store(_checked(batch, stores, region), now, outcome)
    return outcome


def check_members(
    records: Iterable[MemberRecord], stores: Mapping[str, int], region: str | None = None
) -> CheckedMembers:
    """Check some thousand records as `upsert_members` does, without asking the database.

    `stores` gives the id of a code.
    """
    return _checked(enumerate(records), stores, region)


def store_members(checked: CheckedMembers, now: datetime) -> Upserted:
    """Store, as `upsert_members` does, what was checked, in one transaction where no member stands in it twice."""
    outcome = Upserted()
    _store(checked, now, outcome)
    return outcome


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


@dataclass(slots=True)
class CheckedMembers:
    """Records that passed the checks, in batches of different members, and those that did not, with the reasons."""

    batches: list[_Batch] = field(default_factory=list)
    rejected: list[Reject] = field(default_factory=list)


def _checked(
    records: Iterable[tuple[int, MemberRecord]], stores: Mapping[str, int], region: str | None
) -> CheckedMembers:
    """Check records. No member is twice in a batch: the first holds every member's first record, and so on."""
    checked = CheckedMembers()
    times: Counter[str] = Counter()
    for position, record in records:
        try:
            flat = profiles.flatten(position, record, stores, region)
        except BadItem as error:
            checked.rejected.append(Reject(position, str(error), error.field))
        else:
            if times[flat.external_id] == len(checked.batches):
                checked.batches.append(_Batch())
            checked.batches[times[flat.external_id]].add(flat)
            times[flat.external_id] += 1
    return checked


def _store(checked: CheckedMembers, now: datetime, outcome: Upserted) -> None:
    outcome.rejected += checked.rejected
    for batch in checked.batches:
        with transaction.atomic():
            _apply(batch, now, outcome)


def _apply(batch: _Batch, now: datetime, outcome: Upserted) -> None:
    relations = {
        "members": staged("chorale_member", profiles.MEMBER, list(batch.members.values())),
        "identities": staged("chorale_identity", profiles.IDENTITY, batch.identities),
        "consents": staged("chorale_consent", profiles.CONSENT, batch.consents),
        "tags": staged("chorale_tag", profiles.TAG, batch.tags),
    }
    texts: dict[str, str] = {}
    params: dict[str, Any] = {"now": now}
    for name, relation in relations.items():
        named = relation.prefixed(f"{name}_")
        texts[name] = named.text
        params.update(named.params)
    [(added, shards)] = rows(ADD.format(**texts), params)
    params["added"] = added or []
    known = len(batch.members) - len(params["added"])
    news.announce(shards)
    changed = 0
    if known:
        execute(LOCK.format(**texts), params)
        [(changed, shards)] = rows(CHANGE.format(**texts), params)
        news.announce(shards)
    # Last: whoever waits here for the words of another loader holds all its members already, so that none deadlocks.
    names.learn(name for row in batch.members.values() for name in row[profiles.NAMES] if name)
    outcome.new += len(params["added"])
    outcome.changed += changed
    outcome.unchanged += known - changed


def _stores(records: Iterable[MemberRecord]) -> dict[str, int]:
    codes = sorted({record.home_store for record in records if record.home_store})
    if not codes:
        return {}
    return dict(rows("SELECT code, id FROM members_store WHERE code = ANY(%(codes)s)", {"codes": codes}))
