"""The sandbox reports back over real HTTP: what happens to messages there happens to them here."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from channels import delivery
from channels.models import Message, Receipt, Sender
from channels.sandbox.senders import CannotReport, Installed
from content.models import Content, Variant
from members.models import Consent, Member, Suppression, Touchpoint
from tests import cast
from tests.carrier import Carrier, in_thread
from tests.channels import deliveries
from tests.channels.outbox import MJML

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
ALL = ("email", "sms", "chat")


@pytest.fixture
def installed(carrier: Carrier, live_server: LiveServer, settings: Settings) -> Installed:
    settings.CHORALE_PUBLIC_URL = live_server.url
    return carrier.install()


@pytest.fixture
def words(db: None) -> Content:
    """A content with a link in every channel."""
    made = Content.objects.create(key="hello", name="Hello")
    text = "Hello, see {{ 'https://shop.example/tea' | link }}"
    mjml = MJML.replace("Hello", text + ' <a href="{{ unsubscribe_url }}">Stop</a>')
    Variant.objects.create(content=made, channel="email", language="en", subject="Hello", mjml=mjml, text=text)
    for channel in ("sms", "chat"):
        Variant.objects.create(content=made, channel=channel, language="en", text=text)
    return made


def ada() -> Member:
    return cast.ada(now=NOW)


def send(who: Member, words: Content, channel: str, **fields: object) -> Message:
    """Have a message delivered, and return it as it stands after that."""
    given = {"channels": [channel], "step_key": channel, "expires_at": NOW + timedelta(days=1), **fields}
    queued = deliveries.message(who, words, NOW, **given)
    delivery.deliver(Sender.objects.get(channel=channel), NOW)
    queued.refresh_from_db()
    return queued


def sent(who: Member, words: Content, channel: str, **fields: object) -> str:
    """Have a message delivered that the carrier takes, and return its key."""
    message = send(who, words, channel, **fields)
    assert message.state == "sent", message.words
    return str(message.public_id)


def state(key: str) -> tuple[str, str]:
    found = Message.objects.get(public_id=key)
    return found.state, found.words


def kinds() -> list[tuple[str, str]]:
    return list(Touchpoint.objects.filter(direction="in").order_by("id").values_list("channel", "kind"))


def until(true: Callable[[], bool]) -> None:
    """Wait until something is true, at most ten seconds."""
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def test_deliveries_are_reported_where_the_dialect_has_words_for_it(
    carrier: Carrier, installed: Installed, words: Content
) -> None:
    who = ada()
    keys = [sent(who, words, channel) for channel in ALL]
    for key in keys:
        carrier.react("delivered", key=key)
    carrier.flush()
    assert [state(key)[0] for key in keys] == ["delivered", "delivered", "sent"]
    assert kinds() == [("email", "delivered"), ("sms", "delivered")]
    assert Receipt.objects.count() == 2


def test_failures_carry_the_words_of_the_network(carrier: Carrier, installed: Installed, words: Content) -> None:
    who = ada()
    mail, sms = sent(who, words, "email"), sent(who, words, "sms")
    carrier.react("failed", key=mail)
    carrier.react("bounced", key=sms)
    carrier.flush()
    assert state(mail) == ("failed", "451 4.4.7 Delivery time expired")
    assert state(sms)[0] == "failed"
    assert "err:001" in state(sms)[1]
    assert [row.address for row in Suppression.objects.all()] == ["+4915550100001"]


def test_complaints_and_blocked_bots_suppress(carrier: Carrier, installed: Installed, words: Content) -> None:
    who = ada()
    carrier.react("complained", key=sent(who, words, "email"))
    sent(who, words, "chat")
    carrier.react("bounced", channel="chat", address="1001")
    carrier.flush()
    assert set(Suppression.objects.values_list("channel", "address")) == {
        ("email", "ada@example.com"),
        ("chat", "1001"),
    }
    assert sorted(kinds()) == [("chat", "failed"), ("email", "complained")]


@pytest.mark.parametrize("text", ["STOP", "Stopp!", "退订", "“Arrêt.”"])
def test_stop_words_arrive_whatever_the_alphabet(
    carrier: Carrier, installed: Installed, words: Content, text: str
) -> None:
    who = ada()
    for channel, address in (("sms", "+4915550100001"), ("chat", "1001")):
        sent(who, words, channel)
        carrier.react("stopped", channel=channel, address=address, text=text)
    carrier.flush()
    assert set(Consent.objects.filter(granted=False).values_list("channel", "wording")) == {
        ("sms", text),
        ("chat", text),
    }


def test_replies_arrive_as_they_were_written(carrier: Carrier, installed: Installed, words: Content) -> None:
    sent(ada(), words, "sms")
    for text in ("When do you open? 10 % & more", "👍 спасибо", "non-stop shopping"):
        carrier.react("replied", channel="sms", address="+4915550100001", text=text)
    carrier.flush()
    told = Touchpoint.objects.filter(kind="replied").order_by("id").values_list("text", flat=True)
    assert list(told) == ["When do you open? 10 % & more", "👍 спасибо", "non-stop shopping"]
    assert not Consent.objects.filter(granted=False).exists()


def test_somebody_who_never_got_a_message_can_write(carrier: Carrier, installed: Installed) -> None:
    ada()
    carrier.react("replied", channel="sms", address="+4915550100001", text="Hello?")
    carrier.flush()
    assert kinds() == [("sms", "replied")]


def test_clicks_follow_the_links_in_messages(carrier: Carrier, installed: Installed, words: Content) -> None:
    who = ada()
    for channel in ("email", "sms"):
        carrier.react("clicked", key=sent(who, words, channel))
    carrier.flush()
    assert kinds() == [("email", "clicked"), ("sms", "clicked")]
    assert Message.objects.filter(clicked_at=None).count() == 0


def test_one_click_unsubscribes(carrier: Carrier, installed: Installed, words: Content) -> None:
    carrier.react("unsubscribed", key=sent(ada(), words, "email"))
    carrier.flush()
    assert [(row.channel, row.source) for row in Consent.objects.filter(granted=False)] == [("email", "unsubscribe")]


def test_a_receipt_settles_what_a_vanishing_carrier_left_in_doubt(
    carrier: Carrier, installed: Installed, words: Content
) -> None:
    carrier.misbehave("vanish")
    who = ada()
    for channel in ("email", "sms"):
        message = send(who, words, channel)
        assert (message.state, message.reason) == ("unconfirmed", "fate_unknown")
        carrier.react("delivered", key=str(message.public_id))
    carrier.flush()
    assert set(Message.objects.values_list("state", "reason")) == {("delivered", "")}
    assert carrier.twice() == {}


def test_a_replay_sends_what_is_due_by_its_own_clock_and_no_sooner(
    carrier: Carrier, installed: Installed, words: Content
) -> None:
    carrier.clock(NOW)
    carrier.control(profile="plain")
    key = sent(ada(), words, "sms")
    assert carrier.flush() == {"sent": 0, "silent": 0, "failed": []}
    carrier.clock(NOW + timedelta(hours=1))
    assert carrier.flush() == {"sent": 1, "silent": 0, "failed": []}
    point = Touchpoint.objects.get(kind="delivered")
    assert NOW < point.happened_at <= NOW + timedelta(minutes=1)
    assert state(key)[0] == "delivered"
    assert carrier.flush()["sent"] == 0


def test_in_the_present_reactions_come_by_themselves(carrier: Carrier, installed: Installed, words: Content) -> None:
    carrier.control(profile={"sms": {"delivered": 1, "clicked": 1}}, pace=0.000001)
    message = send(ada(), words, "sms")
    until(lambda: kinds() == [("sms", "delivered"), ("sms", "clicked")])
    assert state(str(message.public_id))[0] == "delivered"


def test_reports_about_mails_come_together(carrier: Carrier, installed: Installed, words: Content) -> None:
    carrier.clock(NOW)
    for who, act in zip(cast.crowd(3, now=NOW), ("delivered", "bounced", "complained"), strict=True):
        carrier.react(act, key=sent(who, words, "email"))
    assert carrier.flush()["sent"] == 3
    assert sorted(Message.objects.values_list("state", flat=True)) == ["delivered", "failed", "sent"]
    assert Suppression.objects.count() == 2


def test_a_silent_carrier_tells_nothing(carrier: Carrier, installed: Installed, words: Content) -> None:
    carrier.clock(NOW)
    carrier.control(profile="plain", rules=[{"do": "silent"}])
    key = sent(ada(), words, "sms")
    carrier.clock(NOW + timedelta(days=1))
    assert carrier.flush()["sent"] == 0
    assert state(key)[0] == "sent"


def test_a_report_that_nobody_takes_is_tried_again(
    carrier: Carrier, installed: Installed, words: Content, settings: Settings
) -> None:
    carrier.clock(NOW)
    key = sent(ada(), words, "sms")
    Sender.objects.filter(channel="sms").update(token="moved")
    carrier.react("delivered", key=key)
    assert carrier.flush()["failed"] == [f"delivered of message {carrier.log()[0]['number']} (sms): the answer was 404"]
    Sender.objects.filter(channel="sms").update(token=installed.sms.token)
    assert carrier.flush()["sent"] == 0
    carrier.clock(NOW + timedelta(minutes=1))
    assert carrier.flush()["sent"] == 1
    assert state(key)[0] == "delivered"


def test_what_was_to_be_sent_back_survives_a_restart_and_is_sent_once(tmp_path: Path, live_server: LiveServer) -> None:
    with in_thread(tmp_path) as ports:
        before = Carrier(ports)
        before.clock(NOW)
        fields = {
            "username": "a",
            "password": "b",
            "to": "+49155",
            "text": f"{live_server.url}/l/none",
            "dlr-mask": "3",
        }
        for number in range(3):
            url = f"{live_server.url}/u/{number}?message={number}"
            before.client.get("/cgi-bin/sendsms", params={**fields, "dlr-url": url, "to": f"+4915{number}"})
    with in_thread(tmp_path, profile="demo", now=NOW) as ports:
        again = Carrier(ports)
        waiting = again.client.get("/counts").json()["waiting"]
        assert waiting >= 3
        again.clock(NOW + timedelta(days=3))
        flushed = again.flush()
        assert flushed["sent"] + len(flushed["failed"]) + flushed["silent"] == waiting
    with in_thread(tmp_path, profile="demo", now=NOW) as ports:
        assert Carrier(ports).client.get("/counts").json()["waiting"] == len(flushed["failed"])


def test_senders_cannot_be_installed_where_the_sandbox_could_not_report(carrier: Carrier, settings: Settings) -> None:
    settings.CHORALE_PUBLIC_URL = "https://chorale.example"
    with pytest.raises(CannotReport, match=r"CHORALE_PUBLIC_URL is https://chorale\.example"):
        carrier.install()
    assert not Sender.objects.exists()


def test_installing_again_mends_and_makes_nothing_twice(carrier: Carrier, installed: Installed) -> None:
    again = carrier.install()
    assert again.email.pk == installed.email.pk
    assert again.email.token == installed.email.token
    assert Sender.objects.count() == 5
