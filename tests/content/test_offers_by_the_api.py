"""Offers by the API: shown, redeemed once, undone, declined; a request that comes again gets the first answer."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from content import offers
from content.models import Grant, Redemption
from members import clock
from members.models import AuditEntry
from tests import cast
from tests.callers import Caller, caller, owner, refused
from tests.channels.counter.till import given
from tests.content.at_once import at_once

pytestmark = pytest.mark.django_db


def redeem(by: Caller, key: str = "tap-1", **body):
    return by.post("redemptions/", body, Idempotency_Key=key)


@pytest.mark.parametrize("way", ["members/{member}/offers/", "grants/{grant}/", "grants/?code={code}"])
def test_a_program_that_reads_a_members_offers_has_looked_them_up(way):
    ada = cast.ada()
    tea = given(ada)
    answer = caller().get(way.format(member=ada.public_id, grant=tea.public_id, code=tea.code))
    assert answer.status_code == 200
    assert AuditEntry.objects.get(deed="looked_up").object_repr == "M-ADA"


def clerk() -> Caller:
    """A till in Berlin."""
    return caller(by=owner("Store clerk", store=cast.berlin(), first_name="Carl"))


def test_the_offers_that_are_the_members_now_are_shown_with_price_and_code():
    ada = cast.ada()
    tea = given(ada, price="9.90")
    offers.withdraw([given(ada, "mug").pk], clock.now())
    [shown] = caller().get(f"members/{ada.public_id}/offers/").data["items"]
    assert (shown["public_id"], shown["member"], shown["offer"]) == (str(tea.public_id), str(ada.public_id), "tea")
    assert (shown["price"], shown["currency"], shown["state"]) == ("9.90", "EUR", "live")
    assert shown["code"].replace("-", "") == tea.code
    assert caller().get(f"grants/{tea.public_id}/").data == shown
    assert caller().get("grants/", {"code": shown["code"].lower()}).data["items"] == [shown]
    assert caller().get("grants/", {"code": "NOTHING"}).data["items"] == []


@pytest.mark.parametrize("by", ["grant", "code"])
def test_an_offer_is_redeemed_once_and_the_same_request_gets_the_same_answer(by):
    grant, till = given(cast.ada()), clerk()
    named = {"grant": str(grant.public_id)} if by == "grant" else {"code": f"{grant.code[:5]} {grant.code[5:].lower()}"}
    first, again = redeem(till, **named), redeem(till, **named)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.data == again.data
    assert (first.data["store"], first.data["who"], first.data["channel"]) == ("berlin", "Carl", "counter")
    assert (first.data["price"], first.data["request_key"], first.data["undone_at"]) == ("10.00", "tap-1", None)
    assert Redemption.objects.count() == 1
    noted = AuditEntry.objects.get(deed="redeemed")
    assert (noted.actor, noted.token_name, noted.through) == (till.token.user, "tests", "api")


def test_another_request_is_told_who_was_faster_when_and_where():
    grant = given(cast.ada())
    redeem(clerk(), grant=str(grant.public_id))
    answer = redeem(caller(), "tap-2", code=grant.code)
    problem = refused(answer, 409, "already-redeemed")
    assert (problem["who"], problem["where"]) == ("Carl", "Chorale Berlin")
    assert abs(datetime.fromisoformat(problem["when"]) - clock.now()) < timedelta(minutes=1)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_redeems_and_the_others_are_told():
    grant, tills = given(cast.ada()), [caller() for _ in range(4)]
    answers = at_once(4, lambda place: redeem(tills[place], f"tap-{place}", code=grant.code).status_code)
    assert sorted(answers) == [200, 409, 409, 409]
    assert Redemption.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_request_that_comes_many_times_at_once_redeems_once():
    grant, till = given(cast.ada()), caller()
    answers = at_once(4, lambda _place: redeem(Caller(till.text), code=grant.code).data["request_key"])
    assert answers == ["tap-1"] * 4
    assert Redemption.objects.count() == 1


@pytest.mark.parametrize("end", ["withdrawn", "declined", "expired"])
def test_what_is_over_is_not_redeemed(end):
    grant = given(cast.ada())
    if end == "expired":
        Grant.objects.update(validity=(clock.now() - cast.DAY, clock.now()))
    else:
        getattr(offers, "withdraw" if end == "withdrawn" else "decline")([grant.pk], clock.now())
    refused(redeem(caller(), grant=str(grant.public_id)), 409, "conflict")
    assert not Redemption.objects.exists()


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "code"),
        ({"code": "X", "grant": str(uuid4())}, 422, "code"),
        ({"grant": "7"}, 422, "grant"),
        ({"grant": str(uuid4())}, 404, ""),
        ({"code": "NOTHING"}, 404, ""),
        ({"code": "X", "channel": "pigeon"}, 422, "channel"),
        ({"code": "X", "colour": "red"}, 422, "colour"),
        ({"code": "X", "store": "nowhere"}, 422, "store"),
    ],
)
def test_what_cannot_be_meant_is_refused(body, status, field):
    answer = redeem(caller(), **body)
    assert answer.status_code == status, answer.data
    if field:
        assert field in [error["field"] for error in answer.data["errors"]]


@pytest.mark.parametrize("key", ["", " ", "k" * 65, "é", "a b"])
def test_a_request_without_a_good_key_is_refused(key):
    grant = given(cast.ada())
    refused(redeem(caller(), key, code=grant.code), 422, "invalid")
    refused(caller().post("redemptions/", {"code": grant.code}), 422, "invalid")
    assert caller().post("redemptions/", {"code": grant.code, "request_key": "k"}).status_code == 200


def test_a_till_redeems_in_its_own_store_alone():
    grant, till = given(cast.ada()), clerk()
    cast.lisbon()
    assert refused(redeem(till, code=grant.code, store="lisbon"), 422, "invalid")["errors"][0]["field"] == "store"
    assert redeem(till, code=grant.code, store="berlin").status_code == 200


def test_a_slip_is_undone_and_the_same_request_undoes_it_once():
    grant, till = given(cast.ada()), clerk()
    redeem(till, code=grant.code)
    path = f"grants/{grant.public_id}/undo/"
    first, again = (till.post(path, Idempotency_Key="undo-1") for _ in range(2))
    assert (first.status_code, first.data) == (200, again.data)
    assert first.data["undone_at"] is not None
    assert caller().get(f"grants/{grant.public_id}/").data["state"] == "live"
    assert redeem(till, "tap-2", code=grant.code).status_code == 200
    assert till.post(path, Idempotency_Key="undo-1").data == first.data
    assert caller().get(f"grants/{grant.public_id}/").data["state"] == "redeemed"


def test_nothing_and_what_others_redeemed_is_not_undone():
    grant, till = given(cast.ada()), clerk()
    path = f"grants/{grant.public_id}/undo/"
    refused(till.post(path, Idempotency_Key="u"), 409, "conflict")
    redeem(caller(), code=grant.code)
    refused(till.post(path, Idempotency_Key="u"), 409, "conflict")
    refused(till.post(f"grants/{uuid4()}/undo/", Idempotency_Key="u"), 404, "not-found")
    Redemption.objects.update(recorded_at=clock.now() - timedelta(minutes=6), who=till.token.user)
    assert "five minutes" in refused(till.post(path, Idempotency_Key="u"), 409, "conflict")["detail"]


def test_what_is_not_wanted_is_declined_and_told_to_the_history():
    ada = cast.ada()
    grant, by = given(ada), caller(role="Sales rep")
    path = f"grants/{grant.public_id}/decline/"
    first, again = (by.post(path, Idempotency_Key="no-1") for _ in range(2))
    assert (first.status_code, first.data["state"]) == (200, "declined")
    assert again.data == first.data
    assert caller().get(f"members/{ada.public_id}/offers/").data["items"] == []
    outcomes = [item["outcome"] for item in caller().get(f"members/{ada.public_id}/timeline/").data["items"]]
    assert outcomes.count("not_interested") == 1
    other = given(ada, "mug")
    redeem(caller(), code=other.code)
    refused(by.post(f"grants/{other.public_id}/decline/", Idempotency_Key="no-2"), 409, "conflict")


def test_a_rep_sees_offers_and_redeems_none():
    grant, rep = given(cast.ada()), caller(role="Sales rep")
    assert rep.get(f"grants/{grant.public_id}/").status_code == 200
    refused(redeem(rep, code=grant.code), 403, "not-allowed")
    assert not Redemption.objects.exists()


@pytest.mark.parametrize("key", ["k" * 65, "k" * 10_000, "two words", "k\u00e9", ""])
def test_a_key_that_cannot_be_kept_is_refused_wherever_it_stands(key):
    grant, by = given(cast.ada()), caller()
    said = {"code": grant.code, "request_key": key}
    for path in ("redemptions/", f"grants/{grant.public_id}/undo/", f"grants/{grant.public_id}/decline/"):
        wanted = said if path == "redemptions/" else {"request_key": key}
        [fault] = refused(by.post(path, wanted), 422, "invalid")["errors"]
        assert (fault["field"], "1 to 64" in fault["sentence"]) == ("request_key", True)
    if key.isascii() and key:
        refused(by.post("redemptions/", {"code": grant.code}, Idempotency_Key=key), 422, "invalid")
    assert caller().post("redemptions/", {"code": grant.code}, Idempotency_Key="k" * 64).status_code == 200
