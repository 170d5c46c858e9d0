"""Refreshes of one segment at the same time do no harm."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep

import pytest
from django.db import connection, transaction

from members import segments
from members.models import Member, Membership, Segment, Tag
from members.segments import Diff
from members.sql import Sql, rows
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def vips() -> Segment:
    return segments.save(Segment(key="vips", name="vips", rule={"tag": {"name": "vip"}}))


def refreshed(segment: Segment, members: Sql | None = None) -> Diff:
    """Refresh a segment on a connection of its own."""
    try:
        return segments.refresh(Segment.objects.get(pk=segment.pk), NOW, members)
    finally:
        connection.close()


def only(*members: Member) -> Sql:
    """Return the members as a SELECT."""
    return Sql("SELECT unnest(%(ids)s::bigint[]) AS member_id", {"ids": [member.pk for member in members]})


def somebody_waits() -> bool:
    """Say whether a connection waits for an advisory lock in this database."""
    query = """
        SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
        WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()
    """
    return bool(rows(query, {})[0][0])


def until(true: Callable[[], bool]) -> None:
    """Wait until something is true, at most ten seconds."""
    deadline = monotonic() + 10
    while not true():
        assert monotonic() < deadline, "it did not become true within ten seconds"
        sleep(0.01)


def test_many_refreshes_at_once_put_everybody_in_once(vips: Segment) -> None:
    members = [cast.member(f"M-{number}", tags=["vip"]) for number in range(20)]
    some = only(*members[:10])
    with ThreadPoolExecutor(6) as pool:
        under_way = [pool.submit(refreshed, vips, some if number % 2 else None) for number in range(12)]
        joined = sum(one.result().joined for one in under_way)
    assert joined == Membership.objects.filter(segment=vips).count() == 20
    segments.refresh(vips, NOW)
    assert Segment.objects.get(pk=vips.pk).size == 20


def test_a_refresh_of_everybody_waits_for_one_of_some_and_sees_what_it_did(vips: Segment) -> None:
    ada = cast.ada(tags=["vip"])
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert segments.refresh(vips, NOW, only(ada)) == Diff(1, 0)
            other = pool.submit(refreshed, vips)
            until(somebody_waits)
            Tag.objects.all().delete()
        assert other.result(timeout=10) == Diff(0, 1)  # it looked only after the tag was gone for good
    assert Segment.objects.get(pk=vips.pk).size == 0


def test_refreshes_of_some_members_do_not_wait_for_each_other(vips: Segment) -> None:
    ada, ben = cast.ada(tags=["vip"]), cast.ben(tags=["vip"])
    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        segments.refresh(vips, NOW, only(ada))
        assert pool.submit(refreshed, vips, only(ben)).result(timeout=10) == Diff(1, 0)
    # The size was being changed by the first, so the second left it to the next refresh of everybody.
    assert Segment.objects.get(pk=vips.pk).size == 1
    segments.refresh(vips, NOW)
    assert Segment.objects.get(pk=vips.pk).size == 2
