"""News reaches whoever listens, once, and nobody else."""

import pytest
from django.db import transaction

from journeys import work
from members import news
from members.models import News
from members.sql import Sql, rows
from tests import cast

EVERYBODY = Sql("SELECT id AS member_id FROM members_member")


@pytest.fixture
def told():
    """The shards of every telling after a commit."""
    tellings: list[set[int]] = []
    news.on_commit(tellings.append)
    yield tellings
    news.forget(tellings.append)


def read(member, now=cast.NOW):
    return news.read([member.shard], now)


@pytest.mark.django_db
def test_nothing_is_written_where_nobody_listens():
    cast.ada()
    news.listen("segment:1", ["purchase"])
    assert news.write(EVERYBODY, "points", cast.NOW) == 0
    assert not News.objects.exists()


@pytest.mark.django_db
def test_news_is_read_once():
    ada = cast.ada()
    news.listen("segment:1", ["points"])
    assert news.write(EVERYBODY, "points", cast.NOW) == 1
    assert read(ada) == [news.Item(ada.pk, "points", "", cast.NOW)]
    assert read(ada) == []


@pytest.mark.django_db
def test_two_listeners_make_one_piece_of_news():
    ada = cast.ada()
    news.listen("segment:1", ["points"])
    news.listen("journey:1", ["points"])
    news.write(EVERYBODY, "points", cast.NOW)
    assert len(read(ada)) == 1


@pytest.mark.django_db
def test_a_reference_travels_along():
    ada = cast.ada()
    news.listen("journey:1", ["grant"])
    news.write(
        Sql("SELECT id AS member_id, %(what)s AS reference FROM members_member", {"what": "17"}), "grant", cast.NOW
    )
    assert read(ada) == [news.Item(ada.pk, "grant", "17", cast.NOW)]


@pytest.mark.django_db
def test_listening_again_replaces_the_topics():
    cast.ada()
    news.listen("segment:1", ["points", "tag"])
    news.listen("segment:1", ["tag", "consent"])
    assert [news.write(EVERYBODY, topic, cast.NOW) for topic in ("points", "tag", "consent")] == [0, 1, 1]
    news.unlisten("segment:1")
    assert news.write(EVERYBODY, "tag", cast.NOW) == 0


@pytest.mark.django_db
def test_a_shard_is_read_in_ranges_of_members_each_piece_once():
    members = cast.crowd(200)
    shard = members[0].shard
    mine = [member.pk for member in members if member.shard == shard]
    news.listen("segment:1", ["points"])
    news.write(EVERYBODY, "points", cast.NOW)
    assert [item.member_id for item in news.read([shard], cast.NOW, low=mine[0], high=mine[0])] == mine[:1]
    assert news.read([shard], cast.NOW, low=mine[0], high=mine[0]) == []
    assert [item.member_id for item in news.read([shard], cast.NOW)] == mine[1:]


@pytest.mark.django_db
def test_a_fact_of_a_fast_clock_is_read_when_it_counts():
    ada = cast.ada()
    news.listen("segment:1", ["purchase"])
    cast.purchase(ada, cast.NOW + cast.HOUR, now=cast.NOW)
    assert (read(ada), work.groups(cast.NOW)) == ([], [])
    assert work.groups(cast.NOW + cast.HOUR) == [[ada.shard]]
    assert len(read(ada, cast.NOW + cast.HOUR)) == 1


@pytest.mark.django_db
def test_whether_news_about_a_member_waits():
    ada, ben = cast.ada(), cast.ben()
    cast.purchase(ben)
    news.listen("segment:1", ["purchase"])
    cast.purchase(ada)
    text = f"SELECT external_id FROM members_member m WHERE {news.exists_unread('m')}"
    assert rows(text, {"now": cast.NOW}) == [(ada.external_id,)]
    text = f"SELECT DISTINCT member_id FROM members_purchase p WHERE {news.exists_unread('p', 'member_id')}"
    assert rows(text, {"now": cast.NOW}) == [(ada.pk,)]


@pytest.mark.django_db(transaction=True)
def test_a_commit_is_told_once_with_all_its_shards(told):
    members = cast.crowd(5)
    news.listen("segment:1", ["points", "purchase"])
    with transaction.atomic():
        news.write(EVERYBODY, "points", cast.NOW)
        with transaction.atomic():
            cast.purchase(members[0])
        assert told == []
    assert told == [{member.shard for member in members}]


def in_vain(member):
    """Buy in a transaction that is rolled back."""
    with transaction.atomic():
        cast.purchase(member)
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_told(told):
    first = cast.crowd(1)[0]
    news.listen("segment:1", ["purchase"])
    in_vain(first)
    with transaction.atomic():
        in_vain(first)
    assert told == []


@pytest.mark.django_db(transaction=True)
def test_what_follows_a_lost_savepoint_is_told(told):
    first, second = cast.crowd(2)
    news.listen("segment:1", ["purchase"])
    with transaction.atomic():
        in_vain(first)
        cast.purchase(second)
        in_vain(first)
    assert second.shard in told[0]
    assert len(told) == 1


@pytest.mark.django_db(transaction=True)
def test_a_listener_that_fails_harms_neither_the_fact_nor_the_next_one(told, caplog):
    def fails(shards: set[int]) -> None:
        raise ConnectionError("the broker is gone")

    ada = cast.ada()
    news.listen("segment:1", ["purchase"])
    news.on_commit(fails)
    try:
        cast.purchase(ada)
    finally:
        news.forget(fails)
    assert ada.purchases.count() == 1
    assert "the broker is gone" in caplog.text
