"""Loading: the days are moved once and for all, facts land once, and the played days come in as time reaches them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from content import offers
from content.models import Grant, Offer
from journeys.demo import days, feed, load, prepare, shop
from journeys.demo.dataset import Bought
from journeys.demo.days import Days
from journeys.demo.prepare import NotOurs
from journeys.models import Playback
from members.models import Consent, Identity, Member, PointsEntry, Purchase, Standing
from members.sql import Sql
from tests import cast
from tests.journeys.demo.log import LAST, bought, lines

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 15, 30, tzinfo=UTC)


def small_log() -> list[Bought]:
    found = []
    for number, line in enumerate(lines(), start=2):
        customer, day, quantity, amount = line.split()
        at = datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC).date()
        found.append(Bought(number, customer, at, int(quantity), Decimal(amount)))
    return found


@pytest.fixture
def when() -> Days:
    return days.days(small_log(), NOW)


@pytest.fixture
def log(when: Days) -> Sequence[Bought]:
    shop.open_stores()
    moved = when.moved(small_log())
    load.load_members(moved, when.start)
    return moved


def test_the_last_purchase_was_yesterday_at_first_load_and_stays_there(when: Days) -> None:
    assert LAST + when.shift == NOW.date() - timedelta(days=1)
    assert (when.start, when.end) == (datetime(2026, 2, 10, tzinfo=UTC), datetime(2026, 3, 10, tzinfo=UTC))
    assert days.days(small_log(), NOW + timedelta(days=5)) == when
    assert Playback.objects.get().shift_days == when.shift.days


def test_a_purchase_keeps_its_day_in_utc_in_whatever_store(when: Days) -> None:
    moments = {load.happened_at(bought(line=number, day=NOW.date())) for number in range(400)}

    assert {moment.date() for moment in moments} == {NOW.date()}
    assert len(moments) > 300


def test_what_was_loaded_twice_is_there_once(log: Sequence[Bought], when: Days) -> None:
    before = load.record(log, when.end)
    again = load.record(log, when.end)
    load.load_members(log, when.end)

    assert (before.repeated, again.new) == (0, 0)
    assert Member.objects.count() == 30
    assert Purchase.objects.count() == len(log)
    stored = Purchase.objects.values_list("member__external_id", "happened_at__date", "quantity", "total", "key")
    assert sorted(stored) == sorted(
        (f"C-{each.customer}", each.day, each.quantity, each.amount, str(each.line)) for each in log
    )
    assert set(Consent.objects.values_list("source", flat=True)) == {"demo"}
    assert Identity.objects.exists()


def test_points_are_one_a_currency_unit_and_good_to_the_end_of_the_month_a_year_later(when: Days) -> None:
    shop.open_stores()
    sold = bought(day=datetime(2027, 2, 14, tzinfo=UTC).date(), amount="11.77")
    load.load_members([sold], NOW)
    load.record([sold], NOW)

    earned = PointsEntry.objects.get(kind="earned")
    assert (earned.points, earned.expires_at) == (11, datetime(2028, 3, 1, tzinfo=UTC))


def test_purchases_without_a_price_earn_nothing_and_count_all_the_same() -> None:
    shop.open_stores()
    free = bought(day=NOW.date(), amount="0.00")
    load.load_members([free], NOW)

    assert load.record([free], NOW).new == 1
    assert not PointsEntry.objects.exists()


def test_only_what_happened_by_then_is_fed(log: Sequence[Bought], when: Days) -> None:
    feeding = feed.Feed(log)
    moments = sorted(load.happened_at(each) for each in log)
    until = moments[len(moments) // 2]

    feeding(when.start - timedelta(days=1000), until)
    assert Purchase.objects.count() == sum(moment <= until for moment in moments)
    feeding(until, when.end)
    assert Purchase.objects.count() == len(log)


def test_a_grant_is_redeemed_only_where_a_real_purchase_falls_into_its_validity(
    log: Sequence[Bought], when: Days
) -> None:
    offer = Offer.objects.create(key="o", name="O", slot="s", price=Decimal(5), currency="EUR", valid_days=7)
    everybody = Sql(
        "SELECT id AS member_id, 'test'::text AS origin_kind, id AS origin_id, 'grant'::text AS step_key, 1 AS visit"
        " FROM members_member"
    )
    offers.grant_cohort(offer, everybody, when.start)
    feed.Feed(log)(when.start, when.end)

    buyers = {
        f"C-{each.customer}" for each in log if when.start < load.happened_at(each) < when.start + timedelta(days=7)
    }
    redeemed = set(Grant.objects.filter(state="redeemed").values_list("member__external_id", flat=True))
    assert redeemed == buyers
    assert 0 < len(buyers) < 30


def test_preparing_again_repeats_nothing(when: Days, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journeys.playbooks.library.shelf", lambda: ["birthday"])
    log = when.moved(small_log())
    told: list[str] = []
    prepare.prepare(log, when, told.append)
    assert Standing.objects.count() == 30
    assert days.loaded()
    first = len(told)

    prepare.prepare(log, when, told.append)

    assert len(told) == first
    assert not Purchase.objects.filter(happened_at__gt=when.start).exists()


def test_somebody_s_real_members_are_left_alone() -> None:
    cast.ada()

    with pytest.raises(NotOurs, match="not the demo's"):
        prepare.claim()
    with pytest.raises(NotOurs):
        prepare.reset()
    assert Member.objects.count() == 1
