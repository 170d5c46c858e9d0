"""Entry on days that come round."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from time import process_time
from typing import Any

import pytest

from journeys import days, publishing
from journeys.definition import recurrence
from journeys.definition.errors import BadDefinition
from journeys.models import Enrollment, Journey, Trace
from members.models import Member, News
from members.sql import rows
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.journeys.drawn import published, stands, tick

pytestmark = pytest.mark.django_db

WAIT: dict[str, Any] = {"key": "rest", "kind": "wait", "duration": {"days": 2}}
VIP = {"tag": {"name": "vip"}}


def every(comes: str, start: str = "2026-03-01", **more: Any) -> dict[str, Any]:
    return {"recurring": {"every": comes, "from": start, "at": "10:00", **more}}


def look(now: datetime) -> int:
    found = days.name(now)
    tick(now)
    return found


def entered() -> list[tuple[str, str]]:
    return sorted(Enrollment.objects.values_list("member__external_id", "entry_key"))


def test_a_day_comes_at_the_local_time_of_each_member_and_is_an_entry_of_its_own() -> None:
    """Auckland has the first of April 11 hours before Berlin; Berlin's clocks went forward meanwhile."""
    published([WAIT], entry=every("FREQ=MONTHLY;BYMONTHDAY=1"), re_entry="after_exit")
    berlin, auckland = cast.crowd(2)
    Member.objects.filter(pk=berlin.pk).update(zone="Europe/Berlin")
    Member.objects.filter(pk=auckland.pk).update(zone="Pacific/Auckland")
    in_auckland = datetime(2026, 3, 31, 21, 0, tzinfo=UTC)
    in_berlin = datetime(2026, 4, 1, 8, 0, tzinfo=UTC)
    assert look(in_auckland - timedelta(seconds=1)) == 0
    assert (look(in_auckland), look(in_berlin - timedelta(seconds=1)), look(in_berlin)) == (1, 0, 1)
    assert look(in_berlin) == 0, "the same look again"
    found = Enrollment.objects.order_by("entered_at").values_list("member_id", "entry_key", "entered_at")
    assert list(found) == [
        (auckland.pk, "2026-04-01", in_auckland),
        (berlin.pk, "2026-04-01", in_berlin),
    ]
    look(in_berlin + 31 * DAY)
    assert {key for _, key in entered()} == {"2026-04-01", "2026-05-01"}


@pytest.mark.parametrize(
    ("zone", "day", "at"),
    [
        ("America/Nuuk", date(2026, 3, 28), "23:30"),  # the hour is skipped
        ("Africa/Casablanca", date(2026, 3, 22), "02:30"),
        ("Pacific/Apia", date(2011, 12, 30), "09:00"),  # so is the day
        ("America/St_Johns", date(2008, 11, 2), "00:00"),  # shown for a minute, before yesterday is shown again
    ],
)
def test_a_day_is_named_once_whatever_the_clocks_do(zone: str, day: date, at: str) -> None:
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC) - DAY
    published([WAIT], begin, entry={"date": {"of": "birthday", "at": at}})
    cast.ada(zone=zone, birthday=day.replace(year=1990))
    assert sum(days.name(begin + timedelta(hours=3 * number)) for number in range(25)) == 1


def test_after_a_standstill_every_day_is_named_once() -> None:
    """Three weeks without a look."""
    published([WAIT], entry=every("FREQ=WEEKLY;BYDAY=MO"))
    cast.ada()
    look(NOW)
    assert look(NOW + 21 * DAY) == 3
    assert [key for _, key in entered()] == ["2026-03-16", "2026-03-23", "2026-03-30"]
    assert look(NOW + 21 * DAY + HOUR) == 0


def test_only_members_for_whom_the_rule_holds_are_named_and_it_is_asked_again_on_entering() -> None:
    """The others get neither news nor a trace."""
    published([WAIT], entry=every("FREQ=DAILY", rule=VIP))
    ada, ben, chidi = cast.ada(), cast.ben(), cast.chidi()
    cast.tag(ada, "vip")
    cast.tag(ben, "vip")
    now = NOW + DAY
    assert days.name(now) == 2
    assert sorted(News.objects.values_list("member_id", flat=True)) == sorted([ada.pk, ben.pk])
    ben.tags.all().delete()
    tick(now)
    assert (stands(ada), stands(ben), stands(chidi)) == ("rest", "nowhere", "nowhere")
    assert list(Trace.objects.filter(reason="entry_rule").values_list("member_id", flat=True)) == [ben.pk]
    assert not Trace.objects.filter(member=chidi).exists()


def test_interval_and_count_count_from_the_first_day() -> None:
    """And the last day of a short month is the last day."""
    fridays = recurrence.days("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;COUNT=3", date(2026, 12, 1), *year(2027))
    assert fridays == [date(2027, 1, 1)]
    ends = recurrence.days("FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20280331", date(2026, 12, 1), *year(2028))
    assert ends == [date(2028, 1, 31), date(2028, 2, 29), date(2028, 3, 31)]
    assert recurrence.days("freq=yearly", date(2024, 2, 29), *year(2027)) == []
    assert recurrence.days("FREQ=DAILY", date(2026, 12, 1), date(1970, 1, 1), date(2026, 12, 1)) == [date(2026, 12, 1)]
    assert recurrence.days("FREQ=DAILY", date(2026, 12, 1), date(2500, 1, 1), date(2500, 1, 2)) == []


