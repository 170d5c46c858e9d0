"""Subscriptions in the admin: the secret shown once, a try, another secret, and what was told with the answers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from channels import delivery, home, senders
from channels.models import Message, Sender
from channels.webhook.events import Event
from content import offers
from members import clock
from tests import cast
from tests.cast import NOW
from tests.channels.admin.office import kannel
from tests.channels.deliveries import granted
from tests.channels.webhook.receiver import SECRET, Receiver, listening, subscription, webhooks
from tests.roles import ROLES, asked, signed_in

pytestmark = pytest.mark.django_db
ADD = "/admin/channels/sender/add/?adapter=webhook"
GIVEN: dict[str, Any] = {
    "name": "Shop",
    "rate": "50",
    "active": "on",
    "setting_url": "https://shop.example/hooks",
    "setting_events": ["grant.redeemed", "message.sent"],
    "setting_timeout": "10",
    "setting_connections": "4",
}
_SHOWN = re.compile(r"whsec_[A-Za-z0-9+/]+=*")


def page(sender: Sender, name: str = "change") -> str:
    return f"/admin/channels/sender/{sender.pk}/{name}/"


def action(sender: Sender, name: str) -> str:
    return f"/admin/channels/sender/{sender.pk}/{name}/"


def shown(client: Client, path: str, given: dict[str, Any] | None = None) -> list[str]:
    answer = client.post(path, given or {})
    assert answer.status_code == 200, answer.content
    return _SHOWN.findall(answer.content.decode())


# Adding ---------------------------------------------------------------------------------------------------------------


def test_a_subscription_is_added_and_its_secret_is_shown_once() -> None:
    client = signed_in("Administrator")
    answer = client.post(ADD, GIVEN)
    made = Sender.objects.get()
    [secret] = _SHOWN.findall(answer.content.decode())
    assert senders.values(made)["secret"] == secret
    assert (made.channel, made.settings["events"]) == ("webhook", ["message.sent", "grant.redeemed"])
    assert "no-store" in answer.headers["cache-control"]
    for path in (page(made), page(made, "history")):
        assert secret not in client.get(path).content.decode()
    assert secret not in str(vars(made))


def test_a_secret_that_was_given_is_not_shown() -> None:
    client = signed_in("Administrator")
    answer = client.post(ADD, {**GIVEN, "setting_secret": SECRET})
    assert answer.status_code == 302
    assert senders.values(Sender.objects.get())["secret"] == SECRET


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"setting_url": "https://127.0.0.1/"}, "setting_url", "leads to a private address"),
        ({"setting_url": "https://shop.example:25/"}, "setting_url", "port 80, 443 or one from 1024 on"),
        ({"setting_events": []}, "setting_events", "required"),
        ({"setting_events": ["message.eaten"]}, "setting_events", "message.eaten is not one of the available"),
        ({"setting_secret": "hush"}, "setting_secret", "must be whsec_"),
        ({"setting_timeout": "60"}, "setting_timeout", "between 1 and 15 seconds"),
    ],
)
def test_what_cannot_work_is_a_sentence_at_the_field(given: dict[str, Any], field: str, sentence: str) -> None:
    answer = signed_in("Administrator").post(ADD, {**GIVEN, **given})
    assert answer.status_code == 200
    assert sentence in " ".join(answer.context["adminform"].form.errors[field])
    assert not Sender.objects.exists()


def test_the_form_lists_every_event_and_marks_the_chosen_ones() -> None:
    client, made = signed_in("Administrator"), subscription("http://127.0.0.1:9999/", "grant.redeemed")
    text = client.get(page(made)).content.decode()
    assert set(re.findall(r'name="setting_events" value="([^"]+)"', text)) == set(Event.values)
    assert re.findall(r'value="([a-z_.]+)"[^>]*\schecked[ >]', text) == ["grant.redeemed"]
    assert 'name="rank"' not in text


def test_who_may_only_look_sees_settings_and_no_secret() -> None:
    made = subscription("http://127.0.0.1:9999/hooks", "grant.redeemed", "grant.undone")
    text = signed_in("Marketer").get(page(made)).content.decode()
    assert "grant.redeemed, grant.undone" in text
    assert SECRET not in text


# A try ----------------------------------------------------------------------------------------------------------------


def test_a_test_event_is_signed_and_its_answer_is_shown() -> None:
    client = signed_in("Administrator")
    with listening() as receiver:
        made = subscription(receiver.url, "grant.redeemed")
        assert client.get(action(made, "try_out")).status_code == 200
        assert receiver.calls == []
        answer = client.post(action(made, "try_out"))
        receiver.usual = 500
        refused = client.post(action(made, "try_out"))
    assert "The receiver took it: 204" in answer.content.decode()
    assert "The receiver did not take it: 500" in refused.content.decode()
    first, second = receiver.calls
    assert first.is_signed_with(SECRET)
    assert (first.told["type"], first.told["data"]) == ("webhook.test", {})
    assert first.key != second.key
    assert webhooks() == []


def test_a_test_event_that_reaches_nobody_says_so_and_alarms_nobody() -> None:
    made = subscription("https://nobody.invalid/hooks", "grant.redeemed")
    answer = signed_in("Administrator").post(action(made, "try_out"))
    assert "nobody.invalid is not found" in answer.content.decode()
    assert list(home.alarms(NOW)) == []


def test_gone_as_the_answer_to_a_test_switches_nothing_off(receiver: Receiver) -> None:
    made, receiver.usual = subscription(receiver.url, "grant.redeemed"), 410
    signed_in("Administrator").post(action(made, "try_out"))
    made.refresh_from_db()
    assert made.active


def test_secrets_that_no_key_reads_are_a_sentence() -> None:
    made = subscription("http://127.0.0.1:9999/", "grant.redeemed")
    Sender.objects.update(secrets="gAAAA-of-another-house")
    client = signed_in("Administrator")
    assert "cannot be read with the keys" in client.post(action(made, "try_out")).content.decode()
    assert client.get(page(made)).status_code == 200


# Another secret -------------------------------------------------------------------------------------------------------


def test_a_new_secret_is_shown_once_and_both_sign_until_the_former_is_retired(receiver: Receiver) -> None:
    client, made = signed_in("Administrator"), subscription(receiver.url, "grant.declined")
    assert client.get(action(made, "draw_secret")).status_code == 200
    assert senders.values(made)["secret"] == SECRET
    [new] = shown(client, action(made, "draw_secret"))
    made.refresh_from_db()
    assert "Both the new and the former one sign" in client.get(page(made)).content.decode()
    client.post(action(made, "try_out"))
    assert client.post(action(made, "retire_secret")).status_code == 302
    client.post(action(made, "try_out"))
    both, alone = receiver.calls
    assert [both.is_signed_with(secret) for secret in (SECRET, new)] == [True, True]
    assert [alone.is_signed_with(secret) for secret in (SECRET, new)] == [False, True]
    assert "There is no former secret" in client.get(action(made, "retire_secret")).content.decode()
    assert new not in client.get(page(made)).content.decode()


def test_saving_the_form_keeps_both_secrets() -> None:
    client, made = signed_in("Administrator"), subscription("http://127.0.0.1:9999/", "grant.declined")
    [new] = shown(client, action(made, "draw_secret"))
    assert client.post(page(made), {**GIVEN, "name": "Renamed"}).status_code == 302
    made.refresh_from_db()
    values = senders.values(made)
    assert (made.name, values["secret"], values["former_secret"]) == ("Renamed", new, SECRET)


@pytest.mark.parametrize("name", ["try_out", "draw_secret", "retire_secret"])
def test_only_who_may_change_senders_may_do_that_and_only_to_subscriptions(name: str) -> None:
    made, mail = subscription("http://127.0.0.1:9999/", "grant.declined"), kannel()
    before = Sender.objects.get(pk=made.pk).secrets
    for role in ROLES:
        allowed = role == "Administrator"
        assert signed_in(role).get(action(made, name)).status_code == (200 if allowed else 403)
        assert signed_in(role).post(action(mail, name)).status_code == 403
        assert signed_in(role).post(f"/admin/channels/sender/x/{name}/").status_code == 403
    assert Sender.objects.get(pk=made.pk).secrets == before
    assert "Send a test event" not in signed_in("Administrator").get(page(mail)).content.decode()


# What was told --------------------------------------------------------------------------------------------------------


def test_the_page_shows_what_was_told_of_late_with_the_receivers_words(receiver: Receiver) -> None:
    client, made = signed_in("Administrator"), subscription(receiver.url, "grant.declined", connections=1)
    assert "Nothing happened yet" in client.get(page(made)).content.decode()
    for who in cast.crowd(25):
        offers.decline([granted(who, key=f"offer-{who.pk}").pk], NOW)
    receiver.answers = [500]
    delivery.deliver(made, NOW)
    answer = client.get(page(made))
    assert len(answer.context["told"]) == 20
    latest = webhooks()[-1]
    assert f"/admin/channels/message/{latest.pk}/change/" in answer.content.decode()
    everything = client.get(f"/admin/channels/message/?subscription={made.pk}").content.decode()
    assert everything.count(">grant.declined<") == 25
    first = client.get(f"/admin/channels/message/{webhooks()[0].pk}/change/").content.decode()
    assert "500" in first
    assert "&quot;type&quot;: &quot;grant.declined&quot;" in first
    assert not [sql for sql in asked(client, page(made)) if "COUNT(" in sql.upper() and "channels_message" in sql]


def test_the_outbox_shows_what_is_said_to_members_unless_a_subscription_is_asked_for() -> None:
    client, made = signed_in("Marketer"), subscription("http://127.0.0.1:9999/", "grant.granted")
    ada = cast.ada()
    granted(ada)
    for path in ("", "?subscription=0", "?subscription=x", f"?q={ada.external_id}", "?state__exact=queued"):
        text = client.get(f"/admin/channels/message/{path}").content.decode()
        assert ">grant.granted<" not in text
    assert ">grant.granted<" in client.get(f"/admin/channels/message/?subscription={made.pk}").content.decode()
    member = client.get(f"/admin/members/member/{ada.pk}/change/").content.decode()
    assert "grant.granted" not in member


def test_a_webhook_that_waits_can_be_cancelled_by_hand() -> None:
    client = signed_in("Administrator")
    subscription("http://127.0.0.1:9999/", "grant.granted")
    granted(cast.ada())
    [told] = webhooks()
    asked_first = client.get(f"/admin/channels/message/{told.pk}/cancel/")
    assert "“grant.granted” to" in asked_first.content.decode()
    assert client.post(f"/admin/channels/message/{told.pk}/cancel/").status_code == 302
    assert Message.objects.get(pk=told.pk).reason == "by_hand"


# Ends -----------------------------------------------------------------------------------------------------------------


def test_one_that_was_switched_off_by_its_receiver_is_an_alarm_until_it_is_saved() -> None:
    client, made = signed_in("Administrator"), subscription("http://127.0.0.1:9999/", "grant.granted")
    senders.switched_off(made, "410 moved out", clock.now())
    text = client.get(page(made)).content.decode()
    assert "it wants nothing any more" in text
    assert "410 moved out" in text
    assert len(list(home.alarms(clock.now()))) == 1
    off = {name: value for name, value in GIVEN.items() if name != "active"}
    assert client.post(page(made), off).status_code == 302
    assert list(home.alarms(clock.now())) == []
    made.refresh_from_db()
    assert (made.active, made.failing_since) == (False, None)


def test_a_subscription_is_deleted_with_what_it_told() -> None:
    client, made = signed_in("Administrator"), subscription("http://127.0.0.1:9999/", "grant.granted")
    granted(cast.ada())
    text = client.get(page(made, "delete")).content.decode()
    assert "what it told or had still to tell" in text
    assert "There are messages" not in text
    assert client.post(page(made, "delete"), {"post": "yes"}).status_code == 302
    assert not Sender.objects.exists()
    assert not Message.objects.exists()


def test_webhooks_as_a_whole_can_be_held() -> None:
    client = signed_in("Administrator")
    given = {"scope": "channel", "channel": "webhook", "reason": "Moving."}
    assert client.post("/admin/channels/hold/add/", given).status_code == 302
    assert "Webhook" in client.get("/admin/channels/hold/").content.decode()
