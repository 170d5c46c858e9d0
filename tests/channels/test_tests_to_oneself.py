"""Tests: a content goes to the marketer as a member would get it, and nobody was contacted."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from pytest_django import Settings

from channels import clicks, delivery, receipts, testing
from channels.base import ReceiptKind
from channels.models import Message
from channels.testing import CannotTest
from channels.vocabulary import Reason
from content.models import Content, Variant
from journeys import audit, promises
from members import consent
from members.models import Event, Member, Touchpoint
from members.vocabulary import Channel
from tests import cast
from tests.cast import NOW
from tests.channels import departed, outbox
from tests.channels.deliveries import Script, granted, message, sender

pytestmark = pytest.mark.django_db
MINE = "mara@example.com"
_tests = count(1)


def send(content: Content, member: Member, **given: Any) -> Message:
    said = {"channel": "email", "address": MINE, "now": NOW, "origin_id": next(_tests), **given}
    return testing.send_test(content, member=member, **said)


def words(text: str, channel: str = "email", **fields: Any) -> Content:
    made = Content.objects.create(key="said", name="Said", **fields)
    subject = {"subject": "Said"} if channel == "email" else {}
    Variant.objects.create(content=made, channel=channel, language="en", text=text, **subject)
    return made


def test_it_goes_to_the_marketer_as_the_member_would_get_it_also_without_consent(script: Script) -> None:
    carrier, dora = sender(), cast.dora()
    sent = send(words("Dear {{ member.first_name }}"), dora)
    assert (sent.origin_kind, sent.purpose, sent.address, sent.journey_id) == ("test", "transactional", MINE, None)
    assert delivery.deliver(carrier, NOW).sent == 1
    assert [(out.address, out.text) for out in script.outgoing] == [(MINE, "Dear Dora")]


def test_it_stands_in_no_history_and_what_the_marketer_does_with_it_is_no_fact(script: Script) -> None:
    carrier, ada = sender(), cast.ada()
    sent = send(outbox.content(), ada)
    delivery.deliver(carrier, NOW)
    receipts.accept(carrier, [departed.receipt(ReceiptKind.DELIVERED, sent)], NOW)
    assert not clicks.count(sent.pk, "https://shop.example/", NOW)
    sent.refresh_from_db()
    assert sent.state == "delivered"
    assert not Touchpoint.objects.exists()
    assert not Event.objects.exists()


def test_it_takes_no_place_from_the_members_own_messages(script: Script) -> None:
    outbox.at_most(1, 7)
    sender()
    ada = cast.ada()
    send(outbox.content(), ada)
    assert message(ada).state == "queued"


def test_the_audit_finds_nothing_wrong_with_it(script: Script) -> None:
    carrier = sender()
    send(outbox.content(), cast.dora())
    delivery.deliver(carrier, NOW)
    found = list(audit.run(NOW))
    assert len(found) >= len(promises.CHECKS)
    assert [one for one in found if one.count] == []


def test_its_unsubscribe_link_looks_real_and_stops_nothing(script: Script, settings: Settings) -> None:
    carrier = sender()
    send(words("Stop: {{ unsubscribe_url }}"), cast.ada())
    delivery.deliver(carrier, NOW)
    assert script.outgoing[0].text == f"Stop: {settings.CHORALE_PUBLIC_URL}/u/test"


def test_one_test_is_one_message_however_often_it_is_asked_for() -> None:
    sender()
    what, ada = outbox.content(), cast.ada()
    first = send(what, ada, origin_id=77)
    assert send(what, ada, origin_id=77) == first
    assert send(what, ada, origin_id=78) != first


def test_words_about_an_offer_speak_of_the_members_own_grant() -> None:
    sender()
    ada = cast.ada()
    grant = granted(ada)
    sent = send(words("{{ offer.name }} for {{ offer.price }}"), ada)
    assert (sent.grant, sent.price, sent.currency) == (grant, grant.price, "EUR")


def test_words_that_can_do_without_an_offer_go_without(script: Script) -> None:
    sender()
    sent = send(words("{% if offer %}{{ offer.name }}{% endif %}"), cast.ada())
    assert sent.grant is None


@pytest.mark.parametrize(
    ("text", "given", "sentence"),
    [
        ("{{ offer.name }}", {}, "no live grant"),
        ("Hello", {"channel": "sms", "address": "+4915550100009"}, "no variant for SMS"),
        ("Hello", {"channel": "desk", "address": "1"}, "look at the preview"),
        ("Hello", {"address": "nobody"}, "not an e-mail address"),
        ("Hello", {"address": "dead@example.com"}, "bounced or complained"),
    ],
)
def test_what_cannot_be_tested_is_a_sentence(text: str, given: dict[str, Any], sentence: str) -> None:
    sender()
    consent.suppress(Channel.EMAIL, "dead@example.com", "It bounced.", NOW)
    with pytest.raises(CannotTest, match=sentence):
        send(words(text), cast.ada(), **given)
    assert not Message.objects.exists()


def test_without_a_sender_there_is_no_test() -> None:
    with pytest.raises(CannotTest, match=str(Reason.NO_SENDER.label)):
        send(words("Hello"), cast.ada())


def test_it_waits_for_the_end_of_quiet_hours_and_says_so() -> None:
    sender()
    outbox.quiet("email", "20:00", "21:00")
    assert send(words("Hello"), cast.ada()).planned_at > NOW
