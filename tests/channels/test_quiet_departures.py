"""Quiet hours hold at the departure too: what was kept until they began leaves when they are over."""

from datetime import UTC, datetime, timedelta

import pytest

from channels import delivery, holds
from channels.models import Hold, Message, QuietHours
from channels.pace import WINDOW
from tests import cast
from tests.cast import NOW
from tests.channels import outbox
from tests.channels.deliveries import DOWN, Script, message, sender, states

pytestmark = pytest.mark.django_db

NIGHT = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)  # half past midnight in Berlin, half past seven at night in New York
OPENING = datetime(2026, 3, 11, 8, 0, tzinfo=UTC)  # nine in Berlin
SPREAD = timedelta(minutes=30)


@pytest.fixture(autouse=True)
def by_day(db: None) -> None:
    """Mails go between nine and eight."""
    outbox.quiet("email", "09:00", "20:00")


def test_a_carrier_that_comes_back_at_night_wakes_nobody(script: Script) -> None:
    carrier, waiting = sender(), message(cast.ada())
    script.will("ada@example.com", DOWN)
    delivery.deliver(carrier, NOW)
    script.deeds.clear()
    carried = len(script.outgoing)
    done = delivery.deliver(carrier, NIGHT)
    assert (done.claimed, len(script.outgoing)) == (0, carried)
    stored = Message.objects.get(pk=waiting.pk)
    assert stored.state == "queued"
    assert OPENING <= stored.due_at < OPENING + SPREAD
    assert delivery.deliver(carrier, stored.due_at).sent == 1
    assert states(waiting) == [("sent", "")]


def test_a_hold_lifted_at_night_lets_messages_go_in_the_morning(script: Script) -> None:
    carrier, waiting = sender(), message(cast.ada())
    holds.place(Hold.Scope.ALL, "", "Prices are wrong", NOW)
    delivery.deliver(carrier, NOW)
    holds.lift(Hold.Scope.ALL, "")
    delivery.deliver(carrier, NIGHT)
    assert (script.addresses, states(waiting)) == ([], [("queued", "quiet_hours")])
    assert delivery.deliver(carrier, OPENING + SPREAD).sent == 1


def test_it_is_night_for_some_and_day_for_others(script: Script) -> None:
    carrier = sender()
    to_berlin, to_york = message(cast.ada()), message(cast.ben(), channels=["email"], now=NIGHT - timedelta(hours=2))
    delivery.deliver(carrier, NIGHT)
    assert states(to_berlin, to_york) == [("queued", "quiet_hours"), ("sent", "")]


def test_sleeping_members_do_not_stop_those_behind_them(script: Script) -> None:
    carrier = sender()
    asleep = [message(who, priority=1) for who in cast.crowd(WINDOW)]
    awake = message(cast.ben(), channels=["email"], priority=99, now=NIGHT - timedelta(hours=2))
    assert delivery.deliver(carrier, NIGHT, limit=2).sent == 1
    assert set(states(*asleep)) == {("queued", "quiet_hours")}
    assert states(awake) == [("sent", "")]


def test_the_window_that_is_open_overnight_is_used_overnight(script: Script) -> None:
    carrier, waiting = sender(), message(cast.ada())
    QuietHours.objects.update(opens="20:00", closes="02:00")
    assert delivery.deliver(carrier, NIGHT).sent == 1
    assert states(waiting) == [("sent", "")]


def test_a_deadline_before_the_morning_ends_it_as_quiet_hours(script: Script) -> None:
    carrier, waiting = sender(), message(cast.ada(), expires_at=NIGHT + timedelta(hours=1))
    delivery.deliver(carrier, NIGHT)
    assert delivery.expire(NIGHT + timedelta(hours=1)) == 1
    assert (script.addresses, states(waiting)) == ([], [("cancelled", "quiet_hours")])


def test_what_kept_a_message_before_stays_its_reason(script: Script) -> None:
    carrier, waiting = sender(), message(cast.ada())
    Message.objects.filter(pk=waiting.pk).update(reason="over_capacity")
    delivery.deliver(carrier, NIGHT)
    assert states(waiting) == [("queued", "over_capacity")]
