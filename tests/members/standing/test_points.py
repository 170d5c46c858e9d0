"""Points: the balance, what expires next and when, and the booking of what has expired."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from members import news
from members.models import News, PointsEntry
from members.sql import rows
from members.standing import points, ranges
from tests.members.standing.ledger import NOW, ago, earned, expired, member, members, refreshed, spent, table

pytestmark = pytest.mark.django_db


def balances(now: datetime = NOW) -> Mapping[str, tuple[object, ...]]:
    return table(refreshed(now), "points", "points_expiring", "points_expire_at")


def test_spending_takes_from_the_lot_that_expires_first() -> None:
    ada = member("ada")
    earned(ada, 100, 300, expires_in=65)
    earned(ada, 40, 100, expires_in=20)
    earned(ada, 7, 90)
    spent(ada, 50, 10)

    # 40 of the 50 come from the lot that expires in 20 days and 10 from the next, of which 90 are left.
    assert balances() == {"ada": (97, 90, ago(-65))}


def test_lots_that_expire_together_are_told_together() -> None:
    ada = member("ada")
    earned(ada, 10, 3, expires_in=30)
    earned(ada, 5, 2, expires_in=30)
    earned(ada, 99, 1, expires_in=31)

    assert balances() == {"ada": (114, 15, ago(-30))}


def test_points_past_their_time_do_not_count_whether_booked_or_not() -> None:
    ada = member("ada")
    earned(ada, 100, 400, expires_in=-35)
    earned(ada, 30, 5, expires_in=360)
    spent(ada, 60, 100)

    before = balances()
    assert points.expire(NOW) == 1

    assert balances() == before == {"ada": (30, 30, ago(-360))}
    booked = PointsEntry.objects.get(kind="expired")
    assert (booked.points, booked.happened_at, booked.recorded_at) == (-40, ago(35), NOW)


def test_points_are_not_spent_from_a_lot_that_had_expired_before() -> None:
    ada = member("ada")
    earned(ada, 100, 400, expires_in=-35)
    earned(ada, 50, 30, expires_in=335)
    spent(ada, 30, 10)

    # All 100 were lost 35 days ago; what was spent ten days ago came from the 50.
    before = balances()
    assert points.expire(NOW) == 1

    assert balances() == before == {"ada": (20, 20, ago(-335))}
    assert PointsEntry.objects.get(kind="expired").points == -100


def test_spending_that_is_told_of_after_the_expiry_was_booked_takes_nothing_twice() -> None:
    ada = member("ada")
    earned(ada, 100, 400, expires_in=-5)
    earned(ada, 50, 30, expires_in=335)
    points.expire(NOW)
    spent(ada, 30, 6)

    assert balances() == {"ada": (50, 50, ago(-335))}
    assert points.expire(NOW) == 0


@pytest.mark.parametrize(("told", "left"), [(40, 50), (70, 50), (80, 40), (140, -20)])
def test_a_loss_that_is_told_from_elsewhere_is_the_one_that_follows_from_the_lots(told: int, left: int) -> None:
    ada = member("ada")
    earned(ada, 100, 400, expires_in=-5)
    earned(ada, 50, 30, expires_in=335)
    spent(ada, 30, 50)
    expired(ada, told, 4)

    assert balances()["ada"][0] == left
    assert points.expire(NOW) == (told < 70)


def test_a_loss_told_from_elsewhere_counts_where_lots_have_no_time() -> None:
    ada = member("ada")
    earned(ada, 100, 400)
    expired(ada, 40, 4)

    assert balances() == {"ada": (60, 0, None)}


def test_points_that_never_expire_are_spent_last() -> None:
    ada = member("ada")
    earned(ada, 50, 10)
    earned(ada, 20, 5, expires_in=30)
    spent(ada, 20, 1)

    assert balances() == {"ada": (50, 0, None)}


def test_who_spent_more_than_was_earned_is_below_zero_until_more_is_earned() -> None:
    everybody = members(["ada", "bob"])
    spent(everybody["ada"], 20, 10)
    spent(everybody["bob"], 20, 10)
    earned(everybody["bob"], 30, 5, expires_in=60)

    assert balances() == {"ada": (-20, 0, None), "bob": (10, 10, ago(-60))}


def test_the_instant_of_expiry_is_past_the_time() -> None:
    earned(member("ada"), 10, 5, expires_in=1)

    assert balances(ago(-1) - timedelta(microseconds=1))["ada"] == (10, 10, ago(-1))
    assert balances(ago(-1))["ada"] == (0, 0, None)


def test_expiry_is_booked_once_however_often_it_is_asked_for() -> None:
    everybody = members(["ada", "bob", "eve"])
    for who in everybody.values():
        earned(who, 10, 400, expires_in=-5)
    earned(everybody["bob"], 5, 300, expires_in=-1)
    spent(everybody["eve"], 10, 20)

    assert points.expire(NOW) == 3
    assert points.expire(NOW) == 0
    assert points.expire(NOW + timedelta(days=1)) == 0
    assert {name: row[0] for name, row in balances().items()} == {"ada": 0, "bob": 0, "eve": 0}


def test_a_lot_that_arrives_late_makes_room_for_a_second_booking() -> None:
    ada = member("ada")
    earned(ada, 100, 400, expires_in=-5)
    points.expire(NOW)
    earned(ada, 100, 400, expires_in=-6)

    assert balances()["ada"] == (0, 0, None)
    assert points.expire(NOW) == 1
    assert balances()["ada"] == (0, 0, None)
    assert sum(PointsEntry.objects.values_list("points", flat=True)) == 0


def test_expiry_is_news_and_covers_everybody_batch_by_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "BATCH", 2)
    news.listen("segment:1", ["points"])
    for who in members("abcde").values():
        earned(who, 10, 400, expires_in=-5)

    assert points.expire(NOW) == 5
    assert News.objects.filter(topic="points").count() == 5


def test_expiring_is_what_is_lost_up_to_a_time_if_nothing_is_spent() -> None:
    everybody = members(["ada", "bob"])
    ada = everybody["ada"]
    earned(ada, 10, 30, expires_in=-1)
    earned(ada, 20, 30, expires_in=10)
    earned(ada, 30, 30, expires_in=20)
    earned(ada, 40, 30, expires_in=30)
    spent(ada, 15, 20)
    earned(everybody["bob"], 50, 30, expires_in=40)

    relation = points.expiring(NOW, ago(-20))

    assert rows(relation.text, relation.params) == [(ada.pk, 45)]
