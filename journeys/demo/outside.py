"""The world outside while days are played: the sandbox carrier, and the web server to which it reports."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import httpx
from django.conf import settings

from channels.sandbox import senders
from channels.sandbox.server import HOST, Ports
from journeys.demo.processes import Program, Programs, answers

# Receipts and clicks come in over this many connections at most (the sandbox has eight lanes).
THREADS = 4
_LISTENS = re.compile(rf"mails at {re.escape(HOST)}:(\d+), SMS and chat at http://{re.escape(HOST)}:(\d+)")
WEB = "web server"
SANDBOX = "sandbox carrier"


def start_sandbox(programs: Programs, *, pace: float, now: datetime | None = None) -> tuple[Program, Ports]:
    """Start the sandbox at free ports, with the senders pointed at it, and return where it listens.

    With `now` it begins at that time: what an earlier run of a replay left is not due before the replay says so.
    """
    arguments = ["manage.py", "sandbox", "--smtp-port=0", "--http-port=0", f"--pace={pace}"]
    arguments += [f"--now={now.isoformat()}"] if now else []
    program = programs.start(SANDBOX, arguments, {"PYTHONUNBUFFERED": "1"})
    program.wait_until(lambda: _LISTENS.search(program.log.read_text()) is not None)
    found = _LISTENS.search(program.log.read_text())
    ports = Ports(*(int(port) for port in found.groups())) if found else Ports(0, 0)
    senders.install(ports)
    return program, ports


def start_web(programs: Programs, *, clock: Path | None = None) -> Program:
    """Start the web server and return when it answers; with a `clock`, it lives at the time in that file."""
    arguments = ["-m", "gunicorn", "config.wsgi:application", f"--bind={HOST}:{settings.CHORALE_PORT}", "--workers=1"]
    arguments += [f"--threads={THREADS}", "--keep-alive=30", "--log-level=warning"]
    program = programs.start(WEB, arguments, {"CHORALE_CLOCK": str(clock or "")})
    program.wait_until(lambda: answers(settings.CHORALE_PORT))
    return program


class Carriers:
    """The sandbox at the played time, which the web server lives at, too."""

    def __init__(self, ports: Ports, clock: Path) -> None:
        self._clock = clock
        self._client = httpx.Client(base_url=ports.url, timeout=300, trust_env=False)
        self.failed: list[str] = []

    def __enter__(self) -> Carriers:
        return self

    def __exit__(self, *_error: object) -> None:
        self._client.close()

    def begin(self, moment: datetime) -> None:
        """Let both live at this time from now on."""
        write_clock(self._clock, moment)
        self._post("/clock", {"now": moment.isoformat()})

    def settle(self, _moment: datetime) -> None:
        """Have everything reported that is due; the words of what was not taken are kept in `failed`."""
        self.failed += self._post("/flush", {})["failed"]

    def _post(self, door: str, given: dict[str, str]) -> dict[str, Sequence[str]]:
        answer: dict[str, Sequence[str]] = self._client.post(door, json=given).raise_for_status().json()
        return answer


def write_clock(path: Path, moment: datetime) -> None:
    """Write the time that the web server reads, whole at any instant."""
    draft = path.with_suffix(".new")
    draft.write_text(moment.isoformat())
    os.replace(draft, path)
