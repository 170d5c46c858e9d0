"""Real prefork workers: connections, brokers that restart, and what a killed worker leaves."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from celery import Celery
from celery.signals import worker_init
from django.db import connection

from config import broker as brokers
from config.embedded.home import Home
from config.embedded.server import wait_until
from config.embedded.valkey import Valkey
from tests.config.conftest import PROJECT, Users, alive
from tests.databases import plain_environment

Start = Callable[[dict[str, str]], subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a worker with two children; it is gone afterwards."""
    started: list[subprocess.Popen[bytes]] = []

    def worker(environment: dict[str, str]) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-I", "tests.config.probe_tasks"]
        with (tmp_path / "worker.log").open("wb") as log:
            options = ["--concurrency=2", f"--hostname=test-{os.getpid()}", "--loglevel=INFO"]
            process = subprocess.Popen([*command, *options], cwd=PROJECT, env=environment, stdout=log, stderr=log)
        started.append(process)
        return process

    yield worker
    for process in started:
        process.kill()
        process.wait()


class Probes:
    """Sends probes to the workers of a broker, and reads what they found."""

    def __init__(self, url: str, path: Path) -> None:
        self.app = Celery(broker=url, set_as_current=False)
        self.path = path

    def send(self, count: int, seconds: float = 0, gate: Path | None = None) -> list[tuple[int, int]]:
        """Send ``count`` probes and return (worker's process, connection's process) of each one when all have told."""
        before = len(self.found())
        arguments = [str(self.path), seconds, gate and str(gate)]
        for _ in range(count):
            self.app.send_task("tests.probe", arguments, queue="chorale")
        assert wait_until(lambda: len(self.found()) >= before + count, 60), self.path.with_name(
            "worker.log"
        ).read_text()
        return self.found()[before:]

    def found(self) -> list[tuple[int, int]]:
        """Return all pairs found so far."""
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return [(int(worker), int(backend)) for worker, backend in map(str.split, lines)]


def test_each_child_keeps_a_connection_of_its_own(environment: dict[str, str], start: Start, tmp_path: Path) -> None:
    worker = start(environment)
    found = Probes(environment["BROKER_URL"], tmp_path / "found").send(8, seconds=0.2)
    children, connections = {child for child, _ in found}, {backend for _, backend in found}
    assert len(children) == len(connections) == len(set(found)) == 2
    assert worker.pid not in children


def test_a_connection_that_broke_is_replaced(environment: dict[str, str], start: Start, tmp_path: Path) -> None:
    start(environment)
    probes = Probes(environment["BROKER_URL"], tmp_path / "found")
    broken = {backend for _, backend in probes.send(4, seconds=0.2)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS broken(pid)", [list(broken)])
    assert not broken & {backend for _, backend in probes.send(4, seconds=0.2)}


def restart(broker: Valkey) -> None:
    """Kill the broker, and return when its keeper has started it again."""
    died = broker.recorded_pid()
    assert died
    os.kill(died, signal.SIGKILL)
    assert wait_until(lambda: broker.ready() and broker.recorded_pid() not in {None, died}, 30)


def test_it_starts_the_embedded_servers_survives_their_restart_and_leaves_nothing_when_killed(
    home: Home, start: Start, tmp_path: Path
) -> None:
    worker = start({**plain_environment(), "CHORALE_HOME": str(home.root)})
    assert wait_until(Valkey(home).ready, 60)
    probes = Probes(brokers.embedded_url(home), tmp_path / "found")
    probes.send(1)

    restart(Valkey(home))
    probes.send(1)

    family = [psutil.Process(worker.pid), *psutil.Process(worker.pid).children(recursive=True)]
    assert len(family) == 3
    worker.kill()
    worker.wait()
    assert wait_until(lambda: not any(process.is_running() for process in family), 30)
    assert wait_until(lambda: not alive(home), 30)


def test_it_survives_a_broker_that_dies_under_a_task_which_then_ends_without_it(
    home: Home, users: Users, start: Start, tmp_path: Path
) -> None:
    users.ready()
    worker = start({**plain_environment(), "CHORALE_HOME": str(home.root)})
    probes, gate = Probes(brokers.embedded_url(home), tmp_path / "found"), tmp_path / "gate"
    ((busy, _),) = probes.send(1, gate=gate)
    restart(Valkey(home))
    ((free, _),) = probes.send(1)
    assert free != busy
    gate.touch()
    # When that child takes another task, the worker has tried to acknowledge the one before.
    assert busy in {child for child, _ in probes.send(4, seconds=0.2)}
    probes.send(1)
    assert worker.poll() is None


def test_a_worker_keeps_what_it_has_loaded_out_of_collections_of_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr("config.startup.gc.collect", lambda: done.append("collected"))
    monkeypatch.setattr("config.startup.gc.freeze", lambda: done.append("frozen"))
    listening = worker_init._live_receivers(None)  # type: ignore[attr-defined]
    (mine,) = [told for told in listening if told.__module__ == "config.celery"]
    mine()
    assert done == ["collected", "frozen"]
