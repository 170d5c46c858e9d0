"""The task that ticks: what it has queued is delivered at once, not when beat looks next."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from kombu.exceptions import OperationalError

from channels import tasks as delivering
from journeys import apps, tasks, work
from members import clock
from tests import cast
from tests.channels import outbox
from tests.journeys.drawn import published

pytestmark = pytest.mark.django_db


def test_a_tick_that_moved_somebody_has_the_senders_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    monkeypatch.setattr(delivering.look, "apply_async", lambda *, expires: looks.append(expires))
    outbox.sender("email")
    published([{"key": "mail", "kind": "send", "content": outbox.content().key, "channels": ["email"]}])
    cast.event(cast.ada(), "go")
    [shards] = work.groups(clock.now())
    tasks.tick(shards)
    assert looks == [tasks.STALE_SECONDS]
    tasks.tick(shards)
    assert len(looks) == 1


def test_a_broker_that_does_not_answer_is_waited_for_by_one_request_a_minute(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With a broker whose cable is pulled, every call of the API that told of a fact took half a minute."""
    asked, clock_reads = [], iter([100.0, 110.0, 159.0, 171.0, 172.0])
    fails = [True]

    def ask(**_options: object) -> None:
        asked.append(1)
        if fails[0]:
            raise OperationalError("Timeout reading from socket")

    monkeypatch.setattr(tasks.look, "apply_async", ask)
    monkeypatch.setattr(apps, "_failed", {})
    monkeypatch.setattr(apps, "time", SimpleNamespace(monotonic=lambda: next(clock_reads)))
    apps.look_at({1})
    assert "The broker takes no look" in caplog.text
    apps.look_at({1})
    assert len(asked) == 1
    fails[0] = False
    apps.look_at({1})
    apps.look_at({1})
    assert len(asked) == 3
