"""Waiting: for a while, until a time of day, a date, or a date of the member's."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from journeys.models import Journey
from members.models import Member
from tests import cast
from tests.cast import NOW
from tests.journeys.drawn import published
from tests.journeys.shop import wait
from tests.journeys.steps.asked import at_step, decide, outcome

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def waiting(**settings: Any) -> Journey:
    return published([wait(**settings)])


def until(journey: Journey, who: Member, now: datetime = NOW, **fields: Any) -> datetime | None:
    """When the wait of a member is over that begins now."""
    enrollment = at_step(journey, "rest", who, since=now, **fields)
    decided = decide(journey, "rest", now)[enrollment.pk]
    assert (decided.outcome is None) == (decided.rest_until is not None and decided.rest_until > now)
    return decided.rest_until


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_a_duration_counts_from_the_arrival() -> None:
    journey = waiting(duration={"days": 1, "hours": 2, "minutes": 30})
    ada = at_step(journey, "rest", cast.ada(), since=NOW - HOUR)
    assert decide(journey, "rest")[ada.pk].rest_until == NOW + timedelta(days=1, hours=1, minutes=30)
    assert outcome(journey, "rest", ada, NOW + timedelta(days=1, hours=1, minutes=29)) is None
    assert outcome(journey, "rest", ada, NOW + timedelta(days=1, hours=1, minutes=30)) == "next"


def test_days_have_24_hours_whatever_the_clocks_do() -> None:
    journey = waiting(duration={"days": 1})
    saturday_evening = utc(2026, 3, 28, 19)
    assert until(journey, cast.ada(), saturday_evening) == saturday_evening + 24 * HOUR


def test_a_time_of_day_is_the_members_own() -> None:
    journey = waiting(local_time="15:00")  # now it is noon in Berlin, 7 in New York and noon in Lagos
    assert until(journey, cast.ada()) == utc(2026, 3, 10, 14)
    assert until(journey, cast.ben()) == utc(2026, 3, 10, 19)
    assert until(journey, cast.chidi()) == utc(2026, 3, 10, 14)


def test_who_has_no_zone_waits_in_that_of_the_home_store_and_else_in_the_settings() -> None:
    journey = waiting(local_time="15:00")
    assert until(journey, cast.dora()) == utc(2026, 3, 10, 14)
    assert until(journey, cast.member("M-NOWHERE")) == utc(2026, 3, 10, 15)


def test_a_time_that_is_over_today_comes_tomorrow_and_one_that_is_now_is_not_waited_for() -> None:
    assert until(waiting(local_time="11:59"), cast.ada()) == utc(2026, 3, 11, 10, 59)
    journey = published([wait(local_time="12:00")], key="noon")
    enrollment = at_step(journey, "rest", Member.objects.get(external_id="M-ADA"))
    assert outcome(journey, "rest", enrollment) == "next"


def test_who_comes_round_once_more_waits_for_the_next_day() -> None:
    assert until(waiting(local_time="12:00"), cast.ada(), visit=2) == utc(2026, 3, 11, 11)


def test_a_time_that_the_clocks_skip_is_the_first_instant_after_it() -> None:
    journey = waiting(local_time="02:30")
    assert until(journey, cast.ada(), utc(2026, 3, 29, 0)) == utc(2026, 3, 29, 1)


def test_a_date_begins_at_nine_in_the_members_zone_or_at_the_time_said() -> None:
    journey = waiting(until_date="2026-11-27")
    assert until(journey, cast.ada()) == utc(2026, 11, 27, 8)
    assert until(journey, cast.ben()) == utc(2026, 11, 27, 14)
    midnight = published([wait(until_date="2026-11-27", at="00:00")], key="midnight")
    assert until(midnight, cast.chidi()) == utc(2026, 11, 26, 23)


def test_a_date_that_is_past_lets_everybody_through() -> None:
    journey = waiting(until_date="2026-03-09")
    enrollment = at_step(journey, "rest", cast.ada())
    assert outcome(journey, "rest", enrollment) == "next"


def test_a_birthday_is_waited_for_until_it_returns() -> None:
    journey = waiting(member_date={"of": "birthday", "offset_days": -3}, at="10:00")
    assert until(journey, cast.ada()) == utc(2026, 3, 11, 9)  # 14 March, three days before, ten in Berlin
    assert until(journey, cast.ben()) == utc(2027, 2, 25, 15)  # 28 February is past


def test_a_29th_of_february_returns_on_the_28th() -> None:
    chidi = cast.chidi()
    assert until(waiting(member_date={"of": "birthday"}), chidi) == utc(2027, 2, 28, 8)
    leap = published([wait(member_date={"of": "birthday"})], key="leap")
    assert until(leap, chidi, utc(2028, 1, 1)) == utc(2028, 2, 29, 8)


def test_an_offset_may_lead_into_another_year() -> None:
    dora = cast.dora()  # joined on 2 January
    assert until(waiting(member_date={"of": "joined_on", "offset_days": -7}), dora) == utc(2026, 12, 26, 8)


def test_a_date_among_the_attributes_is_that_very_date() -> None:
    journey = waiting(member_date={"of": "attribute:service_due", "offset_days": -1})
    due = cast.member("M-DUE", zone="Europe/Berlin", attributes={"service_due": "2026-05-20"})
    past = cast.member("M-PAST", attributes={"service_due": "2025-05-20"})
    assert until(journey, due) == utc(2026, 5, 19, 7)
    assert outcome(journey, "rest", at_step(journey, "rest", past)) == "next"


@pytest.mark.parametrize("value", [None, "soon", "2026-02-30", 7, "0001-01-01", "9999-12-31", ["2026-05-20"]])
def test_who_has_no_such_date_goes_on_and_the_trace_says_so(value: object) -> None:
    journey = waiting(
        member_date={"of": "attribute:service_due", "offset_days": 365 if value == "9999-12-31" else -365}
    )
    attributes = {} if value is None else {"service_due": value}
    enrollment = at_step(journey, "rest", cast.member("M-ODD", attributes=attributes))
    decided = decide(journey, "rest")[enrollment.pk]
    assert (decided.outcome, decided.detail) == ("next", {"date": None})


def test_the_time_is_found_once_and_kept() -> None:
    journey = waiting(member_date={"of": "birthday"})
    member = cast.ada()
    enrollment = at_step(journey, "rest", member, rest_until=NOW + HOUR)
    Member.objects.filter(pk=member.pk).update(birthday=date(1990, 12, 24))
    assert decide(journey, "rest")[enrollment.pk].rest_until == NOW + HOUR
    assert outcome(journey, "rest", enrollment, NOW + HOUR) == "next"


def test_a_cohort_of_many_zones_is_decided_together() -> None:
    journey = waiting(local_time="15:00")
    zones = ["Asia/Tokyo", "America/Lima", "Europe/Lisbon", "Australia/Lord_Howe", "Asia/Kathmandu"]
    for number, zone in enumerate(zones):
        at_step(journey, "rest", cast.member(f"M-{number}", zone=zone))
    local = {decided.rest_until for decided in decide(journey, "rest").values()}
    assert len(local) == len(zones)
