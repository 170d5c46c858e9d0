"""Tables that only grow are partitioned by month: made ahead, dropped when over, and no row is ever refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO
from threading import Barrier, Thread
from time import sleep
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, connections, transaction

from journeys.models import Trace
from members.models import Member, Purchase, PurchaseLine, Touchpoint
from members.partitions import Partitioned, converting, keeping, registered
from members.partitions.tables import month
from members.sql import execute, rows
from tests import cast
from tests.cast import NOW
from tests.content.at_once import at_once

TABLE = "members_touchpoint"


def contact(who: Member, at: datetime) -> Touchpoint:
    """A contact at a time, stored as the ORM does it."""
    return Touchpoint.objects.create(
        member=who, happened_at=at, recorded_at=at, channel="email", direction="out", kind="message"
    )


def place(one: Touchpoint) -> str:
    """The partition in which a contact stands."""
    [(name,)] = rows("SELECT tableoid::regclass::text FROM members_touchpoint WHERE id = %(id)s", {"id": one.pk})
    return str(name)


def first_end(table: str = TABLE) -> datetime:
    """Where the months begin: when the first partition ends, which the migration made."""
    [past] = [one for one in keeping.partitions(table) if one.name == f"{table}_past"]
    assert past.ends
    return past.ends


@pytest.mark.django_db
@pytest.mark.parametrize("table", [one.table for one in registered()])
def test_a_partition_has_all_that_the_table_has(table: str) -> None:
    now = first_end()
    keeping.keep(now)
    shapes = """
        SELECT c.relname, count(DISTINCT i.indexrelid), count(DISTINCT f.oid) FROM pg_class c
        LEFT JOIN pg_index i ON i.indrelid = c.oid LEFT JOIN pg_constraint f ON f.conrelid = c.oid AND f.contype = 'f'
        WHERE c.oid = %(table)s::regclass
        OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = %(table)s::regclass)
        GROUP BY c.relname
    """
    found = {name: (indexes, keys) for name, indexes, keys in rows(shapes, {"table": table})}
    assert len(found) == 3 + keeping.AHEAD + 1
    assert len(set(found.values())) == 1, found
    [(kind,)] = rows("SELECT relkind::text FROM pg_class WHERE oid = %(table)s::regclass", {"table": table})
    assert kind == "p"


@pytest.mark.django_db
def test_whoever_comes_second_to_make_a_month_finds_it_made() -> None:
    """Two runs at once both find it missing; `make faults` had the second one fail."""
    now = first_end()
    keeping.keep(now)
    [table] = [one for one in registered() if one.table == TABLE]
    made = keeping.partitions(TABLE)
    name = f"{TABLE}_{now:%Y_%m}"
    assert name in [one.name for one in made]
    assert keeping._tried(table, partial(keeping._add, table, name, month(now))) == 0
    assert keeping.partitions(TABLE) == made


@pytest.mark.django_db
def test_months_are_made_ahead_once_and_take_what_waited_for_them() -> None:
    ada, now = cast.ada(), first_end() + timedelta(days=10)
    odd, early = contact(ada, now), contact(ada, datetime(1999, 1, 1, tzinfo=UTC))
    far = contact(ada, now + timedelta(days=900))
    assert (place(odd), place(early), place(far)) == (f"{TABLE}_default", f"{TABLE}_past", f"{TABLE}_default")
    said = keeping.keep(now)
    assert f"{TABLE}_{now:%Y_%m} was made, and 1 rows of that time were moved into it." in said
    assert len([each for each in said if TABLE in each]) == 1 + keeping.AHEAD
    assert keeping.keep(now) == []
    assert (place(odd), place(early), place(far)) == (f"{TABLE}_{now:%Y_%m}", f"{TABLE}_past", f"{TABLE}_default")
    assert [row.pk for row in Touchpoint.objects.filter(member=ada).order_by("-happened_at", "-id")] == [
        far.pk,
        odd.pk,
        early.pk,
    ]
    last = keeping.partitions(TABLE)[-1]
    assert last.begins == month(now, keeping.AHEAD)
    # Long after, when nobody made any for a year, all that is missing is made.
    keeping.keep(now + timedelta(days=365))
    assert place(far) == f"{TABLE}_default"
    names = [one.begins for one in keeping.partitions(TABLE) if one.begins]
    assert names == [month(now, n) for n in range(len(names))]


@pytest.mark.django_db
def test_what_is_over_its_time_goes_month_by_month_and_by_rows_where_a_partition_is_over_in_part(settings) -> None:
    ada, begins = cast.ada(), first_end()
    rows("SET CONSTRAINTS ALL IMMEDIATE", {})  # as at the end of each transaction
    keeping.keep(begins)
    first, second = contact(ada, begins), contact(ada, month(begins, 1))
    ancient, before = contact(ada, begins - timedelta(days=900)), contact(ada, begins - timedelta(seconds=1))
    settings.CHORALE_KEEP_TOUCHPOINTS_MONTHS = 2
    said = keeping.keep(month(begins, 1) + timedelta(days=3))
    assert f"1 rows of before {month(begins, -1):%Y-%m-%d} were deleted from {TABLE}_past." in said
    assert set(Touchpoint.objects.values_list("pk", flat=True)) == {first.pk, second.pk, before.pk}
    assert ancient.pk not in {first.pk, second.pk, before.pk}
    said = keeping.keep(month(begins, 3))
    assert {f"{TABLE}_past was dropped.", f"{TABLE}_{begins:%Y_%m} was dropped."} <= set(said)
    assert list(Touchpoint.objects.values_list("pk", flat=True)) == [second.pk]
    # What comes late from before the oldest partition is not refused; the next run deletes it.
    late = contact(ada, begins)
    assert place(late) == f"{TABLE}_default"
    assert any(f"from {TABLE}_default" in each for each in keeping.keep(month(begins, 3)))
    assert Trace.objects.count() == 0
    assert any(one.name == "journeys_trace_past" for one in keeping.partitions("journeys_trace"))


@pytest.mark.django_db
def test_one_member_is_read_along_indexes_in_every_partition() -> None:
    keeping.keep(first_end())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT * FROM members_touchpoint WHERE member_id = 1 ORDER BY happened_at DESC, id DESC LIMIT 20"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert plan.count("Index Scan using") == 3 + keeping.AHEAD
    assert "Sort  " not in plan


@pytest.mark.django_db
@pytest.mark.parametrize("table", [one.table for one in registered()])
def test_the_planner_knows_a_table_as_a_whole_which_autovacuum_never_looks_at(table: str) -> None:
    surveyed = "SELECT last_analyze FROM pg_stat_user_tables WHERE relid = %(table)s::regclass"
    rows("SELECT pg_stat_clear_snapshot()", {})
    [before] = rows(surveyed, {"table": table})
    keeping.keep(first_end())
    rows("SELECT pg_stat_clear_snapshot(), pg_stat_force_next_flush()", {})
    assert rows(surveyed, {"table": table}) != [before]


@pytest.mark.django_db
def test_the_command_does_the_same_and_lists_them() -> None:
    now, told = first_end(), StringIO()
    call_command("partitions", "--now", now.isoformat(), stdout=told)
    assert f"{TABLE}_{now:%Y_%m} was made." in told.getvalue()
    assert f"{TABLE}\t{TABLE}_past\t\t{now:%Y-%m-%d}" in told.getvalue()
    assert f"{TABLE}\t{TABLE}_default\t\todd dates" in told.getvalue()
    listed = StringIO()
    call_command("partitions", "--list", stdout=listed)
    assert "made" not in listed.getvalue()


def reader_of(table: str, reading: Barrier, done: Barrier) -> Thread:
    """Somebody whose transaction uses a table between two barriers."""

    def read() -> None:
        with transaction.atomic():
            rows(f"SELECT count(*) FROM {table}", {})
            reading.wait(20)
            done.wait(20)
        connections.close_all()

    return Thread(target=read)


@pytest.mark.django_db
def test_whoever_comes_second_to_drop_a_month_finds_it_gone() -> None:
    """Two runs at once both find it over its time; the second one waited for the first, and failed."""
    [table] = [one for one in registered() if one.table == "members_purchase"]
    assert keeping._delete(table, "members_purchase_1999_01", NOW) == 0
    assert keeping._tried(table, partial(keeping._drop, table, "members_purchase_1999_01")) is not None


@pytest.mark.django_db(transaction=True)
def test_a_month_that_is_made_or_dropped_waits_for_whoever_writes_and_neither_is_broken_off() -> None:
    """Who has the table and comes to want a partition, while the partition is taken and the table wanted."""
    now = first_end("members_purchase")
    [table] = [one for one in registered() if one.table == "members_purchase"]
    name = f"members_purchase_{now:%Y_%m}"
    for change, wanted in ((partial(keeping._add, table, name, now), f"{table.table}_default"),
                           (partial(keeping._drop, table, name), name)):  # fmt: skip
        done: list[int | None] = []
        maker = changer(table, change, done)
        with transaction.atomic():
            rows("SELECT 1 FROM members_purchase WHERE happened_at < '2001-01-01Z'", {})
            maker.start()
            wait_until_somebody_waits_for("members_purchase")
            rows(f"SELECT 1 FROM {wanted}", {})
        maker.join()
        assert len(done) == 1
        assert done != [None]


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_beside_somebody_who_writes_do_all_and_break_nobody_off(settings: Any) -> None:
    """With two beats there are two runs a night: one of them asked for what the other had just dropped."""
    settings.CHORALE_KEEP_PURCHASES_MONTHS = settings.CHORALE_KEEP_EVENTS_MONTHS = 1
    ada, begins = cast.ada(), first_end("members_purchase")

    def work(place: int, now: datetime) -> None:
        if place < 2:
            keeping.keep(now)
        else:
            for days in (-400, -40, 0, 40, 4000):
                cast.purchase(ada, now + timedelta(days=days), key=f"{now} {days}")

    try:
        for ahead in range(10):
            assert at_once(3, partial(work, now=month(begins, ahead))) == [None] * 3
        keeping.keep(month(begins, 9))
        assert min(Purchase.objects.values_list("happened_at", flat=True)) >= month(begins, 8)
        assert PurchaseLine.objects.count() == Purchase.objects.count()
    finally:
        drop_the_months()


def changer(table: Partitioned, change: Callable[[], int], done: list[int | None]) -> Thread:
    """Somebody who makes a change to the partitions of a table, and notes what came of it."""

    def work() -> None:
        try:
            done.append(keeping._tried(table, change))
        finally:
            connections.close_all()

    return Thread(target=work)


def wait_until_somebody_waits_for(table: str) -> None:
    """Return when a lock on a table has been asked for in vain."""
    for _ in range(200):
        if rows("SELECT 1 FROM pg_locks WHERE relation = %(table)s::regclass AND NOT granted", {"table": table}):
            return
        sleep(0.01)
    pytest.fail("Nobody waits for it.")


OLD = """
CREATE TABLE old (
    id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL, said varchar(9) NOT NULL,
    member_id bigint NOT NULL CONSTRAINT old_member REFERENCES members_member DEFERRABLE INITIALLY DEFERRED,
    shard smallint GENERATED ALWAYS AS (hashint8(member_id) & 63) STORED, CONSTRAINT old_said CHECK (said <> '')
);
CREATE INDEX old_at ON old (member_id, at DESC); CREATE INDEX old_partly ON old (said) WHERE said <> 'no'
"""


@pytest.mark.django_db(transaction=True)
def test_a_table_with_data_is_converted_and_one_in_use_is_left_to_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """One test, since emptying all tables takes longer than both."""
    ada, fields = cast.ada(), {"at": datetime(2020, 5, 5, tzinfo=UTC)}
    for statement in OLD.split(";"):
        rows(statement, {})
    try:
        insertion = "INSERT INTO old (at, said, member_id) VALUES (%(at)s, 'yes', %(ada)s) RETURNING id, shard"
        first = rows(insertion, {**fields, "ada": ada.pk})
        beyond = rows(insertion, {"at": datetime(2100, 1, 1, tzinfo=UTC), "ada": ada.pk})
        converting.prepare(connection.schema_editor(), "old", "at", NOW)
        converting.prepare(connection.schema_editor(), "old", "at", NOW)  # again, as after a failure
        with transaction.atomic():
            converting.convert(connection.schema_editor(), "old", "at")
        [(second, shard)] = rows(insertion, {"at": datetime(2400, 1, 1, tzinfo=UTC), "ada": ada.pk})
        assert (first, beyond) == ([(second - 2, shard)], [(second - 1, shard)])
        places = [("old_past",), ("old_default",), ("old_default",)]
        assert rows("SELECT tableoid::regclass::text FROM old ORDER BY id", {}) == places
        assert rows("SELECT to_regclass('old_beyond_the_months')", {}) == [(None,)]
        for broken in ({"said": ""}, {"member_id": 0}, {"id": second, "at": datetime(2400, 1, 1, tzinfo=UTC)}):
            values = {"id": 99, "at": fields["at"], "said": "no", "member_id": ada.pk, **broken}
            with pytest.raises(IntegrityError):
                rows("INSERT INTO old VALUES (%(id)s, %(at)s, %(said)s, %(member_id)s)", values)
        names = "SELECT indexname FROM pg_indexes WHERE tablename IN ('old', 'old_past') ORDER BY 1"
        wanted = ["old_at", "old_at_past", "old_partly", "old_partly_past", "old_past_pkey", "old_pkey"]
        assert [name for (name,) in rows(names, {})] == wanted
    finally:
        rows("DROP TABLE old", {})
    _busy(monkeypatch)


def _busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "WAIT", "50ms")
    now, reading, done = first_end(), Barrier(2), Barrier(2)
    reader = reader_of(TABLE, reading, done)
    reader.start()
    reading.wait(20)
    said = keeping.keep(now)
    done.wait(20)
    reader.join()
    name = f"{TABLE}_{now:%Y_%m}"
    try:
        assert f"{TABLE} is busy; {name} is made by the next run." in said
        assert f"{name} was made." in keeping.keep(now)
    finally:
        drop_the_months()


def drop_the_months() -> None:
    """Leave the tables with the partitions that the migrations made."""
    for table in registered():
        for one in keeping.partitions(table.table):
            if one.begins:
                execute(f"DROP TABLE {one.name}", {})
