"""Two worker hosts on a network: one is cut off in mid-delivery, the other goes on, and everything left once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from channels import delivery
from channels.models import Message, Sender
from config.embedded.server import wait_until
from journeys import audit
from tests import cast
from tests.acceptance.hosts import GATE, Hosts, why_not
from tests.acceptance.test_workers import PROJECT, SEND, nobody_is_stuck
from tests.carrier import Carrier
from tests.channels.outbox import content
from tests.journeys.drawn import published
from tests.settings import BROKER_DATABASE

CANNOT = why_not()
pytestmark = [
    pytest.mark.skipif(bool(CANNOT), reason=CANNOT),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(180),
]
MEMBERS, LATER = 90, 30
RATE = 30  # a second; a worker claims what leaves in two, so there is work for both
WINDOW = RATE // 4
CUT, OTHER = 0, 1
Start = Callable[..., None]


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    with Hosts(2) as both:
        yield both


@pytest.fixture
def start(hosts: Hosts, environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Starts Celery programs on hosts; they reach database and broker over the network alone."""
    place = connection.settings_dict
    database = hosts.door(f"{place['HOST']}/.s.PGSQL.{place['PORT'] or 5432}")
    broker = hosts.door(str(settings.HOME.valkey_socket))
    there = {
        "DATABASE_URL": f"postgresql://{place['USER']}@{GATE}:{database.port}/{place['NAME']}",
        "BROKER_URL": f"redis://{GATE}:{broker.port}/{BROKER_DATABASE}",
    }
    started: list[subprocess.Popen[bytes]] = []

    def run(number: int, *arguments: str) -> None:
        command = [sys.executable, "-m", "celery", "-A", "config", *arguments, "--loglevel=WARNING"]
        with (tmp_path / f"host{number}.log").open("ab") as log:
            options = {"cwd": PROJECT, "env": {**environment, **there}, "stdout": log, "stderr": log}
            started.append(hosts.run(number, command, start_new_session=True, **options))

    yield run
    for process in started:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def the_other_is_done() -> bool:
    """All were queued, and what is not settled is under the one lease of the host that was cut off."""
    leases = Message.objects.filter(lease_token__isnull=False).values("lease_token").distinct().count()
    return (
        Message.objects.count() == MEMBERS + LATER
        and leases <= 1
        and not Message.objects.filter(state="queued").exists()
    )


def nothing_is_on_its_way() -> bool:
    """Each has left, or nobody knows."""
    return not Message.objects.exclude(state__in=["sent", "unconfirmed"]).exists()


def test_a_host_that_is_cut_off_takes_at_most_one_window_with_it(
    carrier: Carrier, hosts: Hosts, start: Start, tmp_path: Path
) -> None:
    carrier.create()
    mail = Sender.objects.get(channel="email")
    smtp = hosts.door((str(mail.settings["host"]), int(mail.settings["port"])))
    mail.settings |= {"host": GATE, "port": smtp.port}
    mail.rate = RATE
    mail.save()
    content("hello", ("email",))
    published([SEND], datetime.now(UTC), key="hosts")
    carrier.misbehave("delay", seconds=0.02)
    start(CUT, "worker", "--concurrency=1", "--hostname=cut")
    start(OTHER, "worker", "--concurrency=1", "--hostname=other")
    start(OTHER, "beat", "--schedule", str(tmp_path / "beat"), "--pidfile=")
    for who in cast.crowd(MEMBERS, now=datetime.now(UTC) - timedelta(days=60)):
        cast.event(who, "go", datetime.now(UTC))
    logs = [(tmp_path / f"host{number}.log") for number in (CUT, OTHER)]

    def in_mid_delivery() -> bool:
        """The host talks to the carrier, and what it handed over is not all settled."""
        return hosts.address(CUT) in smtp.open and Message.objects.filter(state="handed").exists()

    assert wait_until(in_mid_delivery, 60), [log.read_text()[-3000:] for log in logs]
    hosts.cable(CUT, "down")
    before = Message.objects.filter(state="sent").count()
    for who in cast.crowd(LATER, "L-", now=datetime.now(UTC) - timedelta(days=60)):
        cast.event(who, "go", datetime.now(UTC))
    assert wait_until(the_other_is_done, 60), logs[OTHER].read_text()[-3000:]
    assert Message.objects.filter(state="sent").count() > before

    # PostgreSQL ends what the other end of a dead cable left open; the lease does the rest.
    assert wait_until(nobody_is_stuck, 30)
    later = datetime.now(UTC) + timedelta(minutes=11)
    delivery.recover(later)
    delivery.deliver(Sender.objects.get(channel="email"), later)
    # The other host may have taken what the lease gave back before this one came to it.
    assert wait_until(nothing_is_on_its_way, 30), logs[OTHER].read_text()[-3000:]
    hosts.cable(CUT, "up")
    states = list(Message.objects.values_list("state", flat=True))
    assert states.count("sent") == MEMBERS + LATER - states.count("unconfirmed")
    assert states.count("unconfirmed") <= WINDOW
    # Back on the network, it learns that what it holds is not its own any more.
    assert wait_until(lambda: hosts.address(CUT) not in smtp.open, 30)
    assert carrier.twice() == {}
    sent = {str(key) for key in Message.objects.filter(state="sent").values_list("public_id", flat=True)}
    assert sent <= {entry["key"] for entry in carrier.taken(channel="email")}
    assert [finding.name for finding in audit.run(later) if finding.count] == []
