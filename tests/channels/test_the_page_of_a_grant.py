"""The page of a grant: for whom it was promised to, as it stands now, with a QR code that is drawn anew."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from content import offers
from content.models import Grant
from content.offers import addresses, codes
from members import clock
from members.vocabulary import Channel
from tests import cast
from tests.content.promises import granted, offer

pytestmark = pytest.mark.django_db


def path(grant: Grant) -> str:
    return urlsplit(addresses.page_url(grant.public_id)).path


def page(grant: Grant) -> Any:
    return Client().get(path(grant))


def given(**fields: Any) -> Grant:
    now = clock.now()
    [grant] = granted(offer(name="Tea for two", terms="One cup each.", **fields), cast.ada(), now=now)
    return grant


def test_it_shows_the_offer_at_the_price_that_was_promised_with_its_codes() -> None:
    grant = given()

    answer = page(grant)

    text = answer.content.decode()
    assert answer.status_code == 200
    picture = f"{path(grant)}code.png"
    for shown in ("Tea for two", "€10.00", "€15.00", codes.shown(grant.code), "One cup each.", picture):
        assert shown in text, shown
    assert "Berg" not in text  # whoever the address was passed on to learns no name
    assert "no-store" in answer.headers["Cache-Control"]


def test_its_picture_is_drawn_anew_and_never_kept() -> None:
    grant = given()

    answer = Client().get(path(grant) + "code.png")

    assert answer.content.startswith(b"\x89PNG")
    assert (answer.headers["Content-Type"], "no-store" in answer.headers["Cache-Control"]) == ("image/png", True)


def test_a_grant_that_ended_shows_how_and_has_no_code_any_more() -> None:
    grant = given()
    offers.redeem(grant.pk, request_key="tap", channel=Channel.COUNTER, now=clock.now())

    text = page(grant).content.decode()

    assert "This offer has been taken." in text
    assert codes.shown(grant.code) not in text
    assert Client().get(path(grant) + "code.png").status_code == 404


def test_an_open_page_learns_within_a_second_that_the_offer_was_taken_and_that_it_was_undone() -> None:
    grant, now, rosa = given(), clock.now(), cast.rep()
    asking = path(grant)
    assert "fetch(`?since=${shown.dataset.state}`)" in page(grant).content.decode()
    assert Client().get(asking, {"since": "live"}).status_code == 204
    taken = offers.redeem(grant.pk, request_key="r", channel=Channel.COUNTER, now=now, who=rosa)
    told = Client().get(asking, {"since": "live"})
    assert (told.status_code, 'data-state="redeemed"' in told.content.decode()) == (200, True)
    assert Client().get(asking, {"since": "redeemed"}).status_code == 204
    offers.undo(taken.pk, request_key="u", now=now, who=rosa)
    assert 'data-state="live"' in Client().get(asking, {"since": "redeemed"}).content.decode()


def test_a_grant_whose_time_is_over_is_over_before_anybody_booked_it() -> None:
    [grant] = granted(offer(valid_days=1), cast.ada(), now=clock.now() - timedelta(days=2))

    assert "This offer is over." in page(grant).content.decode()
    assert Client().get(path(grant) + "code.png").status_code == 404


@pytest.mark.parametrize("token", ["sample", "x", "A" * 38, "00000000-0000-4000-8000-000000000000"])
def test_an_address_that_was_not_made_here_leads_nowhere(token: str) -> None:
    assert Client().get(f"/o/{token}/").status_code == 404
    assert Client().get(f"/o/{token}/code.png").status_code == 404


def test_the_id_of_a_grant_alone_opens_nothing() -> None:
    grant = given()
    assert Client().get(f"/o/{grant.public_id}/").status_code == 404
