"""Facts by the API: each lands once, or is rejected for itself with its place, its field and a sentence."""

from datetime import timedelta
from decimal import Decimal

import pytest

from members import clock
from members.consent import in_force
from members.models import Consent, Event, Member, PointsEntry, Purchase
from tests import cast
from tests.callers import caller, refused
from tests.content.at_once import at_once

AT = "2026-03-10T12:00:00+01:00"


def event(key="1", **changes):
    return {"member": "M-ADA", "happened_at": AT, "source": "web", "key": key, "name": "checkout_left", **changes}


def purchase(key="1", **changes):
    line = {"sku": "tea-100", "quantity": 2, "unit_price": "4.50", "category": "tea"}
    fact = {"member": "M-ADA", "happened_at": AT, "source": "till", "key": key, "currency": "EUR", "lines": [line]}
    return {**fact, **changes}


def points(key="1", **changes):
    return {
        "member": "M-ADA",
        "happened_at": AT,
        "source": "till",
        "key": key,
        "kind": "earned",
        "points": 5,
        **changes,
    }


def consent(key="1", **changes):
    said = {"channel": "email", "purpose": "promotional", "granted": True}
    return {"member": "M-ADA", "happened_at": AT, "source": "web", "key": key, **said, **changes}


KINDS = [
    ("events", event, Event),
    ("purchases", purchase, Purchase),
    ("points", points, PointsEntry),
    ("consents", consent, Consent),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "make", "model"), KINDS)
@pytest.mark.parametrize("size", [1, 60])
def test_they_land_once_however_often_they_are_sent(path, make, model, size):
    cast.ada(agreed=())
    by = caller()
    body = {"items": [make(str(number)) for number in range(size)]}
    first, second = by.post(f"{path}/", body), by.post(f"{path}/", body)
    assert (first.status_code, first.data) == (200, {"new": size, "known": 0, "rejected": 0, "errors": []})
    assert (second.status_code, second.data) == (200, {"new": 0, "known": size, "rejected": 0, "errors": []})
    assert model.objects.count() == size


@pytest.mark.django_db
def test_a_purchase_keeps_its_lines_to_the_cent():
    cast.ada()
    cast.berlin()
    lines = [
        {"sku": "tea", "quantity": 3, "unit_price": "0.10"},
        {"sku": "mug", "quantity": -1, "unit_price": "8"},
    ]
    assert caller().post("purchases/", {"items": [purchase(store="berlin", lines=lines)]}).status_code == 200
    kept = Purchase.objects.get()
    assert (kept.total, kept.quantity, kept.store, kept.happened_at) == (
        Decimal("-7.70"),
        2,
        cast.berlin(),
        cast.NOW,
    )
    assert list(kept.lines.order_by("id").values_list("sku", "unit_price")) == [
        ("tea", Decimal("0.10")),
        ("mug", Decimal("8.00")),
    ]


@pytest.mark.django_db
def test_the_good_items_land_and_each_bad_one_gets_its_place_its_fields_and_a_sentence():
    cast.ada()
    items = [
        event("1"),
        event("2", name="", happened_at="2026-03-10T12:00:00"),
        event("3", member="M-NOBODY"),
        "no object",
        event("5", colour="red"),
        event("6"),
        event("7", properties={"x": "\u0000"}),
    ]
    answer = caller().post("events/", {"items": items})
    assert answer.status_code == 207
    assert {name: answer.data[name] for name in ("new", "known", "rejected")} == {"new": 2, "known": 0, "rejected": 5}
    assert [(error["index"], error["field"]) for error in answer.data["errors"]] == [
        (1, "happened_at"),
        (1, "name"),
        (2, "member"),
        (3, ""),
        (4, "colour"),
        (6, "properties"),
    ]
    assert answer.data["errors"][0]["sentence"] == (
        "“happened_at” is 2026-03-10T12:00:00; write a time with its offset, such as 2026-03-10T12:00:00+01:00, "
        "of the years 1900 to 2199."
    )
    assert "There is no field “colour”; known are member," in answer.data["errors"][4]["sentence"]
    assert set(Event.objects.values_list("key", flat=True)) == {"1", "6"}


