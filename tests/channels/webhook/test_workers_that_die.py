"""A worker that is killed while a receiver has its call: the event is told again, and the id shows that it is."""

from __future__ import annotations

import signal
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from channels import delivery, handover
from channels.models import Message
from content import offers
from members import clock
from tests import cast
from tests.channels.deliveries import granted
from tests.channels.test_leases import until, worker
from tests.channels.webhook.receiver import Receiver, subscription, webhooks


@pytest.mark.django_db(transaction=True)
def test_what_a_dead_worker_handed_over_is_told_again_under_the_same_id(
    environment: dict[str, str], receiver: Receiver
) -> None:
    over = threading.Event()

    def hang(_handler: BaseHTTPRequestHandler) -> None:
        over.wait(30)

    receiver.answers = [hang]
    shop = subscription(receiver.url, "grant.declined", timeout=15)
    now = clock.now()
    offers.decline([granted(cast.ada(now=now), now).pk], now)
    with worker(environment, shop) as process:
        until(lambda: len(receiver.calls) == 1)
        process.send_signal(signal.SIGKILL)
        process.wait()
    over.set()
    assert [one.state for one in webhooks()] == ["handed"]
    later = clock.now() + handover.LEASE + timedelta(seconds=1)
    assert delivery.recover(later) == (0, 1)
    assert delivery.deliver(shop, later).sent == 1
    first, second = receiver.calls
    assert (first.key, first.body) == (second.key, second.body)
    assert Message.objects.get().state == "sent"
