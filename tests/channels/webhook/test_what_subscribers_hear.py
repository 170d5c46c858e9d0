"""What subscribers hear of messages and grants: each change once, in the transaction that makes it, as it was then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from channels import claims, clicks, delivery, messages, receipts, subscriptions
from channels.base import ReceiptKind
from channels.models import Message, MessageCount, Sender
from channels.vocabulary import Reason
from channels.webhook.events import Event
from content import offers
from content.models import Grant, Variant
from content.offers import grant_cohort
from members.models import Event as Fact
from members.models import Member, News, Touchpoint
from members.sql import Sql
from members.vocabulary import Channel
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.channels import departed, outbox
from tests.channels.deliveries import AGAIN, REFUSED, SENT, UNKNOWN, Script, granted, message, sender
from tests.channels.webhook.receiver import Receiver, subscription, webhooks

pytestmark = pytest.mark.django_db
ALL = Event.values
ADA = "ada@example.com"


def heard(**wanted: Any) -> list[str]:
    """The types of what subscribers hear, in the order in which it was queued."""
    return [one.payload["type"] for one in webhooks(**wanted) if one.payload]


def data(event: str) -> dict[str, Any]:
    """The data of the one event of a type."""
    [found] = [one.payload for one in webhooks() if one.payload and one.payload["type"] == event]
    return dict(found["data"])


@pytest.fixture
def shop() -> Sender:
    """Somebody who wants to hear of everything."""
    return subscription("http://127.0.0.1:9999/hooks", *ALL)


# Messages -------------------------------------------------------------------------------------------------------------


def test_a_message_that_is_queued_sent_delivered_and_clicked_is_told_of_four_times(
    script: Script, shop: Sender
) -> None:
    carrier, ada = sender(), cast.ada()
    sent = message(ada)
    delivery.deliver(carrier, NOW)
    for _again in range(2):
        receipts.accept(carrier, [departed.receipt(ReceiptKind.DELIVERED, sent)], NOW + HOUR)
        clicks.count(sent.pk, "https://shop.example/", NOW + HOUR)
        clicks.count(sent.pk, "https://shop.example/other", NOW + HOUR)
    assert heard() == ["message.queued", "message.sent", "message.delivered", "message.clicked"]
    assert data("message.sent") == {
        "member": str(ada.public_id),
        "external_id": "M-ADA",
        "message": str(sent.public_id),
        "channel": "email",
        "purpose": "promotional",
        "origin": "enrollment",
        "reason": "",
        "journey_name": "First",
        "step": "mail",
        "content": "hello",
        "grant": None,
        "planned_at": NOW.isoformat(),
    }


def test_a_payload_names_no_address_and_quotes_nobody(script: Script, shop: Sender) -> None:
    carrier = sender()
    message(cast.ada())
    script.will(ADA, replace(REFUSED, words="550 <ada@example.com> is unknown here"))
    delivery.deliver(carrier, NOW)
    assert heard() == ["message.queued", "message.refused"]
    told = " ".join(str(one.payload) for one in webhooks())
    assert not any(word in told for word in ("ada@example.com", "unknown here", "Ada", "Berg", "Hello"))


@pytest.mark.parametrize(
    ("deed", "events", "reason"),
    [
        (REFUSED, ["message.refused"], "carrier_refused"),
        (UNKNOWN, ["message.unconfirmed"], "fate_unknown"),
        (AGAIN, [], ""),
    ],
)
def test_each_end_of_an_attempt_is_told_with_its_reason_and_another_attempt_is_no_news(
    script: Script, shop: Sender, deed: Any, events: list[str], reason: str
) -> None:
    carrier = sender()
    message(cast.ada())
    script.will(ADA, deed)
    delivery.deliver(carrier, NOW)
    assert heard() == ["message.queued", *events]
    assert all(data(event)["reason"] == reason for event in events)


def test_a_bounce_and_a_receipt_that_overtakes_its_answer_are_told_once_each(script: Script, shop: Sender) -> None:
    carrier = sender()
    sent = message(cast.ada())
    told = departed.receipt(ReceiptKind.FAILED, sent)

    def overtaken() -> Any:
        receipts.accept(carrier, [told, replace(told, key="again")], NOW)
        return SENT

    script.will(ADA, overtaken)
    delivery.deliver(carrier, NOW)
    assert sorted(heard()) == ["message.failed", "message.queued", "message.sent"]
    assert (data("message.failed")["reason"], data("message.sent")["reason"]) == ("bounced", "")


def test_a_message_that_left_unnoticed_is_told_of_as_sent_and_delivered(script: Script, shop: Sender) -> None:
    carrier = sender()
    sent = message(cast.ada())
    script.will(ADA, AGAIN)
    delivery.deliver(carrier, NOW)
    receipts.accept(carrier, [departed.receipt(ReceiptKind.DELIVERED, sent)], NOW)
    assert sorted(heard()) == ["message.delivered", "message.queued", "message.sent"]


def test_however_a_message_is_cancelled_it_is_told_once_with_the_reason(script: Script, shop: Sender) -> None:
    carrier, [one, two, three, four, five, six] = sender(), cast.crowd(6)
    message(one, origin_id=1, expires_at=NOW + HOUR)
    by_hand = message(two, origin_id=2)
    message(three, origin_id=3)
    grant = granted(four)
    message(four, origin_id=4, offer_id=grant.offer_id)
    cast.consent(five, "email", granted=False, at=NOW)
    message(six, outbox.content("broken", ("email",)), origin_id=6)
    message(six, outbox.content("later", ("email",)), origin_id=7, journey_id=9)
    Variant.objects.filter(content__key="broken").delete()
    messages.cancel_by_hand(by_hand.pk, NOW)
    origins = Sql("SELECT %(m)s::bigint AS member_id, 3::bigint AS origin_id", {"m": three.pk})
    messages.cancel(origins, Reason.ENDED, NOW)
    offers.decline([grant.pk], NOW)
    cast.consent(six, "email", granted=False, at=NOW)
    delivery.deliver(carrier, NOW)
    message(one, origin_id=8, expires_at=NOW + HOUR)
    delivery.expire(NOW + 2 * HOUR)
    told = [one.payload or {} for one in webhooks()]
    cancelled = [each["data"]["reason"] for each in told if each["type"] == "message.cancelled"]
    assert sorted(cancelled) == ["by_hand", "ended", "expired", "grant_closed", "no_consent", "not_rendered"]
    assert len(cancelled) == Message.objects.filter(state="cancelled").count()


def test_a_grant_that_dies_before_the_claim_is_told_of_by_the_claim(script: Script, shop: Sender) -> None:
    carrier, ada = sender(), cast.ada()
    grant = granted(ada, valid_days=1)
    message(ada, offer_id=grant.offer_id, expires_at=NOW + 3 * DAY)
    assert claims.claim(carrier, NOW + 2 * DAY, 10).cancelled == 1
    assert data("message.cancelled")["reason"] == "grant_closed"
    assert data("message.cancelled")["grant"] == str(grant.public_id)


def test_a_dead_workers_window_is_told_of_as_unconfirmed(script: Script, shop: Sender) -> None:
    carrier = sender()
    departed.message(cast.ada(), carrier, state="handed", lease_until=NOW)
    delivery.recover(NOW + HOUR)
    assert heard() == ["message.unconfirmed"]


def test_nothing_is_told_of_tests_and_nothing_of_webhooks(script: Script, receiver: Receiver) -> None:
    shop, carrier, ada = subscription(receiver.url, *ALL), sender(), cast.ada()
    departed.message(ada, carrier, origin_kind="test", state="handed", lease_until=NOW)
    delivery.recover(NOW + HOUR)
    assert heard() == []
    receiver.usual = 500
    message(ada)
    for hour in range(100):
        delivery.deliver(shop, NOW + hour * HOUR)
    delivery.expire(NOW + 7 * DAY)
    assert heard() == ["message.queued", "message.cancelled"]


# Grants ---------------------------------------------------------------------------------------------------------------


def test_a_grant_that_is_redeemed_undone_redeemed_again_and_undone_is_told_of_each_time(shop: Sender) -> None:
    clerk, ada = cast.clerk(), cast.ada()
    grant = granted(ada)
    for number in range(2):
        asked: dict[str, Any] = {"request_key": f"tap-{number}", "channel": Channel.COUNTER}
        asked |= {"who": clerk, "store": cast.berlin()}
        at = NOW + number * timedelta(minutes=1)
        redeemed = offers.redeem(grant.pk, now=at, **asked)
        assert offers.redeem(grant.pk, now=at, **asked) == redeemed
        offers.undo(redeemed.pk, request_key=f"undo-{number}", now=at, who=clerk)
        offers.undo(redeemed.pk, request_key=f"undo-{number}", now=at, who=clerk)
    assert heard() == ["grant.granted", *["grant.redeemed", "grant.undone"] * 2]
    assert data("grant.granted") == {
        "member": str(ada.public_id),
        "external_id": "M-ADA",
        "grant": str(grant.public_id),
        "offer": "tea-10",
        "state": "live",
        "price": "10.00",
        "currency": "EUR",
        "valid_from": NOW.isoformat(),
        "valid_until": (NOW + 14 * DAY).isoformat(),
    }
    [first, undone, *_others] = [one.payload or {} for one in webhooks()[1:]]
    store = {"redeemed_at": NOW.isoformat(), "channel": "counter", "store": "berlin"}
    assert first["data"] == {**data("grant.granted"), **store, "state": "redeemed"}
    assert undone["data"] == {**first["data"], "state": "live"}


def test_the_code_of_a_grant_is_told_to_nobody(shop: Sender) -> None:
    grant = granted(cast.ada())
    offers.decline([grant.pk], NOW)
    assert grant.code not in str([one.payload for one in webhooks()])


def test_each_end_of_a_grant_is_told_once(shop: Sender) -> None:
    first, second, third = (granted(who, key=f"offer-{who.pk}", valid_days=1) for who in cast.crowd(3))
    for _again in range(2):
        offers.withdraw([first.pk], NOW)
        offers.decline([second.pk], NOW)
        offers.expire(NOW + 2 * DAY)
    assert heard() == [*["grant.granted"] * 3, "grant.withdrawn", "grant.declined", "grant.expired"]
    assert data("grant.expired")["grant"] == str(third.public_id)


def test_undoing_after_the_time_was_over_tells_that_the_grant_has_expired(shop: Sender) -> None:
    clerk, grant = cast.clerk(), granted(cast.ada(), valid_days=1)
    last = NOW + DAY - timedelta(minutes=1)
    redeemed = offers.redeem(grant.pk, request_key="tap", channel=Channel.COUNTER, now=last, who=clerk)
    offers.undo(redeemed.pk, request_key="undo", now=last + timedelta(minutes=2), who=clerk)
    assert (data("grant.undone")["state"], "grant.expired" in heard()) == ("expired", False)


def test_a_decision_that_is_repeated_grants_nothing_and_tells_nothing(shop: Sender) -> None:
    grant = granted(cast.ada())
    origin = "'enrollment'::text AS origin_kind, 1::bigint AS origin_id, 'grant'::text AS step_key, 1 AS visit"
    grant_cohort(grant.offer, Sql(f"SELECT %(m)s::bigint AS member_id, {origin}", {"m": grant.member_id}), NOW)
    assert heard() == ["grant.granted"]


# Once, or not at all --------------------------------------------------------------------------------------------------


def test_a_change_that_is_undone_was_never_told(shop: Sender) -> None:
    grant = granted(cast.ada())
    with transaction.atomic():
        offers.redeem(grant.pk, request_key="tap", channel=Channel.COUNTER, now=NOW)
        assert "grant.redeemed" in heard()
        transaction.set_rollback(True)
    assert heard() == ["grant.granted"]
    offers.redeem(grant.pk, request_key="tap", channel=Channel.COUNTER, now=NOW)
    assert heard() == ["grant.granted", "grant.redeemed"]


def test_two_quick_changes_stay_two_and_each_says_how_things_stood_then(receiver: Receiver) -> None:
    shop, grant = subscription(receiver.url, "grant.redeemed", "grant.undone"), granted(cast.ada())
    clerk = cast.clerk()
    redeemed = offers.redeem(grant.pk, request_key="tap", channel=Channel.COUNTER, now=NOW, who=clerk)
    offers.undo(redeemed.pk, request_key="undo", now=NOW, who=clerk)
    delivery.deliver(shop, NOW)
    assert receiver.types() == ["grant.redeemed", "grant.undone"]
    assert (receiver.of("grant.redeemed")["state"], receiver.of("grant.undone")["state"]) == ("redeemed", "live")


def test_each_subscription_hears_what_it_asked_for_under_an_id_of_its_own() -> None:
    first = subscription("http://127.0.0.1:9999/a", "grant.redeemed", "grant.granted")
    second = subscription("http://127.0.0.1:9999/b", "grant.granted")
    off = subscription("http://127.0.0.1:9999/c", *ALL)
    Sender.objects.filter(pk=off.pk).update(active=False)
    grant = granted(cast.ada())
    offers.redeem(grant.pk, request_key="tap", channel=Channel.COUNTER, now=NOW)
    assert heard(sender=first) == ["grant.granted", "grant.redeemed"]
    assert heard(sender=second) == ["grant.granted"]
    assert heard(sender=off) == []
    assert len({one.public_id for one in webhooks()}) == 3


def test_nobody_listening_leaves_nothing_behind_and_costs_one_look(script: Script) -> None:
    carrier, ada = sender(), cast.ada()
    subscription("http://127.0.0.1:9999/hooks", "enrollment.ended")
    for who in [ada, *cast.crowd(25)]:
        message(who)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        delivery.deliver(carrier, NOW)
    looks = [query for query in asked.captured_queries if "?|" in query["sql"]]
    assert len(looks) == 2  # two windows were settled
    assert webhooks() == []
    assert Sender.objects.count() == 2


# No contact -----------------------------------------------------------------------------------------------------------


def test_a_webhook_is_no_contact_for_anybody(script: Script, receiver: Receiver) -> None:
    outbox.at_most(1, 7)
    shop, carrier, ada = subscription(receiver.url, *ALL), sender(), cast.ada()
    granted(ada)
    delivery.deliver(shop, NOW)
    assert len(webhooks(state="sent")) == 1
    assert not Touchpoint.objects.exists()
    assert not Fact.objects.exists()
    assert not News.objects.exists()
    assert list(Message.objects.to_members()) == []
    queued = message(ada)
    delivery.deliver(carrier, NOW)
    delivery.deliver(shop, NOW)
    assert Touchpoint.objects.get().message_id == queued.pk
    assert set(MessageCount.objects.filter(channel="webhook").values_list("journey_id", flat=True)) == {None}


def test_neither_consent_nor_a_suppression_nor_quiet_hours_keep_a_webhook(receiver: Receiver) -> None:
    shop, dora = subscription(receiver.url, *ALL), cast.dora()
    for channel in ("email", "sms", "chat"):
        outbox.quiet(channel, "09:00", "09:01")
    granted(dora)
    assert delivery.deliver(shop, NOW).sent == 1


# Keeping and deleting -------------------------------------------------------------------------------------------------


def test_what_was_told_is_kept_for_thirty_days_and_what_waits_for_longer(receiver: Receiver) -> None:
    shop, other = subscription(receiver.url, *ALL), sender()
    granted(cast.ada())
    departed.message(cast.ben(), other, at=NOW)
    delivery.deliver(shop, NOW)
    granted(cast.chidi(), key="waits")
    assert subscriptions.forget(NOW + 30 * DAY) == 0
    assert subscriptions.forget(NOW + 31 * DAY) == 1
    assert [one.state for one in webhooks()] == ["queued"]
    assert Message.objects.to_members().count() == 1


def test_a_subscription_is_deleted_with_all_that_it_told_and_nothing_else() -> None:
    shop, other = (subscription("http://127.0.0.1:9999/hooks", *ALL) for _each in range(2))
    granted(cast.ada())
    subscriptions.delete(shop)
    assert [one.sender_id for one in webhooks()] == [other.pk]
    assert list(Sender.objects.all()) == [other]


def test_an_erased_member_is_told_of_no_more(shop: Sender) -> None:
    grant = granted(cast.ada())
    Grant.objects.filter(pk=grant.pk).delete()
    Member.objects.filter(pk=grant.member_id).delete()
    assert webhooks() == []


def test_a_message_says_a_content_or_a_payload_and_never_both(shop: Sender) -> None:
    granted(cast.ada())
    [told] = webhooks()
    what = outbox.content()
    for wrong in ({"content": what}, {"payload": None}):
        with pytest.raises(Exception, match="message_content_or_payload"), transaction.atomic():
            Message.objects.filter(pk=told.pk).update(**wrong)
    with pytest.raises(Exception, match="message_content_or_payload"), transaction.atomic():
        departed.message(cast.ben(), shop, content=None, origin_id=uuid4().int % 1000)
