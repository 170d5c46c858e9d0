"""Whatever closes an offer anywhere closes it on every open counter screen, by one cheap question a second."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from content import offers
from content.models import Grant
from members import clock
from members.models import Member
from members.sql import Sql
from members.vocabulary import Channel
from tests import cast
from tests.channels.counter.till import address, browser, given, text

pytestmark = pytest.mark.django_db


def stamp(client: Client, who: Member) -> str:
    page = client.get(address(who)).content.decode()
    return page.split('"since": "')[1].split('"')[0]


def changed(client: Client, who: Member, since: str) -> bool:
    answer = client.get(address(who, "live/"), {"since": since})
    assert answer.status_code in (200, 204)
    assert answer.status_code == 204 or answer.headers["HX-Trigger-After-Swap"] == "chorale:changed"
    return answer.status_code == 200


def by_purchase(grant: Grant) -> None:
    bought = cast.purchase(grant.member, clock.now(), now=clock.now())
    offers.redeem_by_purchases(Sql("SELECT %(id)s::bigint", {"id": bought.pk}), clock.now())


ENDS = {
    "redeemed by a rep": lambda grant: offers.redeem(
        grant.pk, request_key="x", channel=Channel.DESK, now=clock.now(), who=cast.rep()
    ),
    "redeemed by a purchase": by_purchase,
    "withdrawn": lambda grant: offers.withdraw([grant.pk], clock.now()),
    "declined": lambda grant: offers.decline([grant.pk], clock.now()),
}


@pytest.mark.parametrize("end", ENDS)
def test_an_offer_that_ends_anywhere_closes_on_an_open_screen(end: str) -> None:
    grant, client = given(cast.ada()), browser()
    seen = stamp(client, grant.member)
    assert not changed(client, grant.member, seen)
    ENDS[end](grant)
    assert changed(client, grant.member, seen)
    assert "Redeem €" not in text(client.get(address(grant.member, "present/")))


def test_a_new_offer_appears_and_an_undone_one_comes_back() -> None:
    ada, client = cast.ada(), browser()
    seen = stamp(client, ada)
    grant = given(ada)
    assert changed(client, ada, seen)
    taken = offers.redeem(grant.pk, request_key="x", channel=Channel.COUNTER, now=clock.now(), who=cast.rep())
    seen = stamp(client, ada)
    offers.undo(taken.pk, request_key="y", now=clock.now(), who=cast.rep())
    assert changed(client, ada, seen)
    assert "Redeem €10.00" in text(client.get(address(ada, "present/")))


def test_what_happens_to_others_wakes_nobody() -> None:
    ada, client = cast.ada(), browser()
    seen = stamp(client, ada)
    given(cast.ben())
    assert not changed(client, ada, seen)


def test_a_question_while_nothing_changed_takes_a_handful_of_queries() -> None:
    grant, client = given(cast.ada()), browser()
    seen = stamp(client, grant.member)
    with CaptureQueriesContext(connection) as asked:
        assert not changed(client, grant.member, seen)
    assert len(asked) <= 7, [one["sql"] for one in asked]


def test_a_hidden_tab_does_not_ask() -> None:
    page = browser().get(address(cast.ada())).content.decode()
    assert "every 1s [document.visibilityState" in page


def test_whoever_signed_out_is_led_to_sign_in_instead_of_getting_the_page_into_the_page() -> None:
    ada, client = cast.ada(), browser()
    client.logout()
    answer = client.get(address(ada, "live/"), headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"].startswith("/login/")) == (204, True)


def test_what_a_screen_asks_by_itself_says_so_and_keeps_nobody_signed_in() -> None:
    grant, client = given(cast.ada()), browser()
    for path in ("/counter/", address(grant.member)):
        page = client.get(path).content.decode()
        assert page.count("hx-get=") == page.count("X-Chorale-Timer")
