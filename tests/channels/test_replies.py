"""What members answer: STOP and START words are obeyed, everything else is a touchpoint and a fact."""

from __future__ import annotations

import pytest

from channels import receipts
from channels.base import ReceiptEvent
from channels.models import Sender
from channels.receipts import Accepted
from members import consent
from members.models import Consent, Event, Member, Suppression, Touchpoint
from members.sql import rows
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.channels import outbox
from tests.channels.departed import message, said

LATER = NOW + HOUR
SHARED = "+4915550100001"

pytestmark = pytest.mark.django_db


@pytest.fixture
def sms(db: None) -> Sender:
    return outbox.sender("sms")


def accept(sender: Sender, *events: ReceiptEvent) -> Accepted:
    return receipts.accept(sender, events, LATER)


def allows(who: Member, channel: str, purpose: str = "promotional") -> bool:
    condition = consent.allowed("%(member)s", "%(channel)s", "%(purpose)s")
    params = {"member": who.pk, "channel": channel, "purpose": purpose, "now": LATER}
    return bool(rows(f"SELECT {condition}", params)[0][0])


def told() -> list[tuple[str, str, str]]:
    return list(Touchpoint.objects.order_by("id").values_list("kind", "text", "outcome"))


def test_stop_withdraws_what_need_not_be_sent_on_that_channel_alone(sms: Sender) -> None:
    ada = cast.ada()
    sent = message(ada, sms)
    assert accept(sms, said("Stop.", SHARED)) == Accepted(new=1)
    assert not allows(ada, "sms")
    assert not allows(ada, "sms", "service")
    assert allows(ada, "sms", "transactional")
    assert allows(ada, "chat")
    withdrawn = Consent.objects.filter(granted=False)
    assert {(row.source, row.wording, row.happened_at) for row in withdrawn} == {("reply", "Stop.", LATER)}
    point = Touchpoint.objects.get()
    assert (point.kind, point.message_id, point.text, point.outcome) == ("unsubscribed", sent.pk, "Stop.", "stop")
    event = Event.objects.get()
    assert (event.name, event.properties["text"]) == ("message.unsubscribed", "Stop.")


def test_a_stop_wins_over_a_consent_of_a_moment_ago_though_the_carrier_s_clock_is_slow(sms: Sender) -> None:
    ada = cast.ada()
    message(ada, sms)
    cast.consent(ada, "sms", at=LATER - HOUR / 60)
    accept(sms, said("STOP", SHARED, at=NOW))
    assert not allows(ada, "sms")


def test_words_within_a_sentence_stop_nothing(sms: Sender) -> None:
    ada = cast.ada()
    message(ada, sms)
    accept(sms, said("non-stop shopping", SHARED))
    assert allows(ada, "sms")
    assert told() == [("replied", "non-stop shopping", "")]
    assert [event.name for event in Event.objects.all()] == ["message.replied"]


def test_stop_holds_for_everybody_behind_the_address_and_is_told_of_the_last_one_written_to(sms: Sender) -> None:
    ada, eve = cast.ada(), cast.member("M-EVE", sms=SHARED, agreed=("sms",))
    other = cast.chidi()
    message(ada, sms, NOW - DAY)
    message(eve, sms, NOW)
    message(ada, sms, NOW + HOUR, state="queued", handed_at=None, sent_at=None)
    accept(sms, said("STOP", SHARED))
    assert [allows(who, "sms") for who in (ada, eve, other)] == [False, False, True]
    assert Touchpoint.objects.get().member == eve


def test_start_grants_again_and_finds_a_dead_address_alive() -> None:
    chat = outbox.sender("chat")
    ada = cast.ada()
    message(ada, chat)
    consent.suppress("chat", "1001", "blocked", NOW)
    accept(chat, said("退订", "1001"), said("Start!", "1001"))
    assert allows(ada, "chat")
    assert allows(ada, "chat", "service")
    assert not Suppression.objects.exists()
    granted = Consent.objects.filter(granted=True, source="reply").values_list("purpose", "wording").order_by("purpose")
    assert list(granted) == [("promotional", "Start!"), ("service", "Start!")]
    assert [row[0::2] for row in told()] == [("unsubscribed", "stop"), ("replied", "start")]


def test_saying_it_twice_decides_once(sms: Sender) -> None:
    message(cast.ada(), sms)
    accept(sms, said("STOP", SHARED))
    accept(sms, said("STOP", SHARED))
    assert Consent.objects.filter(granted=False).count() == 2  # two purposes
    assert len(told()) == 2


def test_a_reply_that_quotes_a_message_is_about_that_one() -> None:
    chat = outbox.sender("chat")
    ada = cast.ada()
    quoted = message(ada, chat, NOW - DAY, carrier_id="1001:5")
    message(ada, chat, NOW)
    accept(chat, said("What is this?", "1001", carrier_id="1001:5"))
    assert Touchpoint.objects.get().message_id == quoted.pk


def test_a_reply_before_any_message_is_laid_to_the_first_who_has_the_address(sms: Sender) -> None:
    ada = cast.ada()
    cast.member("M-EVE", sms=SHARED)
    accept(sms, said("Hello?", SHARED))
    point = Touchpoint.objects.get()
    assert (point.member, point.message_id) == (ada, None)


def test_somebody_unknown_stops_nothing(sms: Sender) -> None:
    ada = cast.ada()
    assert accept(sms, said("STOP", "+4915550199999"), said("STOP", "1234")) == Accepted(unknown=2)
    assert allows(ada, "sms")


def test_a_stop_word_with_what_postgresql_cannot_store_stops_all_the_same(sms: Sender) -> None:
    ada = cast.ada()
    message(ada, sms)
    accept(sms, said("STOP\0", SHARED))
    assert not allows(ada, "sms")


def test_a_long_reply_is_kept_and_cut_where_it_must_be(sms: Sender) -> None:
    message(cast.ada(), sms)
    accept(sms, said("a\0b" * 1000, SHARED))
    assert len(Touchpoint.objects.get().text) == 500
    assert len(Event.objects.get().properties["text"]) == 2000
