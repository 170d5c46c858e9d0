"""Undoing: for five minutes, by whoever redeemed it or a manager; the grant lives again, the slip stays on record."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from content import offers
from content.models import Grant, Redemption
from content.offers import AlreadyRedeemed, CannotUndo, NotLive
from journeys import audit
from members import news
from members.models import News, Touchpoint, User
from members.sql import Sql
from members.vocabulary import Channel
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.content.at_once import at_once
from tests.content.promises import candidates, granted, offer

AT = NOW + HOUR
SECOND = timedelta(seconds=1)
SOON = AT + 60 * SECOND


def manager() -> User:
    made = cast.user("max", first_name="Max")
    made.groups.set([Group.objects.get(name="Manager")])
    return made


def taken(grant: Grant, key: str = "tap", at: datetime = AT, who: User | None = None) -> Redemption:
    return offers.redeem(
        grant.pk, request_key=key, channel=Channel.COUNTER, now=at, who=who or cast.clerk(), store=cast.berlin()
    )


def undone(redemption: Redemption, key: str = "undo", at: datetime = SOON, who: User | None = None) -> Redemption:
    return offers.undo(redemption.pk, request_key=key, now=at, who=who or cast.clerk())


def refusal(redemption: Redemption, key: str = "undo", at: datetime = SOON, who: User | None = None) -> str:
    with pytest.raises(CannotUndo) as refused:
        undone(redemption, key, at, who)
    return str(refused.value)


def broken() -> list[str]:
    return [finding.name for finding in audit.run(SOON) if finding.count]


@pytest.mark.django_db
def test_what_was_undone_is_theirs_again_and_can_be_redeemed_anew() -> None:
    ada = cast.ada()
    [grant] = granted(offer(), ada)
    first = taken(grant)

    gone = undone(first)

    assert (gone.pk, gone.undone_at, gone.undone_by_name) == (first.pk, SOON, "Carl")
    [live] = offers.current(ada.pk, SOON)
    assert (live.pk, live.closed_at) == (grant.pk, None)
    assert broken() == []
    second = taken(grant, "tap-2", SOON + SECOND)
    assert second.pk != first.pk
    assert list(Redemption.objects.standing()) == [second]
    assert broken() == []


@pytest.mark.django_db
def test_the_slip_stays_in_the_history_with_its_undoing() -> None:
    ada = cast.ada()
    [grant] = granted(offer(name="Come back"), ada)
    undone(taken(grant))

    told = Touchpoint.objects.filter(member=ada).order_by("happened_at")
    assert [(one.kind, one.happened_at, one.who_name) for one in told] == [
        ("redeemed", AT, "Carl"),
        ("undone", SOON, "Carl"),
    ]
    last = told[1]
    assert (last.channel, last.offer_name, last.grant_id, last.price) == ("counter", "Come back", grant.pk, grant.price)
    assert last.store == cast.berlin()


@pytest.mark.django_db
def test_an_undoing_is_news_of_the_grant() -> None:
    ada = cast.ada()
    [grant] = granted(offer(), ada)
    first = taken(grant)
    news.listen("journey:1", ["grant", "touchpoint:undone"])

    undone(first)

    told = set(News.objects.values_list("member_id", "topic", "reference"))
    assert told == {(ada.pk, "grant", str(grant.pk)), (ada.pk, "touchpoint:undone", "")}


@pytest.mark.django_db
def test_five_minutes_are_over_at_the_second() -> None:
    [grant] = granted(offer(), cast.ada())
    first = taken(grant)

    assert refusal(first, at=AT + offers.UNDO_WITHIN) == "A redemption can be undone for five minutes; these are over."
    assert undone(first, at=AT + offers.UNDO_WITHIN - SECOND).undone_at


@pytest.mark.django_db
def test_only_who_redeemed_it_or_a_manager_can_undo_it() -> None:
    [grant] = granted(offer(), cast.ada())
    first = taken(grant)

    assert refusal(first, who=cast.user("other")) == "Only Carl or a manager can undo this."
    assert offers.may_undo(first, cast.clerk(), SOON)
    assert not offers.may_undo(first, cast.user("other"), SOON)
    assert undone(first, who=manager()).undone_by_name == "Max"


@pytest.mark.django_db
def test_what_a_purchase_redeemed_is_a_manager_s_to_undo_and_the_purchase_does_not_take_it_again() -> None:
    ada = cast.ada()
    [grant] = granted(offer(), ada)
    bought = Sql("SELECT %(id)s::bigint", {"id": cast.purchase(ada, AT).pk})
    assert offers.redeem_by_purchases(bought, AT) == [grant.pk]
    first = Redemption.objects.get()

    assert refusal(first) == "Only a manager can undo this."
    undone(first, who=manager())

    assert offers.redeem_by_purchases(bought, SOON) == []
    assert offers.current(ada.pk, SOON) == [grant]
    again = Sql("SELECT %(id)s::bigint", {"id": cast.purchase(ada, SOON).pk})
    assert offers.redeem_by_purchases(again, SOON) == [grant.pk]
    assert broken() == []


@pytest.mark.django_db
def test_a_clerk_s_slip_that_was_undone_keeps_no_purchase_from_its_grant() -> None:
    ada = cast.ada()
    first, other = offer("first"), offer("other", slot="other")
    [grant], [_second] = granted(first, ada), granted(other, ada, step_key="other")
    undone(taken(grant))

    bought = Sql("SELECT %(id)s::bigint", {"id": cast.purchase(ada, SOON).pk})

    assert grant.pk in offers.redeem_by_purchases(bought, SOON)


@pytest.mark.django_db
def test_the_same_request_gets_the_first_answer_and_another_one_who_and_when() -> None:
    [grant] = granted(offer(), cast.ada())
    first = taken(grant)
    undone(first)

    assert undone(first, at=AT + DAY).undone_at == SOON
    assert refusal(first, "undo-2", who=manager()) == "Carl undid this already, at 2026-03-10 13:01 (Europe/Berlin)."
    assert Touchpoint.objects.filter(kind="undone").count() == 1


@pytest.mark.django_db
def test_a_tap_that_comes_again_after_its_undoing_redeems_nothing() -> None:
    ada = cast.ada()
    [grant] = granted(offer(), ada)
    first = taken(grant)
    undone(first)

    again = taken(grant, at=SOON + SECOND)

    assert (again.pk, again.undone_at) == (first.pk, SOON)
    assert offers.current(ada.pk, SOON) == [grant]
    assert Redemption.objects.count() == 1


@pytest.mark.django_db
def test_undoing_refuses_where_another_offer_took_the_slot() -> None:
    ada = cast.ada()
    [grant] = granted(offer("first", name="First"), ada)
    first = taken(grant)
    granted(offer("second"), ada, now=AT + SECOND, step_key="second")

    assert refusal(first) == "First cannot be theirs again: another offer took its place meanwhile."

    first.refresh_from_db()
    grant.refresh_from_db()
    assert (first.undone_at, grant.state) == (None, "redeemed")
    assert not Touchpoint.objects.filter(kind="undone").exists()
    assert broken() == []


@pytest.mark.django_db
def test_what_is_undone_after_its_last_day_has_expired() -> None:
    ada = cast.ada()
    [grant] = granted(offer(valid_days=1), ada)
    first = taken(grant, at=NOW + DAY - SECOND)

    undone(first, at=NOW + DAY)

    grant.refresh_from_db()
    assert (grant.state, grant.closed_at) == ("expired", NOW + DAY)
    with pytest.raises(NotLive):
        taken(grant, "tap-2", NOW + DAY)
    assert broken() == []


@pytest.mark.django_db
def test_undoing_one_redemption_leaves_a_later_one_of_the_grant_alone() -> None:
    [grant] = granted(offer(), cast.ada())
    first = taken(grant)
    undone(first)
    second = taken(grant, "tap-2", SOON)

    undone(first, at=SOON + SECOND)
    assert refusal(first, "undo-2", SOON + SECOND).startswith("Carl undid this already")

    assert list(Redemption.objects.standing()) == [second]


@pytest.mark.django_db
def test_the_database_refuses_a_second_standing_redemption() -> None:
    [grant] = granted(offer(), cast.ada())
    first = taken(grant)
    for key in ("tap", "tap-2"):
        copy = Redemption.objects.get(pk=first.pk)
        copy.pk, copy.request_key = None, key
        with pytest.raises(IntegrityError), transaction.atomic():
            copy.save()


@pytest.mark.django_db(transaction=True)
def test_an_undoing_that_meets_a_second_redemption_leaves_one_truth() -> None:
    grants = granted(offer(), *cast.crowd(8))
    firsts = [taken(grant) for grant in grants]
    cast.clerk()

    def deed(place: int) -> list[str]:
        said = []
        for grant, first in zip(grants, firsts, strict=True):
            try:
                undone(first) if place % 2 else taken(grant, "tap-2", SOON)
                said.append("done")
            except AlreadyRedeemed:
                said.append("already")
        return said

    undoing, redeeming = at_once(2, lambda place: deed(1 - place))

    assert undoing == ["done"] * len(grants)
    assert set(redeeming) <= {"done", "already"}
    standing = set(Redemption.objects.standing().values_list("grant_id", flat=True))
    won = {grant.pk for grant, said in zip(grants, redeeming, strict=True) if said == "done"}
    assert standing == won == set(Grant.objects.filter(state="redeemed").values_list("id", flat=True))
    assert Grant.objects.filter(state="live").count() == len(grants) - len(won)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_undo_at_once_one_does_and_its_repetitions_hear_the_same() -> None:
    [grant] = granted(offer(), cast.ada())
    first = taken(grant)

    answers = at_once(12, lambda place: undone(first, f"undo-{place % 2}").undo_key)

    kept = Redemption.objects.get().undo_key
    assert [answer for answer in answers if answer == kept] == [kept] * 6
    assert sum(isinstance(answer, CannotUndo) for answer in answers) == 6
    assert Touchpoint.objects.filter(kind="undone").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_undoings_in_one_slot_wait_for_each_other_and_one_is_told_why_not() -> None:
    ada = cast.ada()
    [first] = granted(offer("first"), ada)
    one = taken(first)
    [second] = granted(offer("second"), ada, now=AT, step_key="second")
    other = taken(second, at=AT + SECOND)

    answers = at_once(2, lambda place: undone([one, other][place]).grant_id)

    refused = [answer for answer in answers if isinstance(answer, CannotUndo)]
    assert len(refused) == 1, answers
    assert len(offers.current(ada.pk, SOON)) == 1


@pytest.mark.django_db(transaction=True)
def test_an_undoing_that_meets_a_withdrawal_or_a_new_grant_leaves_at_most_one_live_grant() -> None:
    crowd = cast.crowd(8)
    grants = granted(offer("first"), *crowd)
    firsts = [taken(grant) for grant in grants]
    second = offer("second")

    def deed(place: int) -> list[object]:
        if place == 0:
            return list(offers.grant_cohort(second, candidates(crowd, "second"), SOON))
        if place == 1:
            return list(offers.withdraw([grant.pk for grant in grants], SOON))
        said: list[object] = []
        for first in firsts:
            try:
                said.append(undone(first))
            except CannotUndo as refused:
                said.append(refused)
        return said

    answers = at_once(3, deed)

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert broken() == []


@pytest.mark.django_db
def test_those_who_registered_learn_that_a_grant_is_live_again() -> None:
    heard: list[tuple[list[int], datetime]] = []
    first, last = granted(offer(valid_days=1), *cast.crowd(2))
    early, late = taken(first), taken(last, at=NOW + DAY - SECOND)

    def listener(grants: list[int], now: datetime) -> None:
        heard.append((grants, now))

    offers.on_reopened(listener)
    try:
        undone(early)
        undone(early)
        undone(late, at=NOW + DAY)
    finally:
        offers.forget(listener)

    assert heard == [([first.pk], SOON)]