BAD = [
    (purchase(lines=[]), "lines"),
    (purchase(lines=[{"sku": "a", "quantity": 1, "unit_price": 4.5}]), "lines[0].unit_price"),
    (purchase(lines=[{"sku": "a", "quantity": 1, "unit_price": "4.505"}]), "lines[0].unit_price"),
    (purchase(lines=[{"sku": "a", "quantity": 1, "unit_price": "-1"}]), "lines[0].unit_price"),
    (purchase(lines=[{"sku": "a", "quantity": 1, "unit_price": "1e3"}]), "lines[0].unit_price"),
    (purchase(lines=[{"sku": "a", "quantity": "1", "unit_price": "1"}]), "lines[0].quantity"),
    (purchase(lines=[{"sku": "a", "quantity": True, "unit_price": "1"}]), "lines[0].quantity"),
    (purchase(lines=[{"sku": "a", "quantity": 1.0, "unit_price": "1"}]), "lines[0].quantity"),
    (purchase(lines=[{"sku": "a", "quantity": 10**30, "unit_price": "1"}]), "lines[0].quantity"),
    (purchase(lines=[{"sku": "a", "quantity": 2_000_000_000, "unit_price": "9999999999.99"}]), "lines"),
    (purchase(lines={"sku": "a"}), "lines"),
    (purchase(lines=[{"sku": "a\x00", "quantity": 1, "unit_price": "1"}]), "lines[0].sku"),
    (purchase(store="nowhere"), "store"),
    (purchase(currency="eur"), "currency"),
    (purchase(currency="ERU"), "currency"),
    (purchase(currency=None), "currency"),
    (purchase(key="k" * 129), "key"),
    (purchase(source="chorale"), "source"),
    (purchase(source={}), "source"),
    (purchase(source=["till-7"]), "source"),
    (purchase(happened_at="2026-02-30T12:00:00Z"), "happened_at"),
    (purchase(happened_at="2026-03-10T12:00:60Z"), "happened_at"),
    (purchase(happened_at="0001-01-01T00:00:00+14:00"), "happened_at"),
    (purchase(happened_at="9999-12-31T23:59:59-12:00"), "happened_at"),
    (purchase(happened_at=1773140400), "happened_at"),
    (purchase(member={"id": 7}), "member"),
    (purchase(member=7), "member"),
    (purchase(member="\ud800"), "member"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("item", "field"), BAD)
def test_what_cannot_be_read_is_rejected_at_its_field(item, field):
    cast.ada()
    answer = caller().post("purchases/", {"items": [item]})
    assert (answer.status_code, answer.data["new"], answer.data["rejected"]) == (207, 0, 1)
    assert [error["field"] for error in answer.data["errors"]] == [field]
    assert answer.data["errors"][0]["sentence"].endswith(".")
    assert not Purchase.objects.exists()


@pytest.mark.django_db
def test_a_withdrawal_under_the_key_of_a_grant_is_rejected_and_not_lost():
    cast.ada(agreed=())
    by = caller()
    by.post("consents/", {"items": [consent()]})
    answer = by.post("consents/", {"items": [consent(granted=False), consent("2", granted=False)]})
    assert (answer.status_code, answer.data["new"], answer.data["rejected"]) == (207, 1, 1)
    assert (answer.data["errors"][0]["index"], answer.data["errors"][0]["field"]) == (0, "key")


@pytest.mark.django_db
def test_a_withdrawal_by_a_clock_that_runs_ahead_holds_at_once_and_a_grant_of_next_year_does_not_outlive_it():
    ada, by, ahead = cast.ada(), caller(), timedelta(minutes=5)
    later = [consent("1", happened_at=(clock.now() + 9 * cast.DAY).isoformat())]
    by.post("consents/", {"items": later})
    by.post("consents/", {"items": [consent("2", granted=False, happened_at=(clock.now() + ahead).isoformat())]})
    said = {"channel": "sms", "purpose": "promotional", "granted": False}
    told = {**said, "happened_at": (clock.now() + ahead).isoformat()}
    by.post("members/", {"items": [{"external_id": "M-ADA", "consents": [told]}]})
    holds = {one.channel: one.granted for one in in_force(ada, clock.now()) if one.purpose == "promotional"}
    assert (holds["email"], holds["sms"]) == (False, False)
    assert by.post("consents/", {"items": later}).data["known"] == 1


@pytest.mark.django_db(transaction=True)
def test_sent_by_many_at_once_they_land_once():
    cast.ada()
    by = [caller() for _ in range(4)]
    body = {"items": [purchase(str(number)) for number in range(80)]}
    answers = at_once(4, lambda place: by[place].post("purchases/", body).data)
    assert sum(answer["new"] for answer in answers) == 80
    assert sum(answer["known"] for answer in answers) == 240
    assert Purchase.objects.count() == 80


@pytest.mark.django_db
def test_a_call_takes_5000_items_and_not_one_more():
    cast.ada()
    by = caller()
    items = [event(str(number)) for number in range(5_001)]
    assert by.post("events/", {"items": items[:-1]}).data["new"] == 5_000
    problem = refused(by.post("events/", {"items": items}), 413, "too-large")
    assert problem["detail"] == "The call has 5001 items; 5000 are the most."
    assert Event.objects.count() == 5_000


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "items"),
        ({"items": None}, "items"),
        ({"items": {}}, "items"),
        ([], "items"),
        (7, "items"),
        ({"items": [], "more": 1}, "more"),
    ],
)
def test_a_body_that_holds_no_items_is_refused_as_a_whole(body, field):
    problem = refused(caller().post("events/", body), 422, "invalid")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert "known are none" not in problem["detail"]


@pytest.mark.django_db
def test_a_call_without_items_lands_nothing():
    assert caller().post("events/", {"items": []}).data == {"new": 0, "known": 0, "rejected": 0, "errors": []}


@pytest.mark.django_db
def test_properties_are_kept_as_they_were_sent():
    cast.ada()
    properties = {"note": "naïve “quotes”\n", "deep": [{"x": [1, None, True, 0.25]}]}
    caller().post("events/", {"items": [event(properties=properties)]})
    assert Event.objects.get().properties == properties


@pytest.mark.django_db
def test_a_member_who_stands_in_thousands_of_items_keeps_nobody_waiting():
    items = [{"external_id": "M-NEW", "first_name": f"Name {number}"} for number in range(5_000)]
    answer = caller().post("members/", {"items": items})
    assert (answer.status_code, answer.data["new"], answer.data["changed"]) == (207, 1, 49)
    assert [error["index"] for error in answer.data["errors"]] == list(range(50, 5_000))
    assert Member.objects.get().first_name == "Name 49"
