"""A sender's rate holds over all workers in real time, and does not exist where time stands still."""

from datetime import timedelta

import pytest

from channels import delivery, holds
from channels.models import Hold, Sender
from channels.pace import Pace, gate
from tests import cast
from tests.cast import NOW
from tests.channels.deliveries import Script, message, sender

pytestmark = pytest.mark.django_db


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that workers would have slept."""
    seconds: list[float] = []
    monkeypatch.setattr("time.sleep", seconds.append)
    return seconds


def test_windows_are_spaced_by_the_rate(script: Script, slept: list[float]) -> None:
    carrier = sender(rate=10)
    for who in cast.crowd(10):
        message(who)
    delivery.deliver(carrier, NOW, clock=lambda: NOW)
    # A quarter of a second's messages at most leave at once.
    assert [len(window) for window in script.windows] == [2] * 5
    assert slept == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])


def test_workers_book_one_after_another_and_come_back_later_when_the_wait_is_long(slept: list[float]) -> None:
    carrier = sender(rate=100)
    first, second = Pace(NOW, lambda: NOW), Pace(NOW, lambda: NOW)
    first.book(carrier, 80)
    assert gate(carrier, second).size == 200
    second.book(carrier, 80)
    second.wait(20)
    assert slept == pytest.approx([0.8])
    assert gate(carrier, Pace(NOW, lambda: NOW)).size == 0
    assert gate(carrier, Pace(NOW + timedelta(seconds=1), lambda: NOW)).size == 200


def test_an_idle_sender_saves_nothing_up(slept: list[float]) -> None:
    carrier = sender(rate=100, free_at=NOW - timedelta(hours=1))
    pace = Pace(NOW, lambda: NOW)
    pace.book(carrier, 50)
    assert Sender.objects.get(pk=carrier.pk).free_at == NOW + timedelta(seconds=0.5)


def test_a_batch_is_as_large_as_the_rate_allows_in_two_seconds(slept: list[float]) -> None:
    slow, fast = sender(rate=1), sender(rate=100_000)
    assert (gate(slow, Pace(NOW, lambda: NOW)).size, gate(slow, Pace(NOW, lambda: NOW)).window) == (2, 1)
    assert (gate(fast, Pace(NOW, lambda: NOW)).size, gate(fast, Pace(NOW, lambda: NOW)).window) == (1000, 20)


def test_where_time_stands_still_there_is_no_rate(script: Script, slept: list[float]) -> None:
    carrier = sender(rate=1)
    for who in cast.crowd(30):
        message(who)
    assert delivery.deliver(carrier, NOW).sent == 30
    assert slept == []
    assert Sender.objects.get(pk=carrier.pk).free_at is None


def test_a_call_ends_after_its_turn(script: Script, slept: list[float]) -> None:
    carrier = sender(rate=1)
    for who in cast.crowd(20):
        message(who)
    # Each look at the clock takes a second: the turn is over before the queue is empty.
    times = iter(NOW + timedelta(seconds=second) for second in range(1000))
    next(times)
    done = delivery.deliver(carrier, NOW, clock=lambda: next(times))
    assert 0 < done.sent < 20


def test_a_long_search_in_vain_is_not_begun_again_at_once(script: Script, slept: list[float]) -> None:
    carrier = sender()
    message(cast.ada())
    holds.place(Hold.Scope.JOURNEY, "1", "Paused", NOW)
    delivery.deliver(carrier, NOW, clock=lambda: NOW + timedelta(seconds=0.5))
    assert Sender.objects.get(pk=carrier.pk).free_at == NOW + timedelta(seconds=5.5)
    assert gate(carrier, Pace(NOW + timedelta(seconds=4), lambda: NOW)).size == 0
    holds.lift(Hold.Scope.JOURNEY, "1")
    assert delivery.deliver(carrier, NOW + timedelta(seconds=5), clock=lambda: NOW).sent == 1


def test_a_short_search_in_vain_costs_nothing(script: Script, slept: list[float]) -> None:
    carrier = sender()
    delivery.deliver(carrier, NOW, clock=lambda: NOW)
    assert Sender.objects.get(pk=carrier.pk).free_at is None
