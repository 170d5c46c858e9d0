"""Real workers and beat do the whole work, and nothing is lost or sent twice when they are killed in the middle."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from channels import delivery
from channels.models import Message, Sender
from config.embedded.server import wait_until
from journeys import audit
from journeys.models import Enrollment
from members.sql import rows
from tests import cast
from tests.carrier import Carrier
from tests.channels.outbox import content
from tests.journeys.drawn import published

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

PROJECT = Path(__file__).resolve().parents[2]
MEMBERS = 120
SEND: dict[str, Any] = {"key": "mail", "kind": "send", "content": "hello", "channels": ["email"]}
Program = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def program(environment: dict[str, str], tmp_path: Path) -> Iterator[Program]:
    """Starts Celery programs, each with its children in a process group of its own; all are gone afterwards."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        with (tmp_path / "celery.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "config", *arguments],
                cwd=PROJECT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL a program and its children, all at the same instant."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def worker(program: Program) -> subprocess.Popen[bytes]:
    return program("worker", "--concurrency=2", f"--hostname=w{os.getpid()}", "--loglevel=WARNING")


def all_left_the_queue() -> bool:
    """Nothing is left to do now: what dead workers held comes back later, by its lease."""
    return Message.objects.count() == MEMBERS and not Message.objects.filter(state="queued").exists()


def nobody_is_stuck() -> bool:
    """No statement of a worker that was killed is still worked on: PostgreSQL ends the one that it has in hand."""
    text = """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND (state = 'active' OR state LIKE 'idle in transaction%%')
    """
    return rows(text, {}) == [(0,)]


def test_killed_workers_lose_nothing_and_send_nothing_twice(carrier: Carrier, program: Program, tmp_path: Path) -> None:
    """Facts come in while workers die; what has an unknown fate is at most a window a kill, and is called so."""
    carrier.create()
    content("hello", ("email",))
    now = datetime.now(UTC)
    published([SEND], now, key="worked")
    program("beat", "--schedule", str(tmp_path / "beat"), "--loglevel=WARNING", "--pidfile=")
    crowd = cast.crowd(MEMBERS, now=now - timedelta(days=60))
    carrier.misbehave("delay", seconds=0.02)
    kills, dice = 0, random.Random(7)
    running = worker(program)
    for number, who in enumerate(crowd):
        cast.event(who, "go", datetime.now(UTC))
        if number in (40, 80):
            wait_until(lambda: Message.objects.filter(state="sent").count() > dice.randint(1, 15), 60)
            kill(running)
            kills += 1
            running = worker(program)
    assert wait_until(all_left_the_queue, 120), (tmp_path / "celery.log").read_text()[-4000:]
    kill(running)
    assert wait_until(nobody_is_stuck, 60)

    later = datetime.now(UTC) + timedelta(minutes=11)
    delivery.recover(later)
    delivery.deliver(Sender.objects.get(channel="email"), later)
    states = list(Message.objects.values_list("state", flat=True))
    assert set(states) <= {"sent", "unconfirmed"}
    assert Enrollment.objects.count() == len(states) == MEMBERS
    assert carrier.twice() == {}
    unconfirmed = states.count("unconfirmed")
    assert states.count("sent") == MEMBERS - unconfirmed
    assert unconfirmed <= 20 * 2 * kills
    taken = {entry["key"] for entry in carrier.taken(channel="email")}
    sent = {str(key) for key in Message.objects.filter(state="sent").values_list("public_id", flat=True)}
    assert sent <= taken
    assert [finding.name for finding in audit.run(later) if finding.count] == []
