"""Refreshing: what is written, when, and who is told of it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from members import news, standing
from members.models import News, Standing, StandingRun
from members.sql import Sql
from members.standing import ranges
from members.vocabulary import Churn, Tier
from tests.members.standing.ledger import NOW, bought, earned, member, members, refreshed, standings, table

pytestmark = pytest.mark.django_db


def only(*names: str) -> Sql:
    return Sql("SELECT id FROM members_member WHERE external_id = ANY(%(names)s)", {"names": list(names)})


def told() -> list[str]:
    return sorted(News.objects.filter(topic="standing").values_list("member__external_id", flat=True))


def test_a_refresh_without_change_writes_no_row() -> None:
    everybody = members("abc")
    bought(everybody["a"], (1, "9.00"))
    earned(everybody["b"], 5, 1, expires_in=30)

    assert standing.refresh(NOW) == 3
    assert standing.refresh(NOW + timedelta(minutes=1)) == 0
    assert {row.as_of for row in Standing.objects.all()} == {NOW}
    assert StandingRun.objects.order_by("-as_of")[0].as_of == NOW + timedelta(minutes=1)


def test_only_the_rows_that_change_are_written() -> None:
    everybody = members("abc")
    refreshed()
    earned(everybody["b"], 5, 0)

    assert standing.refresh(NOW + timedelta(hours=1)) == 1
    assert table(standings(), "as_of") == {"a": (NOW,), "b": (NOW + timedelta(hours=1),), "c": (NOW,)}


def test_facts_after_the_time_asked_for_do_not_count_yet() -> None:
    who = member("ada")
    bought(who, (2, "5.00"), (-3, "7.00"))
    earned(who, 5, -3)

    assert table(refreshed(), "purchases", "points") == {"ada": (1, 0)}
    assert table(refreshed(NOW + timedelta(days=3)), "purchases", "points") == {"ada": (2, 5)}
    assert table(refreshed(NOW), "purchases", "points") == {"ada": (1, 0)}


def test_a_few_members_are_placed_by_the_cut_offs_of_the_latest_run() -> None:
    everybody = members(f"m{number:02}" for number in range(1, 21))
    for number, who in enumerate(everybody.values(), start=1):
        bought(who, (30, f"{number * 10}.00"))
    refreshed()
    bought(everybody["m01"], (0, "180.00"))
    bought(everybody["m02"], (0, "400.00"))

    assert standing.refresh(NOW, only("m01")) == 1

    found = table(standings(), "tier", "recency")
    # 190.00 is silver by the run's cut-offs, although a new run would see two members above everybody else.
    assert found["m01"] == (Tier.SILVER, 5)
    assert found["m02"] == (Tier.BASE, 1)
    assert found["m20"] == (Tier.GOLD, 1)
    assert StandingRun.objects.count() == 1


def test_a_later_run_is_not_asked_about_an_earlier_time() -> None:
    ada = member("ada")
    bought(ada, (60, "1.00"), (10, "1.00"))
    refreshed(NOW - timedelta(days=30))
    refreshed(NOW)
    assert standing.refresh(NOW - timedelta(days=30), only("ada")) == 1
    assert standings()["ada"].purchases == 1


def test_before_the_first_run_a_few_members_draw_the_cut_offs_themselves() -> None:
    everybody = members("ab")
    bought(everybody["a"], (3, "5.00"))

    assert standing.refresh(NOW, only("a")) == 1
    assert list(standings()) == ["a"]
    assert StandingRun.objects.get().as_of == NOW


def test_nobody_is_told_where_nobody_listens() -> None:
    members("ab")
    refreshed()
    assert not News.objects.exists()


def test_a_run_tells_of_tier_class_churn_and_points_alone() -> None:
    news.listen("segment:1", ["standing"])
    everybody = members("abcde")
    bought(everybody["a"], (1, "50.00"), (11, "50.00"))
    bought(everybody["b"], (1, "5.00"))
    refreshed()
    assert told() == ["a", "b", "c", "d", "e"]
    News.objects.all().delete()

    # These raise the cut-offs and so the amounts that everybody misses, and move nobody else; c earns points besides.
    bought(everybody["a"], (0, "10.00"))
    bought(everybody["b"], (0, "1.00"))
    earned(everybody["c"], 1, 0)

    assert standing.refresh(NOW + timedelta(days=1)) == 5
    assert told() == ["c"]


def test_a_few_members_are_told_of_any_change() -> None:
    news.listen("segment:1", ["standing"])
    ada = member("ada")
    bought(ada, (9, "50.00"))
    refreshed()
    News.objects.all().delete()
    bought(ada, (0, "1.00"))

    standing.refresh(NOW, only("ada"))
    standing.refresh(NOW, only("ada"))

    assert told() == ["ada"]


def test_a_run_places_everybody_in_one_statement_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    people = members(f"m{number}" for number in range(7))
    for who in people.values():
        bought(who, (3, "5.00"))
    monkeypatch.setattr(ranges, "BATCH", 3)

    with CaptureQueriesContext(connection) as captured:
        assert standing.refresh(NOW) == 7

    placing = [query["sql"] for query in captured if "INSERT INTO members_standing" in query["sql"]]
    assert len(placing) == 3
    assert table(standings(), "purchases", "churn") == dict.fromkeys(people, (1, Churn.NONE))


def test_no_members_is_a_run_too() -> None:
    assert standing.refresh(NOW) == 0
    assert StandingRun.objects.get().cutoffs["recency_1"] is None


def test_one_member_with_absurd_sums_does_not_keep_everybody_from_being_placed() -> None:
    everybody = members("ab")
    bought(everybody["a"], (1, "9999999999.99"), (2, "9999999999.99"))
    for _ in range(2):
        earned(everybody["a"], 2_147_483_647, 1, expires_in=5)
    bought(everybody["b"], (3, "5.00"))

    found = table(refreshed(), "spend", "points", "points_expiring")

    assert found == {"a": (Decimal("19999999999.98"), 4_294_967_294, 4_294_967_294), "b": (Decimal("5.00"), 0, 0)}
