"""Redeeming: once, at the price that was promised, and every other try gets a sentence."""

from __future__ import annotations

from decimal import Decimal

import pytest

from content import offers
from content.models import Grant, Offer, Redemption
from content.offers import AlreadyRedeemed, NotLive, codes
from members import news
from members.models import News, Touchpoint
from members.vocabulary import Channel
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.content.at_once import at_once
from tests.content.promises import candidates, granted, offer

LATER = NOW + HOUR


@pytest.mark.django_db
def test_a_redemption_says_who_took_what_where_and_at_the_price_of_the_grant() -> None:
    ada, store, clerk = cast.ada(), cast.berlin(), cast.clerk()
    [grant] = granted(offer(), ada)
    Offer.objects.update(price=Decimal("99.00"), name="Now dearer", currency="USD")

    taken = offers.redeem(
        codes.shown(grant.code).lower(), request_key="tap-1", channel=Channel.COUNTER, now=LATER, who=clerk, store=store
    )

    assert (taken.grant_id, taken.member_id, taken.price, taken.currency) == (grant.pk, ada.pk, Decimal("10.00"), "EUR")
    assert (taken.who_id, taken.who_name, taken.store_id, taken.channel) == (clerk.pk, "Carl", store.pk, "counter")
    assert (taken.happened_at, taken.recorded_at, taken.purchase_id) == (LATER, LATER, None)
    grant.refresh_from_db()
    assert (grant.state, grant.closed_at) == ("redeemed", LATER)
    assert offers.current(ada.pk, LATER) == []


@pytest.mark.django_db
def test_a_redemption_is_a_touchpoint_with_offer_grant_and_price() -> None:
    ada, store, clerk = cast.ada(), cast.berlin(), cast.clerk()
    [grant] = granted(offer(name="Come back"), ada)

    offers.redeem(grant.pk, request_key="tap", channel=Channel.COUNTER, now=LATER, who=clerk, store=store)

    contact = Touchpoint.objects.get(kind="redeemed")
    assert (contact.member_id, contact.happened_at, contact.channel, contact.direction) == (
        ada.pk,
        LATER,
        "counter",
        "in",
    )
    assert (contact.offer_id, contact.offer_name, contact.grant_id) == (grant.offer_id, "Come back", grant.pk)
    assert (contact.price, contact.currency) == (grant.price, grant.currency)
    assert (contact.who_id, contact.who_name, contact.store_id) == (clerk.pk, "Carl", store.pk)


@pytest.mark.django_db
def test_a_redemption_is_news_of_the_grant_and_of_the_touchpoint() -> None:
    ada = cast.ada()
    [grant] = granted(offer(), ada)
    news.listen("journey:1", ["grant", "touchpoint:redeemed"])

    offers.redeem(grant.pk, request_key="tap", channel=Channel.COUNTER, now=LATER)

    told = set(News.objects.values_list("member_id", "topic", "reference"))
    assert told == {(ada.pk, "grant", str(grant.pk)), (ada.pk, "touchpoint:redeemed", "")}


@pytest.mark.django_db
def test_the_same_request_gets_the_first_answer_and_another_one_who_when_and_where() -> None:
    [grant] = granted(offer(), cast.ada())
    first = offers.redeem(
        grant.pk, request_key="tap-1", channel=Channel.COUNTER, now=LATER, who=cast.clerk(), store=cast.berlin()
    )

    again = offers.redeem(grant.pk, request_key="tap-1", channel=Channel.COUNTER, now=NOW + 30 * DAY)
    with pytest.raises(AlreadyRedeemed) as refused:
        offers.redeem(grant.pk, request_key="tap-2", channel=Channel.COUNTER, now=NOW + DAY)

    assert (again.pk, again.happened_at) == (first.pk, LATER)
    assert (refused.value.who, refused.value.when, refused.value.where) == ("Carl", LATER, "Chorale Berlin")
    assert str(refused.value) == "This offer was redeemed already: 2026-03-10 12:00 UTC, Carl, Chorale Berlin."
    assert Touchpoint.objects.filter(kind="redeemed").count() == 1


@pytest.mark.django_db
def test_who_redeemed_without_a_store_did_so_at_the_desk_and_nobody_at_all_at_the_counter() -> None:
    """A tap that names nobody was no purchase."""
    grants = granted(offer(), *cast.crowd(2))
    offers.redeem(grants[0].pk, request_key="a", channel=Channel.DESK, now=LATER, who=cast.rep())
    offers.redeem(grants[1].pk, request_key="a", channel=Channel.COUNTER, now=LATER)
    said = []
    for grant in grants:
        with pytest.raises(AlreadyRedeemed) as refused:
            offers.redeem(grant.pk, request_key="b", channel=Channel.COUNTER, now=NOW + DAY)
        said.append(str(refused.value))
    assert said == [
        "This offer was redeemed already: 2026-03-10 12:00 UTC, Rosa, Desk.",
        "This offer was redeemed already: 2026-03-10 12:00 UTC, Counter.",
    ]


