"""The task that ticks: what it has queued is delivered at once, not when beat looks next."""

from __future__ import annotations

import pytest

from channels import tasks as delivering
from journeys import tasks, work
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
