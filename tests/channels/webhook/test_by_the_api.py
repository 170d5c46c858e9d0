"""Subscriptions by the API: a program says what it wants to hear of, and where, and sees the secret once."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from channels import delivery, senders
from channels.models import Message, Sender
from content import offers
from members import clock
from members.models import AuditEntry
from tests import cast
from tests.callers import Caller, caller, nobody, refused
from tests.channels import outbox
from tests.channels.deliveries import granted
from tests.channels.webhook.receiver import SECRET, Receiver, subscription, webhooks

pytestmark = pytest.mark.django_db
WANTED = {"name": "Shop", "url": "https://shop.example/hooks", "events": ["grant.redeemed", "grant.declined"]}


def added(by: Caller, **wanted: Any) -> Any:
    """What the answer to adding a subscription says."""
    answer = by.post("subscriptions/", {**WANTED, **wanted})
    assert answer.status_code == 201, answer.content
    return answer.data


def sent(by: Caller, method: str, path: str, body: Any = None) -> Any:
    """The answer to PATCH or DELETE."""
    how = {"content_type": "application/json", "headers": {"Authorization": f"Bearer {by.text}"}}
    return by._told(getattr(by.client, method)(f"/api/v1/{path}", body, **how))


def test_a_subscription_that_was_added_hears_what_it_asked_for_signed_with_the_secret_of_the_answer(
    receiver: Receiver,
) -> None:
    made = added(caller(), url=receiver.url, allow_private=True)
    offers.decline([granted(cast.ada()).pk], cast.NOW)
    assert delivery.deliver(Sender.objects.get(), cast.NOW).sent == 1
    [call] = receiver.calls
    assert call.told["type"] == "grant.declined"
    assert call.is_signed_with(made["secret"])


def test_the_secret_is_in_one_answer_and_in_no_other() -> None:
    by = caller()
    secret = added(by)["secret"]
    [stored] = Sender.objects.all()
    shown = [by.get("subscriptions/"), by.get(f"subscriptions/{stored.public_id}/")]
    shown.append(sent(by, "patch", f"subscriptions/{stored.public_id}/", {"rate": 5}))
    for answer in shown:
        assert answer.status_code == 200
        assert secret not in answer.content.decode()
        assert stored.token not in answer.content.decode()
    logged = str(list(AuditEntry.objects.values()))
    assert secret not in logged
    assert stored.secrets not in logged


def test_a_secret_of_ones_own_is_taken_and_one_that_is_none_is_refused() -> None:
    by = caller()
    assert added(by, secret=SECRET)["secret"] == SECRET
    problem = refused(by.post("subscriptions/", {**WANTED, "name": "Other", "secret": "hunter2"}), 422, "invalid")
    assert [error["field"] for error in problem["errors"]] == ["secret"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "Taken"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"url": "shop.example"}, "url"),
        ({"url": "http://127.0.0.1/hooks"}, "url"),
        ({"url": "https://shop.example:25/"}, "url"),
        ({"url": "https://[::1/hooks"}, "url"),
        ({"url": "https://shop.example:99999/hooks"}, "url"),
        ({"events": []}, "events"),
        ({"events": ["webhook.test"]}, "events[0]"),
        ({"events": [{}]}, "events[0]"),
        ({"events": "grant.redeemed"}, "events"),
        ({"rate": 0}, "rate"),
        ({"active": "no"}, "active"),
        ({"token": "mine"}, "token"),
    ],
)
def test_what_cannot_be_a_subscription_is_refused_at_its_field_and_nothing_changes(wrong: Any, field: str) -> None:
    by = caller()
    outbox.sender("email", name="Taken")
    made = added(by)
    for answer in (
        by.post("subscriptions/", {**WANTED, "name": "Another", **wrong}),
        sent(by, "patch", f"subscriptions/{made['public_id']}/", wrong),
    ):
        problem = refused(answer, 422, "invalid")
        assert [error["field"] for error in problem["errors"]] == [field]
    shown = by.get(f"subscriptions/{made['public_id']}/").data
    assert {**shown, "secret": made["secret"]} == made
    assert Sender.objects.count() == 2


def test_a_change_leaves_alone_what_it_does_not_name() -> None:
    shop = subscription("https://shop.example/hooks", "grant.redeemed", timeout=7)
    path = f"subscriptions/{shop.public_id}/"
    answer = sent(caller(), "patch", path, {"events": ["message.clicked"], "name": "New name"})
    assert (answer.status_code, answer.data["events"], answer.data["name"]) == (200, ["message.clicked"], "New name")
    shop.refresh_from_db()
    values = senders.values(shop)
    assert (values["url"], values["timeout"], values["secret"]) == ("https://shop.example/hooks", 7, SECRET)
    assert sent(caller(), "patch", path, {}).data == answer.data


def test_a_paused_subscription_is_told_nothing_until_it_goes_on() -> None:
    shop, by = subscription("https://shop.example/hooks", "grant.declined"), caller()
    senders.switched_off(shop, "410 Gone", clock.now())
    path = f"subscriptions/{shop.public_id}/"
    assert by.get(path).data["failing_words"] == "410 Gone"
    paused = sent(by, "patch", path, {"active": False}).data
    assert (paused["active"], paused["failing_words"], paused["failing_since"]) == (False, "", None)
    offers.decline([granted(cast.ada()).pk], cast.NOW)
    assert webhooks() == []
    assert sent(by, "patch", path, {"active": True}).data["active"] is True
    offers.decline([granted(cast.ben(), key="coffee").pk], cast.NOW)
    assert len(webhooks()) == 1


def test_a_deleted_subscription_is_gone_with_what_it_had_still_to_tell() -> None:
    shop, other = (subscription("https://shop.example/hooks", "grant.declined") for _ in range(2))
    offers.decline([granted(cast.ada()).pk], cast.NOW)
    by = caller()
    answer = sent(by, "delete", f"subscriptions/{shop.public_id}/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert list(Sender.objects.all()) == [other]
    assert [one.sender_id for one in Message.objects.all()] == [other.pk]
    refused(sent(by, "delete", f"subscriptions/{shop.public_id}/"), 404, "not-found")


def test_after_a_new_secret_both_sign_until_the_former_one_is_retired(receiver: Receiver) -> None:
    shop, by = subscription(receiver.url, "grant.declined"), caller()
    path = f"subscriptions/{shop.public_id}/"
    drawn = by.post(f"{path}secret/").data["secret"]
    assert by.post(f"{path}try/").data == {"taken": True, "words": "204"}
    assert by.post(f"{path}retire-secret/").data == {"retired": True}
    assert by.post(f"{path}retire-secret/").data == {"retired": False}
    by.post(f"{path}try/")
    both, alone = receiver.calls
    assert [both.is_signed_with(one) for one in (drawn, SECRET)] == [True, True]
    assert [alone.is_signed_with(one) for one in (drawn, SECRET)] == [True, False]


def test_a_test_event_says_what_the_receiver_said_and_changes_nothing(receiver: Receiver) -> None:
    receiver.usual = 410
    shop = subscription(receiver.url, "grant.declined")
    answer = caller().post(f"subscriptions/{shop.public_id}/try/")
    assert (answer.status_code, answer.data) == (200, {"taken": False, "words": "410"})
    assert receiver.calls[0].told["type"] == "webhook.test"
    shop.refresh_from_db()
    assert (shop.active, shop.failing_since) == (True, None)


def test_secrets_that_cannot_be_read_are_a_conflict_that_says_what_to_do(settings: Any) -> None:
    shop, by = subscription("https://shop.example/hooks", "grant.declined"), caller()
    settings.CHORALE_FIELD_KEYS = ["YW5vdGhlci1rZXktb2YtdGhpcnR5LXR3by1ieXRlcyE="]
    for what in ("secret", "retire-secret", "try"):
        problem = refused(by.post(f"subscriptions/{shop.public_id}/{what}/"), 409, "conflict")
        assert "CHORALE_FIELD_KEYS" in problem["detail"]
    refused(sent(by, "patch", f"subscriptions/{shop.public_id}/", {"rate": 5}), 422, "invalid")


def test_other_senders_and_guessed_ids_are_not_there() -> None:
    by, carrier = caller(), outbox.sender("email")
    for one in (carrier.public_id, carrier.pk, uuid4()):
        refused(by.get(f"subscriptions/{one}/"), 404, "not-found")
    for one in (carrier.public_id, uuid4()):
        refused(sent(by, "patch", f"subscriptions/{one}/", {"rate": 5}), 404, "not-found")
        refused(sent(by, "delete", f"subscriptions/{one}/"), 404, "not-found")
        for what in ("secret", "retire-secret", "try"):
            refused(by.post(f"subscriptions/{one}/{what}/"), 404, "not-found")
    assert by.get("subscriptions/").data["items"] == []


def test_marketers_and_managers_look_administrators_change_and_others_see_nothing() -> None:
    shop = subscription("https://shop.example/hooks", "grant.declined")
    for role in ("Marketer", "Manager"):
        by = caller(role=role)
        assert by.get(f"subscriptions/{shop.public_id}/").status_code == 200
        refused(by.post("subscriptions/", WANTED), 403, "not-allowed")
        refused(sent(by, "patch", f"subscriptions/{shop.public_id}/", {"rate": 5}), 403, "not-allowed")
        refused(sent(by, "delete", f"subscriptions/{shop.public_id}/"), 403, "not-allowed")
    for role in ("Sales rep", "Store clerk"):
        refused(caller(role=role).get("subscriptions/"), 403, "not-allowed")
    refused(caller("subscriptions:read").post("subscriptions/", WANTED), 403, "not-allowed")
    refused(nobody().get("subscriptions/"), 401, "not-authenticated")


def test_who_added_changed_and_deleted_one_by_which_token_is_in_the_audit_log() -> None:
    by = caller()
    made = added(by)
    path = f"subscriptions/{made['public_id']}/"
    sent(by, "patch", path, {"url": "https://shop.example/other"})
    by.post(f"{path}secret/")
    sent(by, "delete", path)
    noted = AuditEntry.objects.filter(content_type__model="sender").order_by("pk")
    assert [(one.deed, one.actor_name, one.token_name) for one in noted] == [
        (deed, by.token.user.username, by.token.name) for deed in ("added", "changed", "changed", "deleted")
    ]
    assert "https://shop.example/other" in str(noted[1].changes)
