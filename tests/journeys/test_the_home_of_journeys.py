"""Results of journeys on the marketer's home: the numbers, the comparison with those held out, and an engine behind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from journeys import home, reports
from journeys.comparison import difference
from journeys.models import Enrollment, Journey
from members.models import Listener, News
from tests import cast
from tests.cast import NOW
from tests.roles import signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("groups", "points", "low", "high"),
    [
        # Newcombe 1998, table II, method 10: 56/70 − 48/80, 9/10 − 3/10, 10/10 − 0/20 and 5/56 − 0/29.
        ((56, 70, 48, 80), 20.0, 5.24, 33.39),
        ((9, 10, 3, 10), 60.0, 17.05, 80.90),
        ((10, 10, 0, 20), 100.0, 67.91, 100.0),
        ((5, 56, 0, 29), 8.93, -3.81, 19.26),
    ],
)
def test_the_interval_is_that_of_the_paper(
    groups: tuple[int, int, int, int], points: float, low: float, high: float
) -> None:
    found = difference(*groups)
    assert found
    assert (found.points, found.low, found.high) == pytest.approx((points, low, high), abs=0.01)
    assert found.is_sure is (low > 0)


def test_without_a_holdout_nothing_is_compared() -> None:
    assert difference(3, 10, 0, 0) is None


def journey(name: str, state: str = "live") -> Journey:
    return Journey.objects.create(key=name.lower(), name=name, kind="greeting", state=state, draft={})


def test_the_home_shows_what_runs_and_asks_no_more_for_more_journeys(django_assert_num_queries) -> None:
    for name, state in [("One", "live"), ("Two", "paused"), ("Three", "stopped"), ("Four", "draft")]:
        journey(name, state)
    with django_assert_num_queries(3):
        assert [one.journey.name for one in home.results(NOW)["results"]] == ["One", "Two"]


def test_numbers_of_many_journeys_are_those_of_each() -> None:
    one, two = journey("One"), journey("Two")
    for found, count in ((one, 5), (two, 7)):
        found.counts.create(step_key="", outcome="entered", day=NOW.date(), count=count)
        found.counts.create(step_key="mail", outcome="arrived", day=NOW.date(), count=count)
        found.counts.create(step_key="mail", outcome="left", day=NOW.date(), count=2)
        found.counts.create(step_key="mail", outcome="queued", day=NOW.date(), count=2)
    both = reports.journeys([one.pk, two.pk])
    assert {pk: (numbers.entered, numbers.under_way, numbers.left) for pk, numbers in both.items()} == {
        one.pk: (5, 3, 2),
        two.pk: (7, 5, 2),
    }
    assert reports.journey(one) == both[one.pk]


def test_converted_leads_to_those_who_converted() -> None:
    client = signed_in("Marketer")
    address = "/admin/journeys/enrollment/?held_out__exact=0&converted_at__isempty=0"
    assert client.get(address).status_code == 200
    assert not Enrollment.objects.exists()
    one = journey("One")
    for outcome, count in [("entered", 9), ("converted", 3), ("held_out", 8), ("held_out_converted", 2)]:
        one.counts.create(step_key="", outcome=outcome, day=NOW.date(), count=count)
    card = client.get("/home/journeys/").content.decode().replace("&amp;", "&")
    of_journey = f"/admin/journeys/enrollment/?journey__id__exact={one.pk}"
    assert f'"{of_journey}&held_out__exact=0&converted_at__isempty=0">33.3 %</a>' in card
    assert f'"{of_journey}&held_out__exact=1&converted_at__isempty=0">25.0 %</a>' in card


def test_an_engine_that_reads_no_news_raises_an_alarm() -> None:
    Listener.objects.create(topic="purchase", listener="journey:1")
    assert list(home.alarms(NOW)) == []
    News.objects.create(member=cast.ada(), topic="purchase", recorded_at=NOW - timedelta(minutes=3))
    [alarm] = home.alarms(NOW)
    assert "The engine is behind" in alarm.sentence
    assert alarm.since == NOW - timedelta(minutes=3)
