"""The sandbox for tests: a real carrier on free ports, one for each test process, reset for each test."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from channels.sandbox import senders
from channels.sandbox.reactions import PROFILES
from channels.sandbox.senders import Installed
from channels.sandbox.server import Ports, running

RESET = {"rules": [], "profile": "none", "pace": 1, "forget": True, "hooks": {"email": None, "sms": None, "chat": None}}


class Carrier:
    """What a test does with the sandbox. Only what happened since the test began is seen."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        self.url = ports.url
        self.client = httpx.Client(base_url=ports.url, timeout=30, trust_env=False)
        self._first = -1
        self._before: set[str] = set()

    def reset(self) -> None:
        """Forget rules, reactions, time and whatever waits to be sent back."""
        self.control(**RESET)
        self.clock(None)
        counts = self._get("/counts")
        self._first, self._before = counts["entries"] - 1, set(counts["twice"])

    def create(self) -> Installed:
        """Make the four senders; the sandbox has nowhere to report."""
        return senders.create(self.ports)

    def install(self) -> Installed:
        """Make the four senders and have the sandbox report to them; needs `live_server` as CHORALE_PUBLIC_URL."""
        return senders.install(self.ports)

    def log(self, **wanted: str) -> list[dict[str, Any]]:
        """Return what was handed over, by `channel`, `key` or `address`."""
        found: list[dict[str, Any]] = self._get("/log", after=str(self._first), **wanted)
        return found

    def taken(self, **wanted: str) -> list[dict[str, Any]]:
        """Return what the carrier has taken."""
        return [entry for entry in self.log(**wanted) if entry["taken"]]

    def mail(self, key: str) -> str:
        """Return a mail as it came over the wire."""
        return self.client.get("/mail", params={"key": key}).raise_for_status().text

    def control(self, **parts: Any) -> None:
        """Replace rules, hooks, profile or pace."""
        self._post("/control", parts)

    def misbehave(self, do: str, **rule: Any) -> None:
        """Do this to every message that fits, from now on."""
        self.control(rules=[{"do": do, **rule}])

    def clock(self, now: datetime | None) -> None:
        """Set the carrier's time; None is the present."""
        self._post("/clock", {"now": now and now.isoformat()})

    def react(self, act: str, **whom: str) -> None:
        """Let something happen to the last message that fits `key`, or `channel` and `address`."""
        self._post("/react", {"act": act, **whom})

    def flush(self) -> dict[str, Any]:
        """Have everything sent back that is due."""
        return self._post("/flush", {})

    def twice(self) -> dict[str, int]:
        """Return the keys of messages that were taken more than once."""
        found: dict[str, int] = self._get("/counts")["twice"]
        return {key: times for key, times in found.items() if key not in self._before}

    def _get(self, path: str, **query: str) -> Any:
        return self.client.get(path, params=query).raise_for_status().json()

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.client.post(path, json=body)
        assert answer.is_success, answer.text
        return dict(answer.json())


@contextmanager
def in_thread(home: Path, profile: str = "none", now: datetime | None = None) -> Iterator[Ports]:
    """Run a sandbox in a thread of its own for as long as the block lasts."""
    started: Future[tuple[Ports, asyncio.AbstractEventLoop]] = Future()
    done = asyncio.Event()

    async def run() -> None:
        async with running(home, profile=PROFILES[profile], now=now) as ports:
            started.set_result((ports, asyncio.get_running_loop()))
            await done.wait()

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="sandbox", daemon=True)
    thread.start()
    ports, loop = started.result(timeout=30)
    try:
        yield ports
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(timeout=30)


@pytest.fixture(scope="session")
def carrier_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Carrier]:
    """The sandbox of this test process."""
    with in_thread(tmp_path_factory.mktemp("sandbox")) as ports:
        yield Carrier(ports)


@pytest.fixture
def carrier(carrier_process: Carrier) -> Carrier:
    """The sandbox, well-behaved, in the present, and without reactions."""
    carrier_process.reset()
    return carrier_process
