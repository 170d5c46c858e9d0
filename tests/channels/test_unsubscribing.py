"""One click, or one button, stops the messages that need not be sent."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from django.test import Client

from channels import unsubscribing
from channels.addresses import unsubscribe_url
from channels.models import Message
from content.models import Content
from members.models import Consent, Event, Member, Touchpoint
from members.vocabulary import Purpose
from tests import cast
from tests.cast import DAY
from tests.channels import outbox
from tests.channels.departed import message
from tests.content.at_once import at_once

ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"
WEEK_AGO = datetime.now(UTC) - 7 * DAY

pytestmark = pytest.mark.django_db


def mailed(who: Member, channel: str = "email", purpose: Purpose = Purpose.PROMOTIONAL) -> Message:
    sent: Message = message(who, outbox.sender(channel), WEEK_AGO, purpose=purpose)
    return sent


def ada(**fields: object) -> Member:
    return cast.ada(now=WEEK_AGO, **fields)


def address(sent: Message) -> str:
    return urlsplit(unsubscribe_url(str(sent.public_id))).path


def withdrawn() -> set[tuple[str, str, str]]:
    found = Consent.objects.filter(granted=False).values_list("member__external_id", "channel", "purpose")
    return set(found)


def test_looking_at_the_page_stops_nothing(client: Client) -> None:
    sent = mailed(ada())
    answer = client.get(address(sent))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Stop messages by e-mail?" in page
    assert "a…@example.com" in page
    assert "ada@example.com" not in page
    assert client.head(address(sent)).status_code == 200
    assert withdrawn() == set()


@pytest.mark.django_db(transaction=True)
def test_clicks_at_the_same_moment_are_one_decision_and_one_touchpoint() -> None:
    sent = mailed(ada())
    found = unsubscribing.subscription(str(sent.public_id))
    assert found is not None
    changed = at_once(5, lambda _place: unsubscribing.stop(found, datetime.now(UTC)))
    assert sorted(changed) == [False] * 4 + [True]
    assert Consent.objects.filter(granted=False).count() == 1
    assert Touchpoint.objects.filter(kind="unsubscribed").count() == 1


def test_one_click_needs_no_cookie_no_token_and_no_redirect() -> None:
    sent = mailed(ada())
    client = Client(enforce_csrf_checks=True)
    answer = client.post(address(sent), ONE_CLICK, content_type=FORM)
    assert answer.status_code == 200
    assert not answer.cookies
    assert withdrawn() == {("M-ADA", "email", "promotional")}
    [consent] = Consent.objects.filter(granted=False)
    assert consent.source == "unsubscribe"


def test_the_button_does_the_same(client: Client) -> None:
    sent = mailed(ada())
    page = client.post(address(sent)).content.decode()
    assert "We will send no more messages of this kind by e-mail to a…@example.com." in page
    assert withdrawn() == {("M-ADA", "email", "promotional")}


def test_it_is_a_touchpoint_and_a_fact_once(client: Client) -> None:
    sent = mailed(ada())
    for _again in range(2):
        client.post(address(sent), ONE_CLICK, content_type=FORM)
    point = Touchpoint.objects.get()
    assert (point.kind, point.message_id, point.journey_name) == ("unsubscribed", sent.pk, "Win back")
    assert Event.objects.get().name == "message.unsubscribed"
    assert Consent.objects.filter(granted=False).count() == 1


def test_who_agreed_again_can_stop_again_from_the_old_mail(client: Client) -> None:
    who = ada()
    sent = mailed(who)
    client.post(address(sent))
    cast.consent(who, "email", at=datetime.now(UTC))
    client.post(address(sent))
    assert Consent.objects.filter(granted=False).count() == 2
    assert Touchpoint.objects.count() == 2


def test_a_service_message_stops_service_messages_too(client: Client) -> None:
    sent = mailed(ada(), purpose=Purpose.SERVICE)
    assert "news about your benefits" in client.get(address(sent)).content.decode()
    client.post(address(sent))
    assert withdrawn() == {("M-ADA", "email", "promotional"), ("M-ADA", "email", "service")}


def test_it_holds_for_everybody_behind_the_address_and_says_so(client: Client) -> None:
    sent = mailed(ada())
    cast.member("M-EVE", email="ada@example.com")
    cast.ben()
    assert "everybody who gave us this address" in client.get(address(sent)).content.decode()
    client.post(address(sent))
    assert withdrawn() == {("M-ADA", "email", "promotional"), ("M-EVE", "email", "promotional")}


def test_it_holds_for_who_got_the_message_though_the_address_is_another_one_now(client: Client) -> None:
    who = ada()
    sent = mailed(who)
    who.identities.filter(channel="email").update(address="new@example.com")
    client.post(address(sent))
    assert withdrawn() == {("M-ADA", "email", "promotional")}


@pytest.mark.parametrize(("channel", "words"), [("sms", "Stop messages by SMS?"), ("chat", "Stop messages by chat?")])
def test_each_channel_is_stopped_alone(client: Client, channel: str, words: str) -> None:
    sent = mailed(ada(), channel)
    page = client.get(address(sent)).content.decode()
    assert words in page
    assert "+4915550100001" not in page
    client.post(address(sent))
    assert withdrawn() == {("M-ADA", channel, "promotional")}


def test_an_address_is_escaped(client: Client) -> None:
    sent = mailed(ada(email='"<b>"@example.com'))
    Message.objects.filter(pk=sent.pk).update(address="<@<b>x</b>.example")
    page = client.get(address(sent)).content.decode()
    assert "<b>" not in page
    assert "&lt;b&gt;" in page


def test_a_token_that_nobody_made_is_a_page_in_words(client: Client) -> None:
    sent = mailed(ada())
    forged = address(sent)[:-1] + ("A" if address(sent)[-1] != "A" else "B")
    for token in (forged, "/u/nonsense", "/u/%00", "/u/" + "a" * 500):
        for answer in (client.get(token), client.post(token, ONE_CLICK, content_type=FORM)):
            assert answer.status_code == 404
            assert "This link leads nowhere" in answer.content.decode()
    assert withdrawn() == set()


def test_the_link_of_a_message_that_was_deleted_says_so(client: Client) -> None:
    sent = mailed(ada())
    link = address(sent)
    sent.delete()
    assert client.post(link).status_code == 404


def test_nobody_keeps_or_indexes_the_page(client: Client) -> None:
    answer = client.get(address(mailed(ada())))
    assert "no-store" in answer["Cache-Control"]
    assert 'name="robots" content="noindex' in answer.content.decode()


def test_contents_have_no_say_in_it(client: Client) -> None:
    sent = mailed(ada())
    Content.objects.update(purpose=Purpose.TRANSACTIONAL)
    client.post(address(sent))
    assert withdrawn() == {("M-ADA", "email", "promotional")}
