"""What befell others in this field, reproduced, so that it cannot befall Chorale. Each test names its source."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, transaction

from channels import claims, delivery
from channels.claims import LEASE
from channels.models import Message, PressurePolicy, Sender
from channels.vocabulary import LIVE
from journeys import days, engine, moves, publishing
from journeys.models import Enrollment, Journey
from members.models import SHARDS
from members.sql import Sql
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.channels import outbox
from tests.channels.deliveries import REFUSED, Script, message, sender
from tests.channels.outbox import content
from tests.content.at_once import at_once
from tests.journeys.drawn import published, tick

SEND: dict[str, Any] = {"kind": "send", "content": "hello", "channels": ["email"]}
WAIT: dict[str, Any] = {"key": "a-day", "kind": "wait", "duration": {"days": 1}}
ALL = list(range(SHARDS))


def got() -> Counter[tuple[int, str]]:
    """How many messages there are for each member and step."""
    return Counter(Message.objects.to_members().values_list("member_id", "step_key"))


def go(number: int) -> None:
    """Have so many members do what lets them in."""
    for who in cast.crowd(number):
        cast.event(who, "go", NOW)


@pytest.mark.django_db
def test_a_step_that_is_deleted_has_nobody_written_to_again(script: Script) -> None:
    """mautic #16262: a step was deleted, its log went with it, and 100 contacts got one e-mail 11,500 times."""
    sender(), content()
    steps = [{**SEND, "key": "first"}, WAIT, {**SEND, "key": "second"}]
    journey = published(steps, NOW)
    go(20)
    tick(NOW)
    for number, kept in enumerate((steps[1:], steps[:1], steps[2:]), 1):
        definition = {**journey.current.definition, "steps": kept} if journey.current else {}
        publishing.publish(journey, definition, NOW + number * HOUR)
        for hour in range(30):
            tick(NOW + number * DAY + hour * HOUR)
            delivery.deliver(script_sender(), NOW + number * DAY + hour * HOUR)
    assert len(got()) == 40
    assert set(got().values()) == {1}
    assert Counter(script.addresses) == dict.fromkeys((f"m-{who:04}@example.com" for who in range(1, 21)), 2)


def script_sender() -> Sender:
    """The sender that the script carries, as it is stored."""
    return Sender.objects.get(adapter="scripted")


@pytest.mark.django_db
def test_whoever_was_fetched_when_a_worker_died_is_not_passed_over(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    """listmonk #3022: the cursor moved on when a batch was fetched; after a crash nobody in it was written to."""
    sender(), content()
    published([{**SEND, "key": "mail"}], NOW)
    go(30)
    monkeypatch.setattr(engine, "BATCH", 10)
    move, calls = moves.move, []

    def dies(decided: Sql, now: datetime) -> int:
        calls.append(now)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return move(decided, now)

    with monkeypatch.context() as killed:
        killed.setattr(moves, "move", dies)
        with pytest.raises(KeyboardInterrupt), transaction.atomic():
            engine.tick(ALL, NOW)
    engine.tick(ALL, NOW)
    assert len(got()) == 30

    claims.claim(script_sender(), NOW, 20)  # and this worker is never heard of again
    delivery.deliver(script_sender(), NOW)
    delivery.recover(NOW + LEASE)
    delivery.deliver(script_sender(), NOW + LEASE)
    assert sorted(script.addresses) == [f"m-{who:04}@example.com" for who in range(1, 31)]


@pytest.mark.django_db(transaction=True)
def test_schedulers_that_overlap_write_to_nobody_twice(script: Script) -> None:
    """mautic #1737: cron jobs that overlapped each sent what was due."""
    sender(), content()
    published([{**SEND, "key": "mail"}], NOW, entry={"date": {"of": "birthday", "at": "12:30"}})
    cast.crowd(12, zone="Europe/Berlin", birthday=NOW.date().replace(year=1990))
    later = NOW + HOUR

    def scheduler(_place: int) -> None:
        for _round in range(3):
            days.name(later)
            tick(later)
            delivery.deliver(script_sender(), later)

    assert at_once(4, scheduler) == [None] * 4
    assert Enrollment.objects.count() == 12
    assert sorted(script.addresses) == [f"m-{who:04}@example.com" for who in range(1, 13)]


@pytest.mark.django_db
@pytest.mark.parametrize("fault", ["refused", "broken"])
def test_one_message_that_fails_has_nobody_else_written_to_again(script: Script, fault: str) -> None:
    """mautic #7226: one sender of a batch was refused by 554, and all others of the batch were mailed over and over."""
    carrier = sender()
    for who in cast.crowd(40):
        message(who)
    script.will("m-0007@example.com", REFUSED if fault == "refused" else RuntimeError("554 SendAsDenied"))
    for hour in range(12):
        try:
            delivery.deliver(carrier, NOW + hour * HOUR)
        except RuntimeError:
            continue
        finally:
            delivery.recover(NOW + hour * HOUR)
    assert set(Counter(script.addresses).values()) == {1}
    states = Counter(Message.objects.values_list("state", flat=True))
    # Of the window with the broken message, 14 may have left: they are in doubt, not guessed.
    assert states == ({"sent": 39, "refused": 1} if fault == "refused" else {"sent": 26, "unconfirmed": 14})


@pytest.mark.django_db(transaction=True)
def test_what_is_claimed_stays_claimed_when_the_locks_are_gone(script: Script) -> None:
    """SELECT … FOR UPDATE SKIP LOCKED outside a transaction: its locks end with it, before any work is done."""
    carrier = sender()
    for who in cast.crowd(8):
        message(who)
    first = claims.claim(carrier, NOW, 5)
    assert not connection.in_atomic_block
    [found] = at_once(1, lambda _place: claims.claim(carrier, NOW, 8))
    assert len(first.messages) == 5
    assert {each.id for each in first.messages}.isdisjoint(each.id for each in found.messages)
    assert len(found.messages) == 3
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        claims.claim(carrier, NOW, 1)


@pytest.mark.django_db(transaction=True)
def test_two_journeys_at_once_do_not_pass_the_cap_together() -> None:
    """Count first and insert afterwards, twice at once: each sees room for one, and the member gets two."""
    outbox.sender("email")
    PressurePolicy.objects.all().delete()
    PressurePolicy.objects.create(pk=1, messages=1, days=7)
    content()
    for key in ("one", "two"):
        published([{**SEND, "key": "mail", "losing": "drop"}], NOW, key=key)
    go(12)
    done = at_once(8, lambda _place: engine.tick(ALL, NOW))
    assert [each for each in done if isinstance(each, BaseException)] == []
    engine.tick(ALL, NOW)
    live = Message.objects.filter(state__in=LIVE).values_list("member_id", flat=True)
    assert set(Counter(live).values()) == {1}
    assert (len(live), Journey.objects.count()) == (12, 2)
    assert Enrollment.objects.filter(ended_at__isnull=True).count() == 0