@pytest.mark.django_db
def test_what_is_not_live_is_refused_with_the_reason() -> None:
    what = offer(name="Tea", valid_days=2)
    expired, withdrawn, declined, early = granted(what, *cast.crowd(4))
    offers.withdraw([withdrawn.pk], NOW)
    offers.decline([declined.pk], NOW)

    def refusal(grant: int | str, now: object = NOW + 2 * DAY) -> str:
        with pytest.raises(NotLive) as refused:
            offers.redeem(grant, request_key="tap", channel=Channel.COUNTER, now=now)  # type: ignore[arg-type]
        return str(refused.value)

    assert refusal(expired.pk) == "The offer Tea was valid until 2026-03-12."
    assert refusal(withdrawn.pk) == "The offer Tea was withdrawn on 2026-03-10."
    assert refusal(declined.pk) == "The member declined the offer Tea on 2026-03-10."
    assert refusal(early.pk, NOW - HOUR) == "The offer Tea is valid from 2026-03-10."
    assert refusal("nobody") == "There is no offer with the code nobody; check it letter by letter."
    assert refusal(0) == "There is no such offer any more."
    offers.expire(NOW + 2 * DAY)
    assert refusal(expired.pk) == "The offer Tea was valid until 2026-03-12."
    assert not Redemption.objects.exists()


@pytest.mark.django_db
def test_the_validity_is_half_open() -> None:
    first, last = granted(offer(valid_days=1), *cast.crowd(2))

    offers.redeem(first.pk, request_key="tap", channel=Channel.COUNTER, now=NOW)
    with pytest.raises(NotLive):
        offers.redeem(last.pk, request_key="tap", channel=Channel.COUNTER, now=NOW + DAY)


@pytest.mark.django_db(transaction=True)
def test_of_sixteen_who_redeem_one_grant_at_once_one_wins_and_the_others_learn_who() -> None:
    [grant] = granted(offer(), cast.ada())
    cast.clerk()

    def tap(place: int) -> Redemption:
        return offers.redeem(
            grant.pk,
            request_key=f"tap-{place}",
            channel=Channel.COUNTER,
            now=LATER,
            who=cast.clerk(),
            store=cast.berlin(),
        )

    answers = at_once(16, tap)

    won = [answer for answer in answers if isinstance(answer, Redemption)]
    lost = [answer for answer in answers if isinstance(answer, AlreadyRedeemed)]
    assert (len(won), len(lost)) == (1, 15)
    assert {(one.who, one.when, one.where) for one in lost} == {("Carl", LATER, "Chorale Berlin")}
    assert Redemption.objects.count() == Touchpoint.objects.filter(kind="redeemed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_sixteen_repetitions_of_one_request_all_get_the_same_answer() -> None:
    [grant] = granted(offer(), cast.ada())

    answers = at_once(
        16, lambda _place: offers.redeem(grant.pk, request_key="tap", channel=Channel.COUNTER, now=LATER).pk
    )

    assert set(answers) == {Redemption.objects.get().pk}


@pytest.mark.django_db(transaction=True)
def test_a_grant_that_is_redeemed_and_withdrawn_at_once_ends_in_one_way() -> None:
    grants = granted(offer(), *cast.crowd(12))
    ids = [grant.pk for grant in grants]

    def deed(place: int) -> int:
        if place == 0:
            return len(offers.withdraw(ids, LATER))
        taken = 0
        for grant in ids:
            try:
                offers.redeem(grant, request_key="tap", channel=Channel.COUNTER, now=LATER)
                taken += 1
            except NotLive:
                continue
        return taken

    withdrawn, redeemed = at_once(2, deed)

    states = list(Grant.objects.values_list("state", flat=True))
    assert withdrawn + redeemed == len(ids)
    assert (states.count("withdrawn"), states.count("redeemed")) == (withdrawn, redeemed)
    assert Redemption.objects.count() == redeemed


@pytest.mark.django_db
def test_the_winner_s_slot_is_free_again_after_the_redemption() -> None:
    ada = cast.ada()
    [grant] = granted(offer("first"), ada)
    offers.redeem(grant.pk, request_key="tap", channel=Channel.COUNTER, now=LATER)

    [next_one] = offers.grant_cohort(offer("second"), candidates([ada], "next"), LATER)

    assert next_one.verdict == offers.Verdict.GRANTED
