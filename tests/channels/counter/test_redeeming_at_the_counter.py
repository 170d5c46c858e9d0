"""Redeeming at the counter: once, however often the tap comes, and undone while it is young."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from channels import hand_offs
from channels.models import HandOff
from content import offers
from content.models import Grant, Redemption
from members import clock
from members.models import AuditEntry, Touchpoint
from members.vocabulary import Channel
from tests import cast
from tests.channels.counter.till import MINUTE, address, browser, clerk, given, of_grant, path_of, person, tap, text
from tests.channels.hand_offs.promises import agreed
from tests.content.at_once import at_once

pytestmark = pytest.mark.django_db


def shown(grant: Grant, client: Client | None = None) -> str:
    return text((client or browser()).get(address(grant.member)))


def redeemed_before(grant: Grant, ago: timedelta) -> Redemption:
    made = offers.redeem(
        grant.pk, request_key="first", channel=Channel.COUNTER, now=clock.now(), who=clerk(), store=cast.berlin()
    )
    Redemption.objects.update(recorded_at=clock.now() - ago)
    return made


def test_a_tap_redeems_for_this_clerk_at_this_store() -> None:
    grant = given(cast.ada())
    answer = tap(browser(), of_grant(grant, "redeem"))
    assert path_of(answer) == address(grant.member)
    assert "Redeemed: Tea at €10.00." in text(answer)
    assert "Carl, Chorale Berlin." in text(answer)
    redemption = Redemption.objects.get()
    assert (redemption.who_name, redemption.store, redemption.channel) == ("Carl", cast.berlin(), "counter")
    assert AuditEntry.objects.get(deed="redeemed").through == "counter"


def test_no_redeeming_without_the_confirming_tap() -> None:
    grant, client = given(cast.ada()), browser()
    assert client.get(of_grant(grant, "redeem")).headers["Location"] == address(grant.member)
    assert client.post(of_grant(grant, "redeem")).status_code == 400
    assert not Redemption.objects.exists()


def test_the_tap_that_repeats_after_a_dropped_connection_hears_the_first_answer() -> None:
    grant, client = given(cast.ada()), browser()
    answers = [tap(client, of_grant(grant, "redeem"), "lost") for _time in range(3)]
    assert all("Redeemed: Tea at €10.00." in text(answer) for answer in answers)
    assert Redemption.objects.count() == 1
    assert Touchpoint.objects.filter(kind="redeemed").count() == 1
    assert AuditEntry.objects.filter(deed="redeemed").count() == 1


def test_another_tap_is_told_who_when_and_where() -> None:
    grant, client = given(cast.ada()), browser()
    offers.redeem(
        grant.pk, request_key="else", channel=Channel.DESK, now=clock.now(), who=cast.rep(), store=cast.lisbon()
    )
    answer = tap(client, of_grant(grant, "redeem"))
    assert "Redeemed today at" in text(answer)
    assert "Rosa, Chorale Lisbon." in text(answer)


def test_htmx_gets_the_part_that_changed_with_the_answer_and_the_new_stamp() -> None:
    grant, client = given(cast.ada()), browser()
    page = tap(client, of_grant(grant, "redeem"), htmx=True).content.decode()
    assert "<html" not in page
    assert 'id="present"' in page
    assert "Redeemed: Tea at €10.00." in page
    stamp = page.split('"since": "')[1].split('"')[0]
    assert client.get(address(grant.member, f"live/?since={stamp}")).status_code == 204


@pytest.mark.django_db(transaction=True)
def test_of_two_clerks_who_tap_at_once_one_redeems_and_the_other_learns_it() -> None:
    grant = given(cast.ada())
    clients = [browser(), browser(person("clara", at=cast.lisbon(), first_name="Clara"))]

    answers = at_once(2, lambda place: text(tap(clients[place], of_grant(grant, "redeem"), f"tap-{place}")))

    assert sum("Redeemed: Tea at €10.00." in answer for answer in answers) == 1, answers
    winner = Redemption.objects.get().who_name
    assert all(f"{winner}, Chorale" in answer for answer in answers)


@pytest.mark.django_db(transaction=True)
def test_one_tap_that_arrives_many_times_at_once_redeems_once() -> None:
    grant = given(cast.ada())
    clients = [browser() for _each in range(6)]
    answers = at_once(6, lambda place: text(tap(clients[place], of_grant(grant, "redeem"), "same")))
    assert all("Redeemed: Tea at €10.00." in answer for answer in answers), answers
    assert Redemption.objects.count() == 1


def test_it_can_be_undone_with_the_time_that_is_left_in_sight() -> None:
    grant, client = given(cast.ada()), browser()
    page = tap(client, of_grant(grant, "redeem")).content.decode()
    left = int(page.split('data-left="')[1].split('"')[0])
    assert 290 <= left <= 300
    answer = tap(client, of_grant(grant, "undo"), "undo", redeemed="tap")
    assert "Undone: Tea is not redeemed." in text(answer)
    assert "Redeem €10.00" in text(answer)
    assert not Redemption.objects.standing().exists()


def test_an_undoing_that_repeats_hears_the_first_answer() -> None:
    grant, client = given(cast.ada()), browser()
    tap(client, of_grant(grant, "redeem"))
    for _time in range(2):
        assert "Undone: Tea" in text(tap(client, of_grant(grant, "undo"), "undo", redeemed="tap"))
    assert Touchpoint.objects.filter(kind="undone").count() == 1


def test_the_lost_tap_of_an_undone_redemption_redeems_nothing() -> None:
    grant, client = given(cast.ada()), browser()
    tap(client, of_grant(grant, "redeem"))
    tap(client, of_grant(grant, "undo"), "undo", redeemed="tap")
    assert "This tap was undone." in text(tap(client, of_grant(grant, "redeem")))
    assert "Redeemed: Tea" in text(tap(client, of_grant(grant, "redeem"), "anew"))


def test_after_five_minutes_it_cannot_be_undone_and_no_button_says_otherwise() -> None:
    grant, client = given(cast.ada()), browser()
    redeemed_before(grant, 5 * MINUTE)
    assert "Undo" not in shown(grant, client)
    answer = tap(client, of_grant(grant, "undo"), redeemed="first")
    assert "A redemption can be undone for five minutes" in text(answer)
    assert Redemption.objects.standing().exists()


def test_another_clerk_cannot_undo_it_and_a_manager_can() -> None:
    grant = given(cast.ada())
    redeemed_before(grant, MINUTE)
    clara = browser(person("clara", at=cast.berlin()))
    assert "Undo" not in shown(grant, clara)
    assert "Only Carl or a manager" in text(tap(clara, of_grant(grant, "undo"), redeemed="first"))
    max_ = browser(person("max", "Manager", at=cast.berlin()))
    assert "Undo" in shown(grant, max_)
    assert "Undone: Tea" in text(tap(max_, of_grant(grant, "undo"), redeemed="first"))


def test_who_comes_second_to_undo_hears_of_it_in_the_time_of_the_store() -> None:
    grant = given(cast.ada())
    redeemed_before(grant, MINUTE)
    tap(browser(), of_grant(grant, "undo"), "undo", redeemed="first")
    undone_at = Redemption.objects.get().undone_at
    assert undone_at
    tokyo = cast.store("tokyo", zone="Asia/Tokyo")
    mia = browser(person("mia", "Manager", at=tokyo))
    told = text(tap(mia, of_grant(grant, "undo"), "undo-2", redeemed="first"))
    assert f"Carl undid this already, today at {undone_at.astimezone(ZoneInfo('Asia/Tokyo')):%H:%M}." in told


def test_a_key_that_is_too_long_is_refused_and_not_cut() -> None:
    grant, client = given(cast.ada()), browser()
    for what in ("redeem", "decline"):
        answer = tap(client, of_grant(grant, what), "k" * 65)
        assert answer.status_code == 400
        assert "Nothing was stored." in text(answer)
    assert Grant.objects.get().state == "live"
    assert tap(client, of_grant(grant, "redeem"), "k" * 64).status_code == 200
    assert Redemption.objects.get().request_key == "k" * 64


def test_an_undoing_names_its_redemption() -> None:
    grant = given(cast.ada())
    redeemed_before(grant, MINUTE)
    for other in ("else", "", "\0"):
        assert tap(browser(), of_grant(grant, "undo"), redeemed=other).status_code == 404


def test_an_offer_of_somebody_else_is_not_redeemed_by_a_guessed_address() -> None:
    grant, ben = given(cast.ada()), cast.ben()
    for what in ("redeem", "undo", "decline"):
        path = address(ben, f"offers/{grant.public_id}/{what}/")
        assert tap(browser(), path, redeemed="x").status_code == 404
    assert Grant.objects.get().state == "live"


def test_redeeming_what_a_store_waits_for_closes_the_hand_off() -> None:
    grant, client = given(cast.ada()), browser()
    waiting = agreed(grant.member, grant=grant, now=clock.now(), due_at=clock.now() + MINUTE)
    tap(client, of_grant(grant, "redeem"))
    assert HandOff.objects.get(pk=waiting.pk).reason == "redeemed"
    assert not hand_offs.of_member(grant.member_id)


def test_a_repeated_tap_days_later_still_hears_the_first_answer(monkeypatch: Any) -> None:
    grant, client = given(cast.ada()), browser()
    tap(client, of_grant(grant, "redeem"))
    later = clock.now() + timedelta(days=30)
    monkeypatch.setattr(clock, "now", lambda: later)
    client.force_login(clerk())
    assert "Redeemed: Tea at €10.00." in text(tap(client, of_grant(grant, "redeem")))


def test_what_ended_meanwhile_is_refused_in_the_words_of_the_store() -> None:
    grant, client = given(cast.ada()), browser()
    offers.withdraw([grant.pk], clock.now())
    assert "Tea was withdrawn today at" in text(tap(client, of_grant(grant, "redeem")))
