"""Leases: workers share the queue, and one that dies leaves nothing stuck, lost or sent twice."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection, transaction

from channels import claims, delivery, handover, settling
from channels.base import Result
from channels.composing import compose
from channels.desk.adapter import Desk
from channels.handover import hand_over
from channels.models import Message, MessageCount, Sender
from channels.settling import Settlement
from channels.vocabulary import State
from content import offers
from members import clock
from members.models import Touchpoint
from members.sql import rows
from members.vocabulary import Channel
from tests import cast
from tests.carrier import Carrier
from tests.cast import NOW
from tests.channels.deliveries import SENT, Script, granted, message, sender, states

LATER = NOW + timedelta(hours=1)
WORKER = """
import sys, django
django.setup()
from channels import delivery
from channels.models import Sender
from members import clock
delivery.deliver(Sender.objects.get(pk=int(sys.argv[1])), clock.now(), clock=clock.now)
"""


@contextmanager
def worker(environment: dict[str, str], carrier: Sender) -> Iterator[subprocess.Popen[bytes]]:
    """A process that delivers what is due at a sender; it is gone when the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(carrier.pk)],
        env={**environment, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": "."},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for something to become true, and fail when it does not."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


@contextmanager
def locked(statement: str) -> Iterator[None]:
    """Hold the locks of a SELECT … FOR UPDATE on another connection."""
    with psycopg.connect(**connection.get_connection_params(), autocommit=False) as other:
        other.execute(statement)
        yield
        other.rollback()


# In one process -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_lease_lost_in_claimed_is_taken_again(script: Script) -> None:
    carrier = sender()
    lost = message(cast.ada())
    claims.claim(carrier, NOW, 10)
    assert delivery.recover(NOW + claims.LEASE - timedelta(seconds=1)) == (0, 0)
    assert states(lost) == [("claimed", "")]
    assert delivery.recover(NOW + claims.LEASE) == (1, 0)
    assert states(lost) == [("queued", "")]
    assert delivery.deliver(carrier, LATER).sent == 1


@pytest.mark.django_db
def test_a_lease_lost_in_handed_is_unconfirmed_and_has_a_touchpoint(script: Script) -> None:
    carrier, doubtful = sender(), message(cast.ada())
    hand(carrier)
    assert delivery.recover(LATER) == (0, 1)
    assert states(doubtful) == [("unconfirmed", "fate_unknown")]
    assert Touchpoint.objects.get().outcome == "unconfirmed"
    assert MessageCount.objects.get(state="unconfirmed").count == 1
    assert delivery.deliver(carrier, LATER).claimed == 0


@pytest.mark.django_db
def test_a_lease_lost_in_handed_is_taken_again_where_the_adapter_dedupes(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.channels.deliveries.Scripted.dedupes", True)
    carrier, again = sender(), message(cast.ada())
    hand(carrier)
    assert delivery.recover(LATER) == (0, 1)
    assert states(again) == [("queued", "")]
    assert not Touchpoint.objects.exists()
    assert delivery.deliver(carrier, LATER).sent == 1
    assert Desk.dedupes


@pytest.mark.django_db
def test_a_departure_is_noted_when_a_receipt_came_and_the_worker_did_not(script: Script) -> None:
    carrier, settled = sender(), message(cast.ada())
    hand(carrier)
    Message.objects.update(state="delivered")
    delivery.recover(LATER)
    assert states(settled) == [("delivered", "")]
    assert Message.objects.get().lease_until is None
    assert Touchpoint.objects.get(kind="message").outcome == "sent"


@pytest.mark.django_db
def test_a_late_worker_changes_nothing(script: Script) -> None:
    carrier, lost = sender(), message(cast.ada())
    token = hand(carrier)
    delivery.recover(LATER)
    late = Settlement(lost.pk, State.REFUSED, "carrier_refused", "too late")
    assert settling.record([late], token, LATER) == {}
    assert states(lost) == [("unconfirmed", "fate_unknown")]
    Message.objects.update(state="handed", lease_token=uuid4())
    assert settling.record([late], token, LATER) == {}
    assert states(lost) == [("handed", "fate_unknown")]


@pytest.mark.django_db
def test_a_worker_whose_lease_is_over_hands_nothing_more_over(script: Script) -> None:
    carrier = sender(rate=100_000)
    for who in cast.crowd(30):
        message(who)
    moment = [NOW]

    def past_the_lease() -> Result:
        moment.append(NOW + claims.LEASE)
        return SENT

    script.will("m-0020@example.com", past_the_lease)
    done = delivery.deliver(carrier, NOW, clock=lambda: moment[-1])
    assert (done.sent, len(script.windows)) == (20, 1)
    assert Message.objects.filter(state="queued").count() == 10


def hand(carrier: Sender) -> UUID:
    """Claim and hand over all that is due, as a worker does that dies then; return its token."""
    claim = claims.claim(carrier, NOW, 10)
    with transaction.atomic():
        assert hand_over(compose(carrier, claim.messages, NOW).outgoing, claim.token, NOW).messages
    return claim.token


# Several connections and processes ------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_claim_passes_over_what_another_transaction_has_in_its_hands(script: Script) -> None:
    carrier = sender()
    busy, free = [message(who) for who in cast.crowd(2)]
    with locked(f"SELECT FROM channels_message WHERE id = {busy.pk} FOR UPDATE"):
        assert [found.id for found in claims.claim(carrier, NOW, 10).messages] == [free.pk]
    assert [found.id for found in claims.claim(carrier, NOW, 10).messages] == [busy.pk]


@pytest.mark.django_db(transaction=True)
def test_a_redeem_that_commits_while_the_window_waits_for_it_wins(script: Script) -> None:
    carrier, ada, clerk = sender(), cast.ada(), cast.clerk()
    grant = granted(ada)
    about, other = message(ada, offer_id=grant.offer_id), message(ada, step_key="other")
    claim = claims.claim(carrier, NOW, 10)
    window = compose(carrier, claim.messages, NOW).outgoing
    redeemed = threading.Event()

    def redeem() -> None:
        with transaction.atomic():
            offers.redeem(grant.pk, request_key="tap", channel=Channel.COUNTER, now=NOW, who=clerk)
            redeemed.set()
            until(lambda: waiting_for_locks() == 1)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(redeem)
        assert redeemed.wait(30)
        with transaction.atomic():
            handed = hand_over(window, claim.token, NOW)
        done.result()
    assert [out.message_id for out in handed.messages] == [other.pk]
    assert states(about, other) == [("cancelled", "grant_closed"), ("handed", "")]


@pytest.mark.django_db(transaction=True)
def test_several_workers_share_the_queue_and_nothing_leaves_twice(
    environment: dict[str, str], carrier: Carrier
) -> None:
    mail = at_rate(carrier.create().email, 40)
    sent = [message(who, now=clock.now(), expires_at=tomorrow()) for who in cast.crowd(120, now=clock.now())]
    with worker(environment, mail), worker(environment, mail):
        with locked("SELECT FROM channels_sender FOR UPDATE"):
            # Each has claimed what two seconds allow and waits to book them.
            until(lambda: waiting_for_locks() == 2)
            assert Message.objects.filter(state="claimed").count() == len(sent)
            assert Message.objects.values("lease_token").distinct().count() == 2
        until(lambda: not Message.objects.exclude(state="sent").exists())
    assert len(carrier.taken()) == len(sent)
    assert carrier.twice() == {}


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_claimed_leaves_messages_that_are_taken_again(
    environment: dict[str, str], carrier: Carrier
) -> None:
    mail = carrier.create().email
    lost = message(cast.ada(now=clock.now()), now=clock.now(), expires_at=tomorrow())
    with locked("SELECT FROM channels_sender FOR UPDATE"), worker(environment, mail) as process:
        until(lambda: waiting_for_locks() == 1)
        assert states(lost) == [("claimed", "")]
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert delivery.deliver(mail, clock.now()).claimed == 0
    later = clock.now() + claims.LEASE
    assert delivery.recover(later) == (1, 0)
    assert delivery.deliver(mail, later).sent == 1
    assert len(carrier.taken(key=str(lost.public_id))) == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_handed_leaves_messages_that_nobody_sends_again(
    environment: dict[str, str], carrier: Carrier
) -> None:
    mail = carrier.create().email
    first, second = (message(who, now=clock.now(), expires_at=tomorrow()) for who in cast.crowd(2, now=clock.now()))
    carrier.misbehave("hang", seconds=60)
    with worker(environment, mail) as process:
        until(lambda: states(first, second) == [("handed", "")] * 2)
        process.send_signal(signal.SIGKILL)
        process.wait()
    carrier.reset()
    assert delivery.recover(clock.now()) == (0, 0)
    later = clock.now() + handover.LEASE
    assert delivery.recover(later) == (0, 2)
    assert states(first, second) == [("unconfirmed", "fate_unknown")] * 2
    assert delivery.deliver(mail, later).claimed == 0
    assert carrier.taken() == []


@pytest.mark.django_db(transaction=True)
def test_what_the_carrier_said_outlives_a_database_that_goes_away_while_it_is_called(script: Script) -> None:
    carrier = sender()
    sent = [message(who) for who in cast.crowd(3)]

    def away() -> Result:
        [(mine,)] = rows("SELECT pg_backend_pid()", {})
        with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 20000)", [mine])
        return SENT

    script.will("m-0002@example.com", away)
    assert delivery.deliver(carrier, NOW).sent == len(sent)
    assert states(*sent) == [("sent", "")] * len(sent)
    assert Touchpoint.objects.count() == len(sent)


def tomorrow() -> datetime:
    return clock.now() + timedelta(days=1)


def at_rate(carrier: Sender, rate: int) -> Sender:
    Sender.objects.filter(pk=carrier.pk).update(rate=rate)
    return Sender.objects.get(pk=carrier.pk)


def waiting_for_locks() -> int:
    """How many connections to this database wait for a lock right now."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return int(rows(waiting, {})[0][0])
