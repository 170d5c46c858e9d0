"""Waiting: for a while, until a time of day, a date, or a date of the member's."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from journeys.models import Enrollment, Journey
from journeys.steps import instants
from journeys.steps.wait import Wait
from members import sql, zones
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


MIDWEEK = {"days": ["tuesday", "wednesday", "thursday"], "from": "10:00", "until": "16:00"}
NIGHT = {"days": ["friday"], "from": "22:00", "until": "06:00"}
WHOLE = {"days": ["sunday"]}


@pytest.mark.parametrize(
    ("window", "arrives", "goes_on"),
    [
        (MIDWEEK, utc(2026, 3, 10, 11), utc(2026, 3, 10, 11)),  # Tuesday noon: inside
        (MIDWEEK, utc(2026, 3, 10, 8, 59), utc(2026, 3, 10, 9)),  # it opens at ten in Berlin
        (MIDWEEK, utc(2026, 3, 12, 14, 59), utc(2026, 3, 12, 14, 59)),
        (MIDWEEK, utc(2026, 3, 12, 15), utc(2026, 3, 17, 9)),  # Thursday at four it has closed
        (NIGHT, utc(2026, 3, 14, 4, 59), utc(2026, 3, 14, 4, 59)),  # Saturday before six belongs to Friday
        (NIGHT, utc(2026, 3, 14, 5), utc(2026, 3, 20, 21)),
        (WHOLE, utc(2026, 3, 14, 22, 59), utc(2026, 3, 14, 23)),
        (WHOLE, utc(2026, 3, 15, 22, 59), utc(2026, 3, 15, 22, 59)),
        (WHOLE, utc(2026, 3, 15, 23), utc(2026, 3, 21, 23)),
        # On 29 March 2026 Berlin's clocks skip the hour from two; on 25 October they show it twice.
        ({"from": "02:30", "until": "04:00"}, utc(2026, 3, 29, 0), utc(2026, 3, 29, 1)),
        ({"from": "02:10", "until": "02:50"}, utc(2026, 3, 29, 0), utc(2026, 3, 30, 0, 10)),
        ({"days": ["sunday"], "from": "02:10", "until": "02:50"}, utc(2026, 3, 29, 0), utc(2026, 4, 5, 0, 10)),
        ({"from": "02:10", "until": "02:50"}, utc(2026, 10, 25, 0), utc(2026, 10, 25, 0, 10)),
        ({"from": "02:10", "until": "02:50"}, utc(2026, 10, 25, 1, 49), utc(2026, 10, 25, 1, 49)),
        ({"from": "02:10", "until": "02:50"}, utc(2026, 10, 25, 1, 50), utc(2026, 10, 26, 1, 10)),
    ],
)
def test_a_window_lets_through_whoever_is_in_it_and_others_when_it_opens(
    window: dict[str, Any], arrives: datetime, goes_on: datetime
) -> None:
    assert instants.next_open(window, zones.zone("Europe/Berlin"), arrives) == goes_on


def test_a_window_goes_by_each_members_clock() -> None:
    journey = waiting(window=MIDWEEK)  # it is noon in Berlin, and seven in New York
    ada = at_step(journey, "rest", cast.ada())
    assert outcome(journey, "rest", ada) == "next"
    assert until(journey, cast.ben()) == utc(2026, 3, 10, 14)


def test_a_day_that_a_calendar_skips_has_no_window() -> None:
    """Samoa went from Thursday, 29 December 2011, to Saturday."""
    samoa = cast.member("M-SAMOA", zone="Pacific/Apia")
    assert until(waiting(window=NIGHT), samoa, utc(2011, 12, 30, 0)) == utc(2012, 1, 6, 8)


def test_every_zone_goes_on_by_its_own_clock_and_inside_the_window() -> None:
    """Each zone of tzdata, at an instant of a weekend on which many clocks change, against its wall clock."""
    arrives = utc(2026, 3, 29, 0, 30)
    for name in sorted(zones.names()):
        goes_on = instants.next_open(MIDWEEK, zones.zone(name), arrives)
        wall = goes_on.astimezone(zones.zone(name))
        assert (wall.weekday(), wall.hour, wall.minute) == (1, 10, 0), name
        assert goes_on - arrives < timedelta(days=3, hours=2), name


def booked(who: Member, day: object, at: datetime = NOW - HOUR, name: str = "visit.booked", **more: Any) -> None:
    cast.event(who, name, at, now=min(at, NOW), **({} if day is None else {"day": day}), **more)


VISIT = {"topic": "event", "name": "visit.booked"}


def test_a_date_of_the_newest_fact_that_fits_is_waited_for() -> None:
    fact = {**VISIT, "where": [{"property": "kind", "op": "eq", "value": "service"}]}
    journey = waiting(fact_date={"fact": fact, "of": "property:day", "offset_days": -2}, at="10:00")
    ada, ben, chidi = cast.ada(), cast.ben(), cast.chidi()
    booked(ada, "2026-05-20", NOW - 2 * HOUR, kind="service")
    booked(ada, "2026-05-27T18:30:00Z", NOW - HOUR, kind="service")
    booked(ada, "2026-06-01", NOW - HOUR / 2, kind="repair")
    booked(ada, "2026-06-02", NOW + HOUR, kind="service")
    booked(ben, "2026-03-01", kind="service")
    assert until(journey, ada) == utc(2026, 5, 25, 8)
    assert outcome(journey, "rest", at_step(journey, "rest", ben)) == "next"  # past
    nobody = at_step(journey, "rest", chidi)
    assert decide(journey, "rest")[nobody.pk].detail == {"date": None}


@pytest.mark.parametrize("value", [None, "soon", "2026-02-30", "2026-05-20x", 20260520, ["2026-05-20"], {"a": "b"}, ""])
def test_a_property_that_is_no_date_holds_nobody(value: object) -> None:
    journey = waiting(fact_date={"fact": VISIT, "of": "property:day", "offset_days": 5})
    ada = cast.ada()
    booked(ada, value)
    assert outcome(journey, "rest", at_step(journey, "rest", ada)) == "next"


def test_when_a_fact_happened_is_the_day_on_the_members_calendar() -> None:
    """Around midnight: three members with purchases at instants of one day in UTC and two local days."""
    journey = waiting(fact_date={"fact": {"topic": "purchase"}, "offset_days": 30}, at="08:00")
    tokyo, lima = cast.member("M-T", zone="Asia/Tokyo"), cast.member("M-L", zone="America/Lima")
    other = cast.member("M-T2", zone="Asia/Tokyo")
    cast.purchase(tokyo, utc(2026, 3, 9, 14, 59))  # 9 March 23:59 in Tokyo
    cast.purchase(other, utc(2026, 3, 9, 15))  # 10 March
    cast.purchase(other, utc(2026, 3, 9, 16), "10.00", cast.line("10.00", quantity=-1))
    cast.purchase(lima, utc(2026, 3, 9, 4, 59))  # 8 March 23:59 in Lima
    assert until(journey, tokyo) == utc(2026, 4, 7, 23)
    assert until(journey, other) == utc(2026, 4, 8, 23)
    assert until(journey, lima) == utc(2026, 4, 7, 13)


def test_the_fact_that_let_the_member_in_is_told_apart_by_the_entry_key() -> None:
    entry = {"fact": {**VISIT, "key": "order", "where": [{"property": "kind", "op": "eq", "value": "service"}]}}
    journey = published([wait(fact_date={"entry": True, "of": "property:day"})], entry=entry)
    ada, ben = cast.ada(), cast.ben()
    booked(ada, "2026-05-20", NOW - 2 * HOUR, kind="service", order="A")
    booked(ada, "2026-05-27", NOW - HOUR, kind="service", order="B")
    booked(ada, "2026-05-28", NOW - HOUR, kind="repair", order="A")
    cast.event(ada, "visit.booked", NOW - HOUR, now=NOW + HOUR, day="2026-07-01", kind="service", order="A")
    booked(ben, "2026-06-03", kind="service")
    assert until(journey, ada, entry_key="A", entered_at=NOW) == utc(2026, 5, 20, 7)
    assert until(journey, ada, entry_key="B", entered_at=NOW) == utc(2026, 5, 27, 7)
    assert until(journey, ben) == utc(2026, 6, 3, 13)
    later = NOW + 2 * HOUR
    Enrollment.objects.filter(entry_key="A").update(ended_at=NOW, state="ended", end_reason="finished")
    assert until(journey, ada, later, entry_key="A", entered_at=later) == utc(2026, 7, 1, 7)


@pytest.mark.parametrize(
    ("settings", "change"),
    [
        ({"local_time": "18:00"}, lambda who: Member.objects.update(zone="Asia/Tokyo")),
        (
            {"fact_date": {"fact": {"topic": "event", "name": "trip"}, "of": "property:day"}},
            lambda who: cast.event(who, "trip", NOW, day="2026-03-25"),
        ),
        ({"fact_date": {"fact": {"topic": "purchase"}, "offset_days": 7}}, lambda who: cast.purchase(who, NOW)),
    ],
)
def test_what_changes_while_a_wait_is_worked_out_lets_nobody_through(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], change: Callable[[Member], object]
) -> None:
    """A move, or a fact that arrives between the two looks at the cohort; the next look a second later knows it."""
    journey, ada = waiting(**settings), cast.ada()
    cast.event(ada, "trip", NOW - HOUR, day="2026-03-20")
    enrollment = at_step(journey, "rest", ada, since=NOW)

    def rows(*asked: Any) -> Any:
        found = sql.rows(*asked)
        change(ada)
        return found

    with monkeypatch.context() as patched:
        patched.setattr("journeys.steps.wait.rows", rows)
        decided = decide(journey, "rest", NOW)[enrollment.pk]
    assert (decided.outcome, decided.rest_until) == (None, None)
    assert decide(journey, "rest", NOW)[enrollment.pk].rest_until is not None


def test_people_read_what_is_waited_for() -> None:
    said: list[dict[str, Any]] = [{"window": MIDWEEK}, {"fact_date": {"fact": VISIT}}, {"fact_date": {"entry": True}}]
    assert [Wait().resting(settings) for settings in said] == [
        "waits for the hours of the week in which the journey goes on",
        "waits for a date of “visit.booked”",
        "waits for a date of what the journey is about",
    ]
