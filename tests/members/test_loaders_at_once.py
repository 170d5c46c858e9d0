"""Two loaders of the same file at once: both succeed, every fact and member is there once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import connection, transaction

from members import facts
from members.models import Consent, Event, FactKey, Identity, Member, Purchase, PurchaseLine, Tag
from members.sql import rows
from tests import cast
from tests.members.test_segments_refreshed_at_once import until

pytestmark = pytest.mark.django_db(transaction=True)

Result = TypeVar("Result")
SIZE = 400


def at_once(*jobs: Callable[[], Result]) -> list[Result]:
    """Run each job in a thread and connection of its own, started together."""
    start = Barrier(len(jobs))

    def run(job: Callable[[], Result]) -> Result:
        try:
            connection.ensure_connection()
            start.wait(timeout=30)
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("members.facts.recording.BATCH", 97)
    monkeypatch.setattr("members.facts.people.BATCH", 97)


def some_facts() -> list[facts.Fact]:
    cast.crowd(3)
    line = facts.Line("mug", 1, Decimal(8))
    made: list[facts.Fact] = []
    for number in range(SIZE):
        member = f"M-000{number % 3 + 1}"
        made.append(facts.EventFact(member, cast.NOW, "file", str(number), "checkout"))
        made.append(facts.PurchaseFact(member, cast.NOW, "file", str(number), [line, line], "EUR"))
    return made


@pytest.mark.parametrize("backwards", [False, True])
def test_every_fact_lands_once(backwards):
    made = some_facts()
    other = made[::-1] if backwards else made
    outcomes = at_once(lambda: facts.record(made, cast.NOW), lambda: facts.record(other, cast.NOW + cast.HOUR))
    assert sum(outcome.new for outcome in outcomes) == 2 * SIZE
    assert sum(outcome.repeated for outcome in outcomes) == 2 * SIZE
    assert [outcome.rejected for outcome in outcomes] == [[], []]
    assert (FactKey.objects.count(), Event.objects.count(), Purchase.objects.count()) == (2 * SIZE, SIZE, SIZE)
    assert PurchaseLine.objects.count() == 2 * SIZE


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("half_known", [False, True])
def test_every_member_lands_once(backwards, half_known):
    records = [
        facts.MemberRecord(
            f"M-{number:04}",
            first_name="Ada",
            identities=[facts.Address("email", f"m{number}@example.com")],
            consents=[facts.Said("email", "promotional", True, cast.NOW)],
            tags=["vip"],
        )
        for number in range(SIZE)
    ]
    if half_known:
        facts.upsert_members([facts.MemberRecord(record.external_id) for record in records[::2]], cast.NOW)
    other = records[::-1] if backwards else records
    outcomes = at_once(
        lambda: facts.upsert_members(records, cast.NOW), lambda: facts.upsert_members(other, cast.NOW + cast.HOUR)
    )
    news = SIZE // 2 if half_known else SIZE
    assert sum(outcome.new for outcome in outcomes) == news
    assert sum(outcome.new + outcome.changed for outcome in outcomes) == SIZE
    assert sum(outcome.unchanged for outcome in outcomes) == SIZE
    assert [outcome.rejected for outcome in outcomes] == [[], []]
    assert Member.objects.filter(first_name="Ada").count() == SIZE
    assert (Identity.objects.count(), Consent.objects.count(), Tag.objects.count()) == (SIZE, SIZE, SIZE)


def test_one_purchase_is_handed_in_by_many_tills():
    made = some_facts()[:2]
    outcomes = at_once(*[lambda: facts.record(made, cast.NOW) for _till in range(8)])
    assert sum(outcome.new for outcome in outcomes) == 2
    assert (Event.objects.count(), Purchase.objects.count()) == (1, 1)


def test_an_import_locks_members_in_the_order_in_which_ticks_do():
    first, second = cast.member("M-Z"), cast.member("M-A")
    records = [facts.MemberRecord(who.external_id, first_name="Ada") for who in (first, second)]
    lock = "SELECT id FROM members_member WHERE id = %(id)s FOR NO KEY UPDATE"
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid"
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            rows(lock, {"id": first.pk})
            importing = pool.submit(at_once, lambda: facts.upsert_members(records, cast.NOW))
            until(lambda: rows(waiting, {})[0][0] > 0)
            rows(lock, {"id": second.pk})  # an import that held this one already would be in a deadlock with us
        [outcome] = importing.result(timeout=10)
    assert (outcome.changed, outcome.rejected) == (2, [])
