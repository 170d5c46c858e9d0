"""Anniversaries fall on the member's local date; 29 February is kept on the 28th; windows cross the year's end."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from members import rules, segments
from members.models import Member
from members.rules.anniversaries import first_day, last_day
from members.sql import rows
from tests import cast
from tests.cast import NOW
from tests.members.rules.oracle import anniversary

DAYS = [date(2023, 1, 1) + timedelta(number) for number in range(3 * 366)]


def held(rule: dict[str, Any], who: Member, now: datetime) -> bool:
    """Say whether the rule holds for the member, by both forms."""
    parsed = rules.parse(rule)
    few = parsed.condition(now, few=True)
    text = f"SELECT m.id FROM members_member m WHERE m.id = %(id)s AND {few.text}"
    found = bool(rows(text, {**few.params, "id": who.pk}))
    assert segments.count(parsed, now) == found
    return found


def birthday(**window: int) -> dict[str, Any]:
    """Return a rule about birthdays."""
    return {"anniversary": {"of": "birthday", **window}}


@pytest.mark.django_db
def test_the_day_begins_at_midnight_where_the_member_lives() -> None:
    ben = cast.ben()  # New York, 28 February
    assert not held(birthday(), ben, datetime(2026, 2, 28, 4, 59, tzinfo=UTC))
    assert held(birthday(), ben, datetime(2026, 2, 28, 5, 0, tzinfo=UTC))
    assert held(birthday(), ben, datetime(2026, 3, 1, 4, 59, tzinfo=UTC))
    assert not held(birthday(), ben, datetime(2026, 3, 1, 5, 0, tzinfo=UTC))


@pytest.mark.django_db
def test_without_a_zone_of_ones_own_it_is_the_home_stores() -> None:
    dora = cast.dora(birthday=date(1980, 7, 2))  # her home store is in Berlin
    assert held(birthday(), dora, datetime(2026, 7, 1, 22, 0, tzinfo=UTC))
    assert not held(birthday(), dora, datetime(2026, 7, 1, 21, 59, tzinfo=UTC))


@pytest.mark.django_db
def test_the_29th_of_february_is_kept_on_the_28th_in_common_years() -> None:
    chidi = cast.chidi()  # 29 February 2000, Lagos
    at_noon = {day: held(birthday(), chidi, datetime(*day, 12, tzinfo=UTC)) for day in [(2026, 2, 28), (2026, 3, 1)]}
    assert at_noon == {(2026, 2, 28): True, (2026, 3, 1): False}
    in_leap_years = [held(birthday(), chidi, datetime(2024, 2, day, 12, tzinfo=UTC)) for day in (28, 29)]
    assert in_leap_years == [False, True]
    turned = {"age": {"op": "gte", "value": 26}}
    assert [held(turned, chidi, datetime(2026, 2, day, 12, tzinfo=UTC)) for day in (27, 28)] == [False, True]


@pytest.mark.django_db
def test_a_window_crosses_the_end_of_the_year() -> None:
    new_year = cast.ada(birthday=date(1990, 1, 2))
    in_december = datetime(2025, 12, 29, 12, tzinfo=UTC)
    assert held(birthday(to_days=4), new_year, in_december)
    assert not held(birthday(to_days=3), new_year, in_december)
    old_year = cast.ben(birthday=date(1990, 12, 30))
    parsed = rules.parse(birthday(from_days=-4))
    assert not parsed.why(old_year.pk, datetime(2026, 1, 4, 12, tzinfo=UTC)).verdict
    assert parsed.why(old_year.pk, datetime(2026, 1, 3, 12, tzinfo=UTC)).verdict


@pytest.mark.django_db
def test_the_day_of_joining_is_no_anniversary_yet() -> None:
    dora = cast.dora(joined_on=NOW.date())
    rule = {"anniversary": {"of": "joined_on"}}
    assert not held(rule, dora, NOW)
    assert held(rule, dora, NOW + timedelta(365))


@pytest.mark.django_db
def test_a_first_purchase_is_dated_by_the_clock_of_then() -> None:
    ben = cast.ben()  # New York: in July four hours behind, in January five
    cast.purchase(ben, datetime(2024, 7, 4, 3, 30, tzinfo=UTC))
    rule = {"anniversary": {"of": "first_purchase"}}
    assert held(rule, ben, datetime(2025, 7, 3, 12, tzinfo=UTC))
    assert not held(rule, ben, datetime(2025, 7, 4, 12, tzinfo=UTC))
    ahead = {"anniversary": {"of": "first_purchase", "from_days": 182}}
    assert held(ahead, ben, datetime(2025, 1, 2, 12, tzinfo=UTC))


def test_the_days_with_an_anniversary_in_a_window_have_the_right_ends() -> None:
    for day in DAYS[59:365:3] + DAYS[365 + 57 : 365 + 63] + DAYS[365 * 2 + 58 : 365 * 2 + 63]:
        for years in (1, 2, 3, 4):
            near = [day - timedelta(365 * years + step) for step in range(-3, 4)]
            kept = {one: anniversary(one, one.year + years) for one in near}
            assert first_day(day, years) == min(one for one, on in kept.items() if on >= day)
            assert last_day(day, years) == max(one for one, on in kept.items() if on <= day)
