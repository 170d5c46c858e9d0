"""Closing: withdrawn, declined and expired grants end once, with news, and those who registered learn of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from content import offers
from content.models import Grant
from members import news
from members.models import News
from members.sql import Sql
from members.vocabulary import Channel
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.content.promises import granted, offer


@pytest.fixture
def told() -> Iterator[list[tuple[list[int], datetime]]]:
    """What a listener of `on_closed` was told."""
    heard: list[tuple[list[int], datetime]] = []

    def listener(grants: list[int], now: datetime) -> None:
        heard.append((grants, now))

    offers.on_closed(listener)
    yield heard
    offers.forget(listener)


@pytest.mark.django_db
def test_withdrawn_and_declined_grants_end_by_ids_or_by_a_select() -> None:
    first, second, third = granted(offer(), *cast.crowd(3))

    assert offers.withdraw([first.pk], NOW + HOUR) == [first.pk]
    by_select = Sql("SELECT id FROM content_grant WHERE id >= %(least)s", {"least": second.pk})
    assert offers.decline(by_select, NOW + HOUR) == [second.pk, third.pk]

    ends = Grant.objects.order_by("id").values_list("state", "closed_at")
    assert list(ends) == [("withdrawn", NOW + HOUR), ("declined", NOW + HOUR), ("declined", NOW + HOUR)]


@pytest.mark.django_db
def test_what_has_ended_stays_as_it_ended() -> None:
    [grant] = granted(offer(), cast.ada())
    offers.decline([grant.pk], NOW)

    assert offers.withdraw([grant.pk], NOW + HOUR) == []
    assert offers.expire(NOW + 90 * DAY) == 0

    grant.refresh_from_db()
    assert (grant.state, grant.closed_at) == ("declined", NOW)


@pytest.mark.django_db
def test_grants_expire_when_their_validity_is_over_in_portions() -> None:
    short = granted(offer("short", valid_days=1), *cast.crowd(3))
    [long] = granted(offer("long", valid_days=2, slot="other"), Grant.objects.earliest("id").member, step_key="long")

    assert offers.expire(NOW + DAY - HOUR) == 0
    assert [offers.expire(NOW + DAY, limit=2), offers.expire(NOW + DAY, limit=2)] == [2, 1]

    assert set(Grant.objects.filter(state="expired")) == set(short)
    assert [grant.pk for grant in offers.current(long.member_id, NOW + DAY)] == [long.pk]


@pytest.mark.django_db
def test_every_end_is_news() -> None:
    grants = granted(offer(valid_days=1), *cast.crowd(4))
    news.listen("journey:1", ["grant"])

    offers.withdraw([grants[0].pk], NOW)
    offers.decline([grants[1].pk], NOW)
    offers.redeem(grants[2].pk, request_key="tap", channel=Channel.COUNTER, now=NOW)
    offers.expire(NOW + DAY)

    told = set(News.objects.values_list("member_id", "topic", "reference"))
    assert told == {(grant.member_id, "grant", str(grant.pk)) for grant in grants}


@pytest.mark.django_db
def test_those_who_registered_learn_of_every_end(told: list[tuple[list[int], datetime]]) -> None:
    first, second, third, fourth, fifth = (grant.pk for grant in granted(offer(valid_days=1), *cast.crowd(5)))
    bought = cast.purchase(Grant.objects.get(pk=fifth).member, NOW)

    offers.withdraw([second, first], NOW)
    offers.withdraw([first], NOW)
    offers.redeem(third, request_key="tap", channel=Channel.COUNTER, now=NOW)
    offers.redeem_by_purchases(Sql("SELECT %(id)s::bigint", {"id": bought.pk}), NOW)
    offers.expire(NOW + DAY)

    assert told == [([first, second], NOW), ([third], NOW), ([fifth], NOW), ([fourth], NOW + DAY)]


@pytest.mark.django_db
def test_what_those_who_registered_cannot_do_does_not_happen_at_all() -> None:
    [grant] = granted(offer(), cast.ada())

    def failing(_grants: list[int], _now: datetime) -> None:
        raise RuntimeError("The messages could not be cancelled.")

    offers.on_closed(failing)
    try:
        with pytest.raises(RuntimeError):
            offers.redeem(grant.pk, request_key="tap", channel=Channel.COUNTER, now=NOW)
    finally:
        offers.forget(failing)

    grant.refresh_from_db()
    assert grant.state == "live"
    assert not grant.redemptions.exists()


@pytest.mark.django_db
def test_current_offers_are_those_of_the_member_that_are_valid_now() -> None:
    ada, ben = cast.ada(), cast.ben()
    [main] = granted(offer("main"), ada)
    [gift] = granted(offer("gift", slot="gift", valid_days=1), ada, step_key="gift")
    granted(offer("other"), ben, step_key="other")

    assert [grant.pk for grant in offers.current(ada.pk, NOW)] == [gift.pk, main.pk]
    assert [grant.offer.key for grant in offers.current(ada.pk, NOW + DAY)] == ["main"]
    assert offers.current(ada.pk, NOW - HOUR) == []
