"""Facts land once, whole, or with a reason why not."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from members import facts, news
from members.models import Event, FactKey, Member, PointsEntry, Purchase, PurchaseLine
from members.staging import FEW
from tests import cast

pytestmark = pytest.mark.django_db

NOW = cast.NOW
SIZES = [1, FEW, FEW + 1, 300]  # below and above the size where rows are copied


def event(member="M-ADA", key="e1", **changes):
    return replace(facts.EventFact(member, NOW, "web", key, "checkout", {"order": 17}), **changes)


def purchase(member="M-ADA", key="p1", **changes):
    lines = (facts.Line("tea-100", 2, Decimal("4.50"), "tea"), facts.Line("mug", 1, Decimal("8.00")))
    return replace(facts.PurchaseFact(member, NOW, "till", key, lines, "EUR"), **changes)


def points(member="M-ADA", key="g1", **changes):
    return replace(facts.PointsFact(member, NOW, "till", key, "earned", 25), **changes)


def counts(recorded):
    return recorded.new, recorded.repeated, len(recorded.rejected)


def reasons(recorded):
    return [reject.reason for reject in recorded.rejected]


def test_a_purchase_is_the_sum_of_its_lines():
    ada = cast.ada()
    assert counts(facts.record([purchase(store=cast.berlin().code)], NOW + cast.HOUR)) == (1, 0, 0)
    kept = Purchase.objects.get()
    assert (kept.member, kept.total, kept.quantity, kept.currency) == (ada, Decimal("17.00"), 3, "EUR")
    assert (kept.happened_at, kept.recorded_at, kept.store) == (NOW, NOW + cast.HOUR, cast.berlin())
    lines = kept.lines.order_by("id").values_list("member_id", "sku", "category", "quantity", "unit_price")
    assert list(lines) == [
        (ada.pk, "tea-100", "tea", 2, Decimal("4.50")),
        (ada.pk, "mug", "", 1, Decimal("8.00")),
    ]


def test_a_return_counts_below_zero():
    cast.ada()
    facts.record([purchase(lines=[facts.Line("mug", -2, Decimal("8.00"))])], NOW)
    assert Purchase.objects.values_list("total", "quantity").get() == (Decimal("-16.00"), -2)


def test_an_event_keeps_its_properties():
    cast.ada()
    told = {
        "order": 17,
        "paid": True,
        "ratio": 0.25,
        "note": "naïve “quotes” \\u0000 \t",
        "list": [1, None, {"x": "y"}],
    }
    facts.record([event(properties=told)], NOW)
    assert Event.objects.get().properties == told


def test_points_are_earned_spent_and_expired():
    cast.ada()
    entries = [
        points(key="1", expires_at=NOW + cast.DAY),
        points(key="2", kind="spent", points=-5),
        points(key="3", kind="expired", points=-20),
    ]
    assert counts(facts.record(entries, NOW)) == (3, 0, 0)
    kept = PointsEntry.objects.order_by("key").values_list("kind", "points", "expires_at")
    assert list(kept) == [("earned", 25, NOW + cast.DAY), ("spent", -5, None), ("expired", -20, None)]


def test_a_member_is_named_by_either_id():
    ada = cast.ada()
    assert counts(facts.record([event(), event(ada.pk, "e2")], NOW)) == (2, 0, 0)
    assert set(Event.objects.values_list("member_id", flat=True)) == {ada.pk}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("make", [event, purchase, points])
def test_the_same_facts_again_change_nothing(make, size):
    cast.ada()
    given_facts = [make(key=str(number)) for number in range(size)]
    assert counts(facts.record(given_facts, NOW)) == (size, 0, 0)
    assert counts(facts.record(reversed(given_facts), NOW + cast.HOUR)) == (0, size, 0)
    assert FactKey.objects.count() == size
    assert PurchaseLine.objects.count() == (2 * size if make is purchase else 0)


def test_a_key_is_of_one_source_and_one_kind():
    cast.ada()
    given_facts = [event(key="1"), points(key="1"), purchase(key="1"), event(key="1", source="app")]
    assert counts(facts.record(given_facts, NOW)) == (4, 0, 0)


@pytest.mark.parametrize("size", SIZES)
def test_a_repeat_within_one_call_lands_once_as_first_given(size):
    cast.ada()
    given_facts = [event(key=str(number), name="first") for number in range(size)]
    given_facts += [event(key=str(number), name="second") for number in range(size)]
    assert counts(facts.record(given_facts, NOW)) == (size, size, 0)
    assert set(Event.objects.values_list("name", flat=True)) == {"first"}


def test_more_than_one_batch_lands_whole(monkeypatch):
    monkeypatch.setattr("members.facts.recording.BATCH", 70)
    cast.ada()
    mixed = [fact for number in range(100) for fact in (event(key=str(number)), purchase(key=str(number)))]
    mixed[150] = event("M-NOBODY", "x")
    recorded = facts.record(iter(mixed), NOW)
    assert counts(recorded) == (199, 0, 1)
    assert recorded.rejected[0].position == 150


def test_an_unknown_member_is_named_and_the_others_land():
    cast.ada()
    recorded = facts.record([event("M-NOBODY", "1"), event(key="2"), event(10**9, "3"), points("m-ada", "4")], NOW)
    assert counts(recorded) == (1, 0, 3)
    assert [reject.position for reject in recorded.rejected] == [0, 2, 3]
    assert "M-NOBODY" in reasons(recorded)[0]
    assert "1000000000" in reasons(recorded)[1]


def test_a_fact_of_an_unknown_member_can_be_handed_in_again_later():
    facts.record([event()], NOW)
    cast.ada()
    assert counts(facts.record([event()], NOW)) == (1, 0, 0)


@pytest.mark.parametrize("size", SIZES)
def test_a_known_purchase_with_another_total_is_no_repeat(size):
    cast.ada()
    known = [purchase(key=str(number)) for number in range(size)]
    facts.record(known, NOW)
    known[-1] = replace(known[-1], lines=[facts.Line("tea-100", 1, Decimal("4.50"))])
    recorded = facts.record([*known, purchase("M-NOBODY", "0")], NOW)
    assert counts(recorded) == (0, size - 1, 2)
    assert [reject.position for reject in recorded.rejected] == [size - 1, size]
    assert "known already, with another total" in reasons(recorded)[0]
    assert Purchase.objects.count() == size


@pytest.mark.parametrize("size", SIZES)
def test_a_known_purchase_of_another_member_is_no_repeat(size):
    cast.ada()
    ben = cast.ben()
    known = [purchase(key=str(number)) for number in range(size)]
    facts.record(known, NOW)
    known[-1] = replace(known[-1], member="M-BEN")
    recorded = facts.record([*known, purchase(ben.pk, "0"), purchase("M-NOBODY", "0")], NOW)
    assert counts(recorded) == (0, size - 1, 3)
    assert [reject.position for reject in recorded.rejected] == [size - 1, size, size + 1]
    assert "of another member" in reasons(recorded)[0]
    assert not Purchase.objects.exclude(member__external_id="M-ADA").exists()


SURROGATE = json.loads('"\\ud800"')


def nested(levels: int) -> Any:
    found: Any = "\\u0000"
    for _ in range(levels):
        found = {"x": found}
    return found


BAD = [
    (event(happened_at=datetime(2026, 3, 10, 12)), "The time is no time with an offset"),  # noqa: DTZ001
    (event(happened_at=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))), "years 1900 to 2199"),
    (event(happened_at=datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-12)))), "years 1900 to 2199"),
    (event(source=""), "The source is missing."),
    (event(key=""), "The key is missing."),
    (event(key=["k"]), "The key is ['k']; write printable characters."),
    (event(key="k" * 129), "The key has 129 characters; 128 are the most."),
    (event(key="a\0b"), "The key is 'a\\x00b'; write printable characters."),
    (event(name="n" * 65), "The event's name has 65 characters"),
    (event(name=SURROGATE), "The event's name is"),
    (event(member=""), "The member is missing."),
    (event(member=None), "The member is missing."),
    (event(member=-1), "There is no member with the id -1."),
    (event(member=2**63), "There is no member with the id 9223372036854775808."),
    (event(properties={"at": NOW}), "The event's properties cannot be written as JSON"),
    (event(properties={"x": float("nan")}), "The event's properties cannot be written as JSON"),
    (event(properties={"x": "a\0b"}), "without NUL characters"),
    (event(properties={"x": SURROGATE}), "The event's properties cannot be written as JSON"),
    (event(properties=nested(5000)), "The event's properties cannot be written as JSON"),
    (event(properties=[1]), "must be a JSON object"),
    (purchase(lines=()), "The purchase has no lines."),
    (purchase(currency="eur"), "There is no currency 'eur'; write one of ISO 4217 in three capitals, such as EUR."),
    (purchase(currency="ERU"), "There is no currency 'ERU'; write one of ISO 4217 in three capitals, such as EUR."),
    (purchase(currency="EURO"), "There is no currency"),
    (purchase(store=7), "There is no store “7”."),
    (purchase(store=["berlin"]), "There is no store “['berlin']”."),
    (purchase(store="nowhere"), "There is no store “nowhere”."),
    (purchase(lines=[facts.Line("mug", 1, Decimal("1.005"))]), "The unit price is '1.005'"),
    (purchase(lines=[facts.Line("mug", 1, Decimal("-1.00"))]), "The unit price is '-1.00'"),
    (purchase(lines=[facts.Line("mug", 1, Decimal("NaN"))]), "The unit price is 'NaN'"),
    (purchase(lines=[facts.Line("mug", 1, Decimal("sNaN"))]), "The unit price is 'sNaN'"),
    (purchase(lines=[facts.Line("mug", 1, Decimal("1E+10"))]), "The unit price is '1E+10'"),
    (purchase(lines=[facts.Line("mug", 1, json.loads("1.5"))]), "The unit price is '1.5'"),
    (purchase(lines=[facts.Line("mug", 2**31, Decimal(1))]), "The quantity is"),
    (purchase(lines=[facts.Line("mug", True, Decimal(1))]), "The quantity is True"),
    (purchase(lines=[facts.Line("mug", 2, Decimal("9999999999.99"))]), "too much to store"),
    (purchase(lines=[facts.Line("s" * 65, 1, Decimal(1))]), "The sku has 65 characters"),
    (points(points=0), "Earned points are 0; write a number above zero."),
    (points(points=2**31), "The number of points is"),
    (points(kind="spent"), "Points spent or expired are written as a number below zero"),
    (points(kind="lost"), "The kind of points is “lost”"),
    (points(expires_at=NOW), "The points expire before they are earned."),
    (points(kind="spent", points=-1, expires_at=NOW + cast.DAY), "without a time to expire"),
]


@pytest.mark.parametrize(("bad", "reason"), BAD, ids=[reason[:40] for _bad, reason in BAD])
def test_what_cannot_be_stored_gets_a_sentence_and_the_others_land(bad, reason):
    cast.ada()
    recorded = facts.record([event(key="good"), bad, purchase(key="good")], NOW)
    assert counts(recorded) == (2, 0, 1)
    assert recorded.rejected[0].position == 1
    assert reason in reasons(recorded)[0]
    assert reasons(recorded)[0].endswith(".")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.tuples(st.text(max_size=130), st.text(max_size=70), st.dictionaries(st.text(), anything)), max_size=5)
)
@pytest.mark.parametrize("size", [0, FEW])
def test_no_text_at_all_breaks_a_batch(size, given_texts):
    Member.objects.get_or_create(external_id="M-ADA", defaults={"recorded_at": NOW})
    Event.objects.all().delete()
    FactKey.objects.all().delete()
    good = [event(key=f"good {number}") for number in range(size)]
    odd = [event(key=key, name=name, properties=told) for key, name, told in given_texts]
    recorded = facts.record([*good, *odd], NOW)
    assert sum(counts(recorded)) == size + len(odd)
    assert Event.objects.count() == recorded.new >= size


@pytest.mark.parametrize("size", SIZES)
def test_news_tells_of_new_facts_by_their_ids_and_of_no_repeats(size):
    ada = cast.ada()
    news.listen("segment:1", ["purchase", "event:checkout", "points"])
    given_facts = [make(key=str(number)) for make in (event, purchase, points) for number in range(size)]
    given_facts.append(event(key="other", name="browse"))
    facts.record(given_facts, NOW)
    told = news.read([ada.shard], NOW)
    for topic, model in (("purchase", Purchase), ("event:checkout", Event), ("points", PointsEntry)):
        known = model.objects.exclude(key="other").values_list("pk", flat=True)
        assert sorted(int(item.reference) for item in told if item.topic == topic) == sorted(known)
    facts.record(given_facts, NOW)
    assert news.read([ada.shard], NOW) == []


@pytest.mark.parametrize(
    ("fact", "field"),
    [
        (event(member="M-NOBODY"), "member"),
        (event(name=""), "name"),
        (event(properties={"x": float("nan")}), "properties"),
        (purchase(store="atlantis"), "store"),
        (purchase(currency="eur"), "currency"),
        (purchase(lines=[]), "lines"),
        (points(points=0), "points"),
        (points(kind="found"), "kind"),
    ],
)
def test_a_reject_names_the_field_that_is_wrong(fact, field):
    cast.ada()
    assert [reject.field for reject in facts.record([fact], NOW).rejected] == [field]


@pytest.mark.parametrize(("levels", "new"), [(20, 1), (21, 0), (400, 0)])
def test_properties_are_nested_only_as_deep_as_every_reader_can_follow(levels, new):
    cast.ada()
    inside: Any = 1
    for level in range(levels - 1):
        inside = [inside] if level % 2 else {"in": inside}
    assert counts(facts.record([event(properties={"in": inside})], NOW)) == (new, 0, 1 - new)
