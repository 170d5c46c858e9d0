"""What follows from a carrier's answer: the end, another attempt, a pause of the sender, or doubt."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from channels import delivery, retries
from channels.base import ATTEMPTS, Fate, Outgoing, Result
from channels.models import Message, Sender
from channels.pace import WINDOW
from members.models import Suppression, Touchpoint
from tests import cast
from tests.cast import HOUR, NOW
from tests.channels import outbox
from tests.channels.deliveries import (
    AGAIN,
    DOWN,
    REFUSED,
    SENT,
    UNKNOWN,
    Script,
    Scripted,
    message,
    sender,
    states,
)

pytestmark = pytest.mark.django_db
ADA = "ada@example.com"


def stored(one: Message) -> Message:
    return Message.objects.get(pk=one.pk)


def test_a_refusal_ends_a_message_with_the_carriers_words(script: Script) -> None:
    carrier = sender()
    refused = message(cast.ada())
    script.will(ADA, REFUSED)
    assert delivery.deliver(carrier, NOW).refused == 1
    found = stored(refused)
    assert (found.state, found.reason, found.words, found.ended_at) == (
        "refused",
        "carrier_refused",
        "unknown user",
        NOW,
    )
    assert not Touchpoint.objects.exists()


def test_a_refusal_of_a_dead_address_is_a_hard_bounce_and_silences_the_next_window(script: Script) -> None:
    carrier, ada = sender(), cast.ada()
    first, others = message(ada, priority=1), [message(who, priority=2) for who in cast.crowd(WINDOW)]
    second = message(ada, outbox.content("next"), step_key="next", priority=3)
    script.will(ADA, replace(REFUSED, words="550 5.1.1 no such user", dead_address=True))
    delivery.deliver(carrier, NOW)
    assert states(first, second, *others[:1]) == [
        ("refused", "carrier_refused"),
        ("cancelled", "suppressed"),
        ("sent", ""),
    ]
    [never] = Suppression.objects.all()
    assert (never.channel, never.address, never.reason) == ("email", ADA, "It bounced: 550 5.1.1 no such user")


def test_a_carriers_result_may_bring_its_own_reason(script: Script) -> None:
    carrier = sender()
    refused = message(cast.ada())
    script.will(ADA, Result(0, Fate.REFUSED, reason="not_rendered"))
    delivery.deliver(carrier, NOW)
    assert states(refused) == [("refused", "not_rendered")]


def test_a_message_that_may_leave_later_is_tried_again_after_a_pause(script: Script) -> None:
    carrier = sender()
    tried = message(cast.ada())
    script.will(ADA, AGAIN, SENT)
    assert delivery.deliver(carrier, NOW).queued == 1
    waiting = stored(tried)
    assert (waiting.state, waiting.attempts, waiting.words) == ("queued", 1, "come back later")
    assert timedelta(seconds=45) <= waiting.due_at - NOW <= timedelta(seconds=75)
    assert delivery.deliver(carrier, waiting.due_at - timedelta(seconds=1)).claimed == 0
    assert delivery.deliver(carrier, waiting.due_at).sent == 1
    found = stored(tried)
    assert (found.state, found.reason, found.attempts) == ("sent", "", 2)


def test_a_carrier_that_asks_for_a_longer_pause_gets_it(script: Script) -> None:
    carrier = sender()
    tried = message(cast.ada())
    script.will(ADA, Result(0, Fate.AGAIN, wait=3600))
    delivery.deliver(carrier, NOW)
    assert stored(tried).due_at == NOW + HOUR


def test_a_message_fails_with_the_carriers_words_when_every_attempt_was_in_vain(script: Script) -> None:
    carrier = sender()
    tried = message(cast.ada())
    script.will(ADA, AGAIN)
    for _attempt in range(ATTEMPTS):
        assert stored(tried).state == "queued"
        delivery.deliver(carrier, stored(tried).due_at)
    found = stored(tried)
    assert (found.state, found.reason, found.words) == ("failed", "carrier_failed", "come back later")
    assert found.attempts == ATTEMPTS == len(script.outgoing)


def test_a_message_fails_at_once_when_the_next_attempt_would_miss_its_deadline(script: Script) -> None:
    carrier = sender()
    tried = message(cast.ada(), expires_at=NOW + timedelta(seconds=30))
    script.will(ADA, AGAIN)
    assert delivery.deliver(carrier, NOW).failed == 1
    assert states(tried) == [("failed", "carrier_failed")]


@given(key=some.uuids(), attempt=some.integers(1, 30))
def test_pauses_double_are_spread_and_are_the_same_each_time(key: object, attempt: int) -> None:
    pause = retries.pause(str(key), attempt)
    doubled = min(retries.FIRST_PAUSE * float(2 ** (attempt - 1)), retries.LONGEST_PAUSE)
    assert doubled * 0.75 <= pause <= doubled * 1.25
    assert pause == retries.pause(str(key), attempt)


def test_a_message_whose_fate_is_unknown_is_unconfirmed_and_never_sent_again(script: Script) -> None:
    carrier = sender()
    doubtful = message(cast.ada())
    script.will(ADA, UNKNOWN)
    assert delivery.deliver(carrier, NOW).unconfirmed == 1
    found = stored(doubtful)
    assert (found.state, found.reason, found.words) == ("unconfirmed", "fate_unknown", "no answer")
    assert Touchpoint.objects.get().outcome == "unconfirmed"
    assert delivery.deliver(carrier, NOW + HOUR).claimed == 0


# The carrier as a whole -----------------------------------------------------------------------------------------------


def test_a_carrier_that_is_down_costs_no_attempt_and_pauses_the_sender(script: Script) -> None:
    carrier = sender()
    tried = [message(who) for who in cast.crowd(25)]
    for who in range(1, 26):
        script.will(f"m-{who:04}@example.com", DOWN)
    assert delivery.deliver(carrier, NOW).queued == 20
    assert len(script.windows) == 1
    first, last = stored(tried[0]), stored(tried[-1])
    assert (first.state, first.reason, first.words, first.attempts) == (
        "queued",
        "carrier_failed",
        "connection refused",
        0,
    )
    assert first.due_at > NOW
    assert (last.state, last.reason, last.due_at, last.attempts) == ("queued", "", tried[-1].due_at, 0)
    carrier.refresh_from_db()
    assert (carrier.failing_since, carrier.failing_words) == (NOW, "connection refused")
    assert delivery.senders_with_work(NOW) == []
    assert delivery.deliver(carrier, NOW).claimed == 0


def test_one_window_tries_whether_the_carrier_is_back_and_then_all_leave(script: Script) -> None:
    carrier = sender()
    for who in cast.crowd(45):
        message(who)
    script.will("m-0001@example.com", DOWN, SENT)
    delivery.deliver(carrier, NOW)
    carrier.refresh_from_db()
    assert carrier.free_at
    # The first window is put back, all of it was tried or stood behind the failure; the other 25 are still due.
    assert delivery.deliver(carrier, carrier.free_at).sent == 25
    assert [len(window) for window in script.windows] == [20, 20, 5]
    carrier.refresh_from_db()
    assert (carrier.failing_since, carrier.failing_words) == (None, "")
    assert delivery.deliver(carrier, NOW + HOUR).sent == 1
    assert not Message.objects.exclude(state="sent").exists()


def test_pauses_grow_with_the_outage_up_to_a_minute_unless_the_carrier_asks_for_more(script: Script) -> None:
    carrier = sender()
    message(cast.ada())
    script.will(ADA, DOWN)
    pauses = []
    now = NOW
    for _try in range(40):
        Message.objects.update(due_at=NOW)
        delivery.deliver(carrier, now)
        carrier.refresh_from_db()
        assert carrier.free_at
        pauses.append((carrier.free_at - now).total_seconds())
        now = carrier.free_at
    assert pauses[0] == 1
    assert pauses == sorted(pauses)
    assert pauses[-1] == 60
    Message.objects.update(due_at=NOW)
    script.will(ADA, Result(0, Fate.AGAIN, words="slow down", wait=300, carrier_wide=True))
    delivery.deliver(carrier, now)
    carrier.refresh_from_db()
    assert carrier.free_at == now + timedelta(seconds=300)


def test_a_message_whose_carrier_stays_down_ends_with_that_reason(script: Script) -> None:
    carrier = sender()
    tried = message(cast.ada())
    script.will(ADA, DOWN)
    delivery.deliver(carrier, NOW)
    delivery.expire(stored(tried).expires_at)
    found = stored(tried)
    assert (found.state, found.reason, found.words) == ("cancelled", "carrier_failed", "connection refused")


def test_settings_that_cannot_be_read_pause_the_sender_with_a_sentence(script: Script) -> None:
    carrier = outbox.sender("email", "no-such-adapter")
    waiting = message(cast.ada())
    assert delivery.deliver(carrier, NOW).claimed == 0
    carrier.refresh_from_db()
    assert carrier.failing_since == NOW
    assert "no adapter “no-such-adapter”" in carrier.failing_words
    assert states(waiting) == [("queued", "")]


# Errors of our own ----------------------------------------------------------------------------------------------------


def test_an_adapter_that_breaks_leaves_what_it_had_unconfirmed_and_the_rest_queued(script: Script) -> None:
    carrier = sender()
    tried = [message(who) for who in cast.crowd(25)]
    script.will("m-0003@example.com", KeyError("oops"))
    with pytest.raises(KeyError):
        delivery.deliver(carrier, NOW)
    assert states(*tried) == [
        *[("sent", "")] * 2,
        *[("unconfirmed", "fate_unknown")] * 18,
        *[("queued", "")] * 5,
    ]
    assert Touchpoint.objects.count() == 20
    assert not Message.objects.filter(lease_token__isnull=False).exists()
    carrier.refresh_from_db()
    assert carrier.failing_words == "KeyError: 'oops'"


def test_a_message_without_a_result_is_unconfirmed(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    carrier = sender()
    silent = message(cast.ada())

    def forget(self: Scripted, window: Sequence[Outgoing]) -> Iterable[Result]:
        return []

    monkeypatch.setattr(Scripted, "send", forget)
    assert delivery.deliver(carrier, NOW).unconfirmed == 1
    assert states(silent) == [("unconfirmed", "fate_unknown")]


def test_an_error_before_the_hand_over_puts_messages_back(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    carrier = sender()
    waiting = message(cast.ada())

    def broken(*_given: object) -> None:
        raise RuntimeError("oops")

    monkeypatch.setattr("channels.batches.hand_over", broken)
    with pytest.raises(RuntimeError):
        delivery.deliver(carrier, NOW)
    assert states(waiting) == [("queued", "")]
    assert stored(waiting).attempts == 0
    assert Sender.objects.get(pk=carrier.pk).failing_words == "RuntimeError: oops"


# Receipts that overtake -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [SENT, UNKNOWN])
def test_a_receipt_that_overtakes_the_answer_stands_and_the_departure_is_noted(script: Script, answer: Result) -> None:
    carrier = sender()
    fast = message(cast.ada())

    def delivered() -> Result:
        Message.objects.filter(pk=fast.pk).update(state="delivered")
        return answer

    script.will(ADA, delivered)
    delivery.deliver(carrier, NOW)
    found = stored(fast)
    assert (found.state, found.reason, found.sent_at, found.lease_token) == ("delivered", "", NOW, None)
    assert Touchpoint.objects.get(kind="message").outcome == "sent"
