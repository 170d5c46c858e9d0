"""Changing the member: tags, attributes and points, each with its news, and each only once."""

from datetime import timedelta
from typing import Any

import pytest

from journeys.models import Enrollment, Journey
from members import news
from members.models import Member, News, PointsEntry, Tag
from tests import cast
from tests.cast import HOUR, NOW
from tests.journeys.drawn import published
from tests.journeys.shop import step
from tests.journeys.steps.asked import act, at_step, outcome

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def somebody_listens() -> None:
    news.listen("tests", ["tag", "profile", "points"])


def updating(*members: Member, **change: Any) -> tuple[Journey, list[Enrollment]]:
    journey = published([step("update", **change)])
    news.unlisten(f"journey:{journey.pk}")
    return journey, [at_step(journey, "update", member) for member in members]


def told() -> list[tuple[int, str]]:
    """Who has news about what, and forget it."""
    found = list(News.objects.order_by("member_id").values_list("member_id", "topic"))
    News.objects.all().delete()
    return found


def test_a_tag_is_put_on_whoever_lacks_it() -> None:
    ada, ben = cast.ada(tags=["vip"]), cast.ben()
    journey, _both = updating(ada, ben, add_tag="vip")
    act(journey, "update")
    assert list(
        Tag.objects.filter(name="vip", since=NOW).order_by("member_id").values_list("member_id", flat=True)
    ) == [
        ada.pk,
        ben.pk,
    ]
    assert told() == [(ben.pk, "tag")]
    act(journey, "update", NOW + HOUR)
    assert told() == []


def test_a_tag_is_taken_off_and_others_stay() -> None:
    ada = cast.ada(tags=["vip", "tea"])
    journey, _ada = updating(ada, cast.ben(), remove_tag="vip")
    act(journey, "update")
    assert list(ada.tags.values_list("name", flat=True)) == ["tea"]
    assert told() == [(ada.pk, "tag")]


@pytest.mark.parametrize("value", ["L", 42, 1.5, True, 'it\'s 100 % \\ "ok"'])
def test_an_attribute_is_set_and_others_stay(value: object) -> None:
    ada, ben = cast.ada(attributes={"shoe": 38, "size": "S"}), cast.ben(attributes={"size": value})
    journey, _both = updating(ada, ben, set_attribute={"name": "size", "value": value})
    act(journey, "update")
    ada.refresh_from_db()
    assert ada.attributes == {"shoe": 38, "size": value}
    assert told() == [(ada.pk, "profile")]


def test_points_are_earned_once_a_visit() -> None:
    ada = cast.ada()
    journey, [enrollment] = updating(ada, earn_points={"points": 50, "expires_after_days": 30})
    act(journey, "update")
    act(journey, "update", NOW + HOUR)
    [entry] = PointsEntry.objects.filter(member=ada)
    assert (entry.kind, entry.points, entry.happened_at) == ("earned", 50, NOW)
    assert entry.expires_at == NOW + timedelta(days=30)
    assert told() == [(ada.pk, "points")]
    Enrollment.objects.filter(pk=enrollment.pk).update(visit=2)
    act(journey, "update", NOW + HOUR)
    assert PointsEntry.objects.filter(member=ada).count() == 2


def test_points_without_a_date_never_expire() -> None:
    journey, [ada] = updating(cast.ada(), earn_points={"points": 5})
    act(journey, "update")
    assert PointsEntry.objects.get(member=ada.member).expires_at is None


def test_a_member_in_two_enrollments_is_changed_once_and_earns_twice() -> None:
    journey, [ada] = updating(cast.ada(), earn_points={"points": 5})
    at_step(journey, "update", ada.member, entry_key="second")
    act(journey, "update")
    assert PointsEntry.objects.filter(member=ada.member).count() == 2
    tagging = published([step("update", add_tag="vip")], key="tagging")
    for key in ("", "second"):
        at_step(tagging, "update", ada.member, entry_key=key)
    act(tagging, "update")
    assert Tag.objects.filter(member=ada.member).count() == 1


def test_everybody_goes_on() -> None:
    journey, [ada] = updating(cast.ada(), add_tag="vip")
    assert outcome(journey, "update", ada) == "next"
