"""Receipts: each is taken in once, settles its message where it still can, and becomes a touchpoint and a fact."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from channels import happenings, receipts
from channels.base import UNDATED, ReceiptEvent, ReceiptKind
from channels.models import Message, MessageCount, Receipt, Sender
from channels.receipts import Accepted
from channels.vocabulary import State
from members import news
from members.models import Event, News, Suppression, Touchpoint
from tests import cast
from tests.cast import HOUR, NOW
from tests.channels import deliveries, outbox
from tests.channels.departed import message, receipt

DELIVERED, FAILED, BOUNCED, COMPLAINED = (
    ReceiptKind.DELIVERED,
    ReceiptKind.FAILED,
    ReceiptKind.BOUNCED,
    ReceiptKind.COMPLAINED,
)
LATER = NOW + HOUR

pytestmark = pytest.mark.django_db


@pytest.fixture
def sms(db: None) -> Sender:
    return outbox.sender("sms")


def accept(sender: Sender, *events: ReceiptEvent) -> Accepted:
    return receipts.accept(sender, events, LATER)


def counts() -> dict[str, int]:
    found: dict[str, int] = {}
    for state, number in MessageCount.objects.values_list("state", "count"):
        found[state] = found.get(state, 0) + number
    return found


def test_a_receipt_without_a_date_happened_when_it_came_in(sms: Sender) -> None:
    sent = message(cast.ada(), sms)
    assert accept(sms, receipt(BOUNCED, sent, UNDATED)) == Accepted(new=1)
    sent.refresh_from_db()
    assert (sent.state, sent.ended_at) == ("failed", LATER)
    assert Receipt.objects.get().happened_at == Touchpoint.objects.get().happened_at == LATER


def test_a_delivery_settles_its_message_and_is_a_touchpoint_a_fact_and_a_count(sms: Sender) -> None:
    ada = cast.ada()
    grant = deliveries.granted(ada)
    sent = message(ada, sms, grant=grant, price=grant.price, currency=grant.currency)
    told = receipt(DELIVERED, sent, NOW + HOUR / 2, carrier_id="c1", payload={"type": "1"})
    assert accept(sms, told) == Accepted(new=1)

    sent.refresh_from_db()
    assert (sent.state, sent.reason, sent.carrier_id, sent.ended_at) == ("delivered", "", "c1", NOW + HOUR / 2)
    assert counts() == {"delivered": 1}
    point = Touchpoint.objects.get()
    assert (point.member, point.kind, point.direction, point.channel) == (ada, "delivered", "in", "sms")
    assert (point.happened_at, point.recorded_at) == (NOW + HOUR / 2, LATER)
    assert (point.journey_id, point.journey_name, point.content_name) == (7, "Win back", "Hello")
    assert (point.offer_name, point.grant_id, point.price) == ("Tea at ten", grant.pk, Decimal("10.00"))
    event = Event.objects.get(name="message.delivered")
    assert (event.member, event.source, event.happened_at) == (ada, "channels", NOW + HOUR / 2)
    assert event.properties == {
        "message": str(sent.public_id),
        "journey": "Win back",
        "step": "mail",
        "content": "Hello",
        "offer": "Tea at ten",
        "channel": "sms",
    }
    kept = Receipt.objects.get()
    assert (kept.message, kept.kind, kept.payload) == (sent, "delivered", {"type": "1"})


def test_the_same_receipt_again_changes_nothing(sms: Sender) -> None:
    sent = message(cast.ada(), sms)
    told = receipt(DELIVERED, sent)
    accept(sms, told)
    assert accept(sms, told) == Accepted(repeated=1)
    assert accept(sms, told, told) == Accepted(repeated=2)
    assert (Touchpoint.objects.count(), Event.objects.count(), counts()) == (1, 1, {"delivered": 1})


def test_the_same_receipt_twice_in_one_call_counts_once(sms: Sender) -> None:
    told = receipt(DELIVERED, message(cast.ada(), sms))
    assert accept(sms, told, told) == Accepted(new=1, repeated=1)
    assert Touchpoint.objects.count() == 1


@pytest.mark.parametrize(
    ("state", "kind", "becomes", "reason"),
    [
        ("sent", DELIVERED, "delivered", ""),
        ("handed", DELIVERED, "delivered", ""),
        ("unconfirmed", DELIVERED, "delivered", ""),
        ("sent", FAILED, "failed", "bounced"),
        ("handed", BOUNCED, "failed", "bounced"),
        ("unconfirmed", FAILED, "failed", "bounced"),
        ("delivered", FAILED, "failed", "bounced"),
        ("failed", DELIVERED, "failed", "bounced"),
        ("refused", DELIVERED, "refused", "carrier_refused"),
        ("delivered", COMPLAINED, "delivered", ""),
        ("queued", FAILED, "queued", ""),
        ("claimed", FAILED, "claimed", ""),
    ],
)
def test_what_a_receipt_makes_of_a_state(sms: Sender, state: str, kind: ReceiptKind, becomes: str, reason: str) -> None:
    sent = message(cast.ada(), sms, state=state)
    accept(sms, receipt(kind, sent))
    assert deliveries.states(sent) == [(becomes, reason)]
    if becomes == state:
        assert counts() == {}


def test_a_message_that_never_left_is_not_delivered(sms: Sender) -> None:
    waiting = message(cast.ada(), sms, state=State.QUEUED, handed_at=None, sent_at=None)
    accept(sms, receipt(DELIVERED, waiting))
    assert deliveries.states(waiting) == [("queued", "")]


def test_a_message_that_is_tried_again_although_it_arrived_does_not_leave_twice(sms: Sender) -> None:
    waiting = message(cast.ada(), sms, state=State.QUEUED, sent_at=None)
    accept(sms, receipt(DELIVERED, waiting, LATER))
    waiting.refresh_from_db()
    assert (waiting.state, waiting.sent_at) == ("delivered", NOW)
    assert counts() == {"sent": 1, "delivered": 1}
    kinds = Touchpoint.objects.order_by("id").values_list("direction", "kind")
    assert list(kinds) == [("out", "message"), ("in", "delivered")]
    assert [event.name for event in Event.objects.all()] == ["message.delivered"]


def test_a_receipt_that_overtakes_the_answer_leaves_the_departure_to_the_worker(sms: Sender) -> None:
    handed = message(cast.ada(), sms, state=State.HANDED)
    accept(sms, receipt(DELIVERED, handed))
    token = handed.lease_token
    handed.refresh_from_db()
    assert (handed.state, handed.lease_token, handed.sent_at) == ("delivered", token, None)
    assert counts() == {"delivered": 1}


def test_every_attempt_in_vain_and_yet_delivered_is_delivered(sms: Sender) -> None:
    given_up = message(cast.ada(), sms, state=State.FAILED, reason="carrier_failed", sent_at=None)
    accept(sms, receipt(DELIVERED, given_up))
    assert deliveries.states(given_up) == [("delivered", "")]


def test_a_failure_wins_over_a_delivery_in_one_call(sms: Sender) -> None:
    sent = message(cast.ada(), sms)
    accept(sms, receipt(BOUNCED, sent, text="550 unknown"), receipt(DELIVERED, sent, LATER))
    sent.refresh_from_db()
    assert (sent.state, sent.reason, sent.words) == ("failed", "bounced", "550 unknown")


def test_a_message_is_found_by_the_carrier_s_id(sms: Sender) -> None:
    sent = message(cast.ada(), sms, carrier_id="abc")
    assert accept(sms, receipt(DELIVERED, carrier_id="abc")) == Accepted(new=1)
    assert deliveries.states(sent) == [("delivered", "")]


def test_a_sender_tells_nothing_about_messages_of_another_one(sms: Sender) -> None:
    other = outbox.sender("sms")
    sent = message(cast.ada(), sms, carrier_id="abc")
    assert accept(other, receipt(DELIVERED, sent), receipt(FAILED, carrier_id="abc")) == Accepted(unknown=2)
    assert deliveries.states(sent) == [("sent", "")]


def test_a_receipt_about_a_test_settles_it_and_tells_nothing_of_the_member_in_it(sms: Sender) -> None:
    trial = message(cast.ada(), sms, origin_kind="test", address="+4915550177777", carrier_id="t")
    reply = receipt(ReceiptKind.REPLIED, carrier_id="t", address="+4915550177777", text="STOP")
    assert accept(sms, receipt(DELIVERED, trial), reply) == Accepted(unknown=2)
    assert deliveries.states(trial) == [("delivered", "")]
    assert not Touchpoint.objects.exists()
    assert not Event.objects.exists()


def test_what_concerns_nobody_is_kept_and_counted_as_unknown(sms: Sender) -> None:
    strange = [receipt(DELIVERED, message_key=str(uuid4())), receipt(DELIVERED, message_key="not a key")]
    assert accept(sms, *strange) == Accepted(unknown=2)
    assert accept(sms, *strange) == Accepted(repeated=2)
    assert Receipt.objects.filter(message=None).count() == 2
    assert not Touchpoint.objects.exists()


def test_a_bounce_suppresses_the_address_and_a_failure_does_not() -> None:
    mail = outbox.sender("email")
    ada, ben = cast.ada(), cast.ben()
    accept(mail, receipt(BOUNCED, message(ada, mail), text="user unknown"), receipt(FAILED, message(ben, mail)))
    suppression = Suppression.objects.get()
    assert (suppression.channel, suppression.address) == ("email", "ada@example.com")
    assert "user unknown" in suppression.reason
    outcomes = Touchpoint.objects.order_by("member_id").values_list("kind", "outcome", "text")
    assert list(outcomes) == [("failed", "bounced", "user unknown"), ("failed", "", "")]


def test_a_complaint_suppresses_and_is_told_but_the_message_stays_delivered() -> None:
    mail = outbox.sender("email")
    sent = message(cast.ada(), mail, state=State.DELIVERED)
    accept(mail, receipt(COMPLAINED, sent))
    assert deliveries.states(sent) == [("delivered", "")]
    assert Suppression.objects.filter(address="ada@example.com").exists()
    assert [point.kind for point in Touchpoint.objects.all()] == ["complained"]
    assert [event.name for event in Event.objects.all()] == ["message.complained"]


def test_a_bounce_that_names_no_message_concerns_the_address_alone() -> None:
    chat = outbox.sender("chat")
    ada = cast.ada()
    sent = message(ada, chat)
    assert accept(chat, receipt(BOUNCED, address="1001")) == Accepted(new=1)
    assert deliveries.states(sent) == [("sent", "")]
    assert Suppression.objects.filter(channel="chat", address="1001").exists()
    assert Touchpoint.objects.get().member == ada


def test_an_address_in_the_carrier_s_notation_is_ours() -> None:
    mail = outbox.sender("email")
    cast.ada()
    accept(mail, receipt(BOUNCED, address="Ada@Example.COM"), receipt(BOUNCED, address="no address at all"))
    assert [row.address for row in Suppression.objects.all()] == ["ada@example.com"]


def test_nothing_happens_later_than_now(sms: Sender) -> None:
    accept(sms, receipt(DELIVERED, message(cast.ada(), sms), LATER + timedelta(days=1)))
    assert Touchpoint.objects.get().happened_at == LATER
    assert Event.objects.get().happened_at == LATER
    assert Receipt.objects.get().happened_at == LATER
    assert Message.objects.get().ended_at == LATER


def test_words_that_postgresql_cannot_store_do_not_stop_a_receipt(sms: Sender) -> None:
    sent = message(cast.ada(), sms)
    odd = {"a\0": "b\0", "half": "\ud83d", "literal": "\\u0000", "deep": [{"far": float("inf")}]}
    accept(sms, receipt(FAILED, sent, key="k\0\ud83d", carrier_id="\0", text="bad\0byte" * 200, payload=odd))
    sent.refresh_from_db()
    assert sent.words.startswith("badbyte")
    assert len(sent.words) == 500
    assert Receipt.objects.get().payload == {"a": "b", "half": "?", "literal": "\\u0000", "deep": [{"far": "inf"}]}


@given(
    text=st.text(st.characters()),
    payload=st.recursive(st.none() | st.booleans() | st.floats() | st.text(st.characters()), st.lists, max_leaves=5),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_carrier_says_is_taken_in(sms: Sender, text: str, payload: object) -> None:
    told = receipt(ReceiptKind.REPLIED, address="+4915550100001", text=text, carrier_id=text, payload={text: payload})
    assert accept(sms, told) == Accepted(unknown=1)
    assert accept(sms, told) == Accepted(repeated=1)


def test_receipts_are_news_where_somebody_listens(sms: Sender) -> None:
    ada = cast.ada()
    news.listen("journey:1", ["event:message.delivered", "touchpoint:delivered", "consent"])
    accept(sms, receipt(DELIVERED, message(ada, sms)))
    assert set(News.objects.values_list("member_id", "topic")) == {
        (ada.pk, "event:message.delivered"),
        (ada.pk, "touchpoint:delivered"),
    }


def test_all_of_a_call_is_taken_in_or_nothing(sms: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = message(cast.ada(), sms)

    def broken(*_arguments: object) -> int:
        raise RuntimeError("the database went away")

    monkeypatch.setattr(happenings, "tell", broken)
    with pytest.raises(RuntimeError):
        accept(sms, receipt(BOUNCED, sent))
    monkeypatch.undo()
    assert deliveries.states(sent) == [("sent", "")]
    assert (Receipt.objects.count(), Suppression.objects.count(), counts()) == (0, 0, {})


def test_many_receipts_take_as_many_statements_as_a_few(
    sms: Sender, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    told = [
        receipt(DELIVERED, message(who, sms))
        for who in cast.crowd(120, sms="", email="")
        if cast.identity(who, "sms", f"+4915550{who.pk:06}")
    ]
    with django_assert_max_num_queries(15):
        assert accept(sms, *told) == Accepted(new=120)
    assert counts() == {"delivered": 120}


@pytest.mark.django_db(transaction=True)
def test_the_same_receipt_from_two_connections_counts_once() -> None:
    sender = outbox.sender("sms")
    told = [receipt(DELIVERED, message(cast.ada(), sender)), receipt(DELIVERED, message(cast.chidi(), sender))]
    gate = Barrier(2)

    def call(events: list[ReceiptEvent]) -> Accepted:
        gate.wait(timeout=10)
        try:
            return receipts.accept(sender, events, LATER)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(call, [told, told[::-1]]))
    assert sorted(found, key=lambda accepted: accepted.new) == [Accepted(repeated=2), Accepted(new=2)]
    assert Touchpoint.objects.count() == 2
