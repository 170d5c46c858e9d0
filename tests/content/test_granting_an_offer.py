"""Granting: one decision a member, whoever asks, however often."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from content import offers
from content.models import Grant, Offer
from content.offers import Verdict, codes
from members import news
from members.models import Member, News
from members.sql import Sql
from tests import cast
from tests.cast import DAY, NOW
from tests.content.at_once import at_once
from tests.content.promises import candidates, granted, offer


@pytest.mark.django_db
def test_a_cohort_is_granted_the_offer_as_it_stands() -> None:
    ada, ben = cast.ada(), cast.ben()
    what = offer(price=Decimal("7.50"), currency="GBP", valid_days=3)

    decided = offers.grant_cohort(what, candidates([ada, ben]), NOW)

    assert {(one.member_id, one.origin_id, one.verdict) for one in decided} == {
        (ada.pk, ada.pk + 1000, Verdict.GRANTED),
        (ben.pk, ben.pk + 1000, Verdict.GRANTED),
    }
    for grant in Grant.objects.all():
        assert (grant.price, grant.currency, grant.slot, grant.state) == (Decimal("7.50"), "GBP", "main", "live")
        assert grant.validity == DateTimeTZRange(NOW, NOW + 3 * DAY, "[)")
        assert grant.granted_at == NOW


@pytest.mark.django_db
def test_a_repeated_decision_gets_its_first_grant_even_when_it_has_ended() -> None:
    ada = cast.ada()
    what = offer()
    [first] = granted(what, ada)
    offers.withdraw([first.pk], NOW)
    Offer.objects.update(active=False)

    [again] = offers.grant_cohort(what, candidates([ada]), NOW + DAY)

    assert (again.grant_id, again.verdict) == (first.pk, Verdict.GRANTED)
    assert Grant.objects.count() == 1


@pytest.mark.django_db
def test_another_decision_for_the_same_offer_reuses_the_live_grant() -> None:
    ada = cast.ada()
    what = offer()
    [first] = granted(what, ada)

    [again] = offers.grant_cohort(what, candidates([ada], visit=2), NOW + DAY)

    assert (again.grant_id, again.verdict) == (first.pk, Verdict.ALREADY)


@pytest.mark.django_db
def test_another_live_offer_in_the_slot_stands_in_the_way_and_one_in_another_slot_does_not() -> None:
    ada = cast.ada()
    granted(offer("first"), ada)

    [taken] = offers.grant_cohort(offer("second"), candidates([ada], "other"), NOW)
    [free] = offers.grant_cohort(offer("third", slot="birthday"), candidates([ada], "third"), NOW)

    assert (taken.grant_id, taken.verdict) == (None, Verdict.SLOT_TAKEN)
    assert free.verdict == Verdict.GRANTED


@pytest.mark.django_db
def test_a_grant_whose_validity_is_over_is_in_nobodys_way_though_it_is_not_closed_yet() -> None:
    ada = cast.ada()
    [old] = granted(offer("first", valid_days=2), ada)

    [later] = offers.grant_cohort(offer("second"), candidates([ada], "other"), NOW + 2 * DAY)

    old.refresh_from_db()
    assert (old.state, later.verdict) == ("live", Verdict.GRANTED)
    assert [grant.pk for grant in offers.current(ada.pk, NOW + 2 * DAY)] == [later.grant_id]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [{"active": False}, {"starts_at": NOW + timedelta(seconds=1)}, {"ends_at": NOW}, {"ends_at": NOW - DAY}],
    ids=["inactive", "not started", "ends now", "ended"],
)
def test_an_offer_that_is_not_running_is_granted_to_nobody(fields: dict[str, Any]) -> None:
    [decided] = offers.grant_cohort(offer(**fields), candidates([cast.ada()]), NOW)

    assert (decided.grant_id, decided.verdict) == (None, Verdict.OFFER_OVER)


@pytest.mark.django_db
def test_a_grant_does_not_outlive_its_offer() -> None:
    [grant] = granted(offer(valid_days=14, ends_at=NOW + 2 * DAY), cast.ada())

    assert grant.validity.upper == NOW + 2 * DAY


@pytest.mark.django_db
def test_days_of_validity_do_not_depend_on_the_session_s_time_zone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'Europe/Berlin'")  # where the clocks change on 29 March
        offers.grant_cohort(offer(valid_days=30), candidates([cast.ada()]), NOW)
        cursor.execute("SET LOCAL TIME ZONE 'UTC'")

    assert Grant.objects.get().validity.upper == NOW + 30 * DAY


@pytest.mark.django_db
def test_the_same_member_twice_in_a_cohort_gets_one_grant() -> None:
    ada = cast.ada()
    two = Sql(
        "SELECT %(member)s::bigint AS member_id, 'enrollment' AS origin_kind, origin_id, 'grant' AS step_key,"
        " 1 AS visit FROM generate_series(1, 2) AS origin_id",
        {"member": ada.pk},
    )

    decided = offers.grant_cohort(offer(), two, NOW)

    assert sorted(one.verdict for one in decided) == [Verdict.ALREADY, Verdict.GRANTED]
    assert len({one.grant_id for one in decided}) == 1


@pytest.mark.django_db
def test_codes_that_exist_are_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "LETTERS", "23456789")
    monkeypatch.setattr(codes, "LENGTH", 1)
    crowd = cast.crowd(6)

    decided = offers.grant_cohort(offer(), candidates(crowd), NOW)

    assert {one.verdict for one in decided} == {Verdict.GRANTED}
    assert len(set(Grant.objects.values_list("code", flat=True))) == len(crowd)


@pytest.mark.django_db
def test_codes_that_have_run_out_are_one_sentence_and_grant_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "LETTERS", "23")
    monkeypatch.setattr(codes, "LENGTH", 1)

    with pytest.raises(RuntimeError, match="1 grants of offer come-back found no free code"):
        offers.grant_cohort(offer(), candidates(cast.crowd(3)), NOW)

    assert not Grant.objects.exists()


@pytest.mark.django_db
def test_a_code_is_long_enough_reads_well_and_is_found_however_it_is_typed() -> None:
    [grant] = granted(offer(), cast.ada())

    assert len(grant.code) == codes.LENGTH
    assert set(grant.code) <= set(codes.LETTERS)
    assert not set(codes.LETTERS) & set("01ILOAEU")
    assert codes.normalised(f" {codes.shown(grant.code).lower()} ") == grant.code


@pytest.mark.django_db
def test_who_listens_to_grants_is_told_who_got_one() -> None:
    ada, ben = cast.ada(), cast.ben()
    news.listen("journey:1", ["grant"])
    what = offer()
    [first] = granted(what, ada)

    offers.grant_cohort(what, candidates([ada, ben], visit=2), NOW)

    written = News.objects.values_list("member_id", "topic", "reference")
    second = Grant.objects.get(member=ben)
    assert list(written) == [(ada.pk, "grant", str(first.pk)), (ben.pk, "grant", str(second.pk))]


@pytest.mark.django_db
def test_a_grant_never_changes() -> None:
    what = offer()
    [grant] = granted(what, cast.ada())
    what.price = Decimal("99.00")
    what.slot = "other"
    what.save()

    grant.refresh_from_db()
    assert (grant.price, grant.slot) == (Decimal("10.00"), "main")
    grant.save()  # nothing changed: nothing to refuse
    grant.price = Decimal("1.00")
    with pytest.raises(ValidationError, match=rf"Grant {grant.code} is a promise and cannot change \(price\)"):
        grant.save()
    grant.refresh_from_db()
    grant.state = Grant.State.REDEEMED
    with pytest.raises(ValidationError, match="state"):
        grant.save()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields", [{"valid_days": 0}, {"starts_at": NOW, "ends_at": NOW}, {"price": Decimal("-0.01")}], ids=str
)
def test_the_database_refuses_terms_that_make_no_sense(fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        offer(**fields)


@pytest.mark.django_db(transaction=True)
def test_of_two_writers_with_different_offers_for_one_slot_one_wins_for_each_member() -> None:
    crowd: list[Member] = cast.crowd(40)
    both = [offer("first"), offer("second")]
    # The second writer goes through the members the other way round, where careless writers deadlock.
    cohorts = [candidates(crowd, "first"), candidates(crowd[::-1], "second")]

    first, second = at_once(2, lambda place: offers.grant_cohort(both[place], cohorts[place], NOW))

    verdicts = [{one.member_id: one.verdict for one in decided} for decided in (first, second)]
    for member in crowd:
        pair = sorted(verdict[member.pk] for verdict in verdicts)
        assert pair == [Verdict.GRANTED, Verdict.SLOT_TAKEN]
    assert Grant.objects.count() == len(crowd)


@pytest.mark.django_db(transaction=True)
def test_many_writers_of_the_same_decision_get_the_same_grant() -> None:
    ada = cast.ada()
    what = offer()

    decided = at_once(8, lambda _place: offers.grant_cohort(what, candidates([ada]), NOW)[0])

    assert {one.verdict for one in decided} == {Verdict.GRANTED}
    assert {one.grant_id for one in decided} == {Grant.objects.get().pk}


@pytest.mark.django_db(transaction=True)
def test_many_decisions_for_the_same_offer_share_the_grant_of_the_fastest() -> None:
    ada = cast.ada()
    what = offer()

    decided = at_once(8, lambda place: offers.grant_cohort(what, candidates([ada], visit=place), NOW)[0])

    assert sorted(one.verdict for one in decided) == [Verdict.ALREADY] * 7 + [Verdict.GRANTED]
    assert {one.grant_id for one in decided} == {Grant.objects.get().pk}