def year(number: int) -> tuple[date, date]:
    return date(number, 1, 1), date(number, 12, 31)


def test_a_journey_that_is_published_with_another_kind_of_entry_names_no_days_of_the_past() -> None:
    """It was entered by an event for a month before."""
    journey = published([WAIT])
    cast.ada()
    later = NOW + 30 * DAY
    definition = {**Journey.objects.get().draft, "entry": every("FREQ=DAILY")}
    publishing.publish(journey, definition, later)
    assert (look(later), look(later + HOUR)) == (0, 0)
    assert look(later + DAY) == 1


def test_whose_birthday_it_is_is_found_by_an_index() -> None:
    """A day comes somewhere every hour; looking at a million members for it would keep a machine busy."""
    crowd = (
        Member(external_id=f"B-{number}", birthday=date(1980, 1, 1) + number * DAY, recorded_at=NOW)
        for number in range(2_000)
    )
    Member.objects.bulk_create(crowd)
    rows("ANALYZE members_member", {})
    asked = days._dated({"of": "birthday"}, [("Europe/Berlin", date(2026, 2, 28))])
    plan = "\n".join(line for (line,) in rows(f"EXPLAIN {asked.text}", asked.params))
    assert "member_birthday" in plan
    assert "Seq Scan on members_member" not in plan


@pytest.mark.parametrize(
    ("comes", "words"),
    [("FREQ=MONTHLY;BYMONTHDAY=1", "Every month."), ("freq=weekly;interval=2", "Every 2 weeks.")],
)
def test_a_rep_is_told_how_often_it_comes_round(comes: str, words: str) -> None:
    assert recurrence.in_words(comes) == words


def test_a_rule_that_names_no_day_is_refused_at_once() -> None:
    """Followed to the end of all calendars it would take many seconds."""
    began = process_time()
    with pytest.raises(BadDefinition, match="no day within ten years"):
        recurrence.check("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", date(2026, 12, 1), "every")
    assert process_time() - began < 2


def test_a_day_that_a_calendar_leaves_out_is_no_day_that_comes_round() -> None:
    """Samoa went from the 29th to the 31st of December 2011: the members would have entered twice on the 31st."""
    begin = datetime(2011, 12, 28, tzinfo=UTC)
    published([{"key": "out", "kind": "exit"}], begin, entry=every("FREQ=DAILY", "2011-12-29"), re_entry="after_exit")
    cast.ada(zone="Pacific/Apia")
    for hours in range(0, 120, 6):
        look(begin + timedelta(hours=hours))
    assert [key for _, key in entered()] == ["2011-12-29", "2011-12-31", "2012-01-01"]


def test_who_moves_west_on_their_birthday_gets_no_second_message_on_it() -> None:
    """Nine o'clock comes twice to them, and the journey lets members in again as soon as they have left it."""
    entry = {"date": {"of": "birthday"}}
    published([{"key": "pass", "kind": "exit"}], entry=entry, re_entry="after_exit")
    ada = cast.ada()
    look(NOW)
    look(datetime(2026, 3, 14, 8, 0, tzinfo=UTC))
    Member.objects.filter(pk=ada.pk).update(zone="America/New_York")
    look(datetime(2026, 3, 14, 13, 0, tzinfo=UTC))
    assert entered() == [("M-ADA", "2026-03-14")]
    assert list(Trace.objects.filter(outcome="not_entered").values_list("reason", flat=True)) == ["not_again"]
    look(datetime(2027, 3, 14, 13, 0, tzinfo=UTC))
    assert entered() == [("M-ADA", "2026-03-14"), ("M-ADA", "2027-03-14")]


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("FREQ=WEEKLY;BYDAY=MO,FR;BYSETPOS=1", [16, 23, 30]),
        ("FREQ=WEEKLY;BYDAY=MO,FR;BYSETPOS=1;COUNT=2", [16, 23]),
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2,3;COUNT=3", [11, 13, 18]),
        ("FREQ=WEEKLY;BYDAY=MO,FR;BYSETPOS=-1;INTERVAL=2", [13, 27]),
        ("FREQ=WEEKLY;BYDAY=SU,WE;BYSETPOS=1;WKST=SU", [15, 22, 29]),
        ("FREQ=WEEKLY;BYDAY=SU,WE;BYSETPOS=1", [11, 18, 25]),
    ],
)
def test_the_first_day_of_a_week_is_no_other_day_in_the_week_that_a_rule_begins_in(rule: str, found: list[int]) -> None:
    """RFC 5545, 3.3.10: the set that BYSETPOS chooses from begins with the week. 11 March 2026 is a Wednesday."""
    start = date(2026, 3, 11)
    recurrence.check(rule, start, "every")
    assert [day.day for day in recurrence.days(rule, start, date(2026, 3, 1), date(2026, 3, 31))] == found
