"""From a fact to its message at the carrier."""

from __future__ import annotations

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group

from benchmarks import house, programs, sink
from benchmarks.measuring import RUNS, Aim, Run, latencies, share
from benchmarks.workloads import mail
from benchmarks.workloads.base import Workload
from benchmarks.workloads.engine import published
from members import clock, tokens
from members.models import User
from members.sql import rows

SAMPLES = 10_000
FACTS, CALL = 500, 10  # a second, and in a call
CLIENTS = 4
_REACHED = """
SELECT m.external_id, i.address FROM members_member m JOIN members_identity i ON i.member_id = m.id
WHERE i.channel = 'email' AND (
    SELECT c.granted FROM members_consent c WHERE c.member_id = m.id AND c.channel = 'email'
    AND c.purpose = 'promotional' ORDER BY c.happened_at DESC LIMIT 1)
ORDER BY hashint8(m.id + 1) LIMIT %(most)s
"""
_LATEST = 30.0  # seconds that the last message is waited for


class FactToMessage(Workload):
    """Events arrive by the API, each of another member; a journey answers each with an e-mail."""

    key = "fact-to-message"
    title = f"Fact by API → message at the carrier, while {FACTS} facts/s arrive in calls of {CALL}: p95"
    short = "Fact to message"
    unit = "s"
    aim = Aim(more=False, value=1.0)
    how = (
        "gunicorn with one process, a Celery worker with two processes, beat and the broker, as in production; the"
        f" time runs from the sending of the call to the moment when the sink has the mail. {SAMPLES:,} samples over"
        " the three runs."
    )
    tried = """
Each fact is a message, so this is a load of 500 messages a second as well, on the same two cores as the web server,
the caller and the mail server. Where they are not idle, messages queue up and the latency says so. A tick of ten facts
takes some 25 ms of processor time, half of it for planning some thirty statements, and one of a hundred twice that:
small statements are planned once a connection, and those over the batch's temporary table cannot be, since it is
emptied with each commit. The first of the three runs meets connections and templates that are new.
"""

    def prepare(self) -> None:
        """Start everything, and publish the journey."""
        mail.contents()
        self._running = ExitStack()
        folder = self.stage.folder
        self._sink = self._running.enter_context(sink.running(folder / "facts.log"))
        self._sender = mail.sender("Carrier", self._sink.port)
        step = {"key": "letter", "kind": "send", "content": mail.CONTENT, "channels": ["email"]}
        published("answer", {"fact": {"topic": "event", "name": "checkout"}}, [step])
        self._token = _token()
        self._members = rows(_REACHED, {"most": SAMPLES if self.stage.in_full else SAMPLES // 3})
        house.forget_tasks()
        self._running.enter_context(programs.celery(folder))
        self._port = self._running.enter_context(programs.web(folder))

    def run(self, number: int) -> Run:
        """Send a third of the facts and wait for their messages."""
        mine = self._members[number::RUNS]
        calls = [mine[start : start + CALL] for start in range(0, len(mine), CALL)]
        sent: dict[str, float] = {}
        self._calls: list[float] = []
        begin = time.monotonic() + 0.5
        with ThreadPoolExecutor(CLIENTS) as pool:
            shares = [list(enumerate(calls))[client::CLIENTS] for client in range(CLIENTS)]
            for found in pool.map(lambda mine: self._send(number, mine, begin), shares):
                sent |= found
        arrived = self._arrived(sent)
        missing = len(sent) - len(arrived)
        if missing:
            raise RuntimeError(f"{missing} of {len(sent)} messages did not arrive within {_LATEST:.0f} seconds.")
        run = latencies([arrived[address] - at for address, at in sent.items()], 0.95)
        return replace(run, detail={**run.detail, "call_p95": share(sorted(self._calls), 0.95)})

    def _send(self, number: int, mine: list[tuple[int, Any]], begin: float) -> dict[str, float]:
        """Send calls, each at its time; return when each address's call was sent."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        sent: dict[str, float] = {}
        for place, members in mine:
            body = json.dumps({"items": [_fact(number, external_id) for external_id, _address in members]})
            time.sleep(max(0.0, begin + place * CALL / FACTS - time.monotonic()))
            sent |= {address: time.monotonic() for _external_id, address in members}
            connection.request("POST", "/api/v1/events/", body, headers)
            answer = connection.getresponse()
            said = answer.read()
            self._calls.append(time.monotonic() - sent[members[0][1]])
            if answer.status != 200:
                raise RuntimeError(f"{answer.status}: {said[:300]!r}")
        return sent

    def _arrived(self, sent: dict[str, float]) -> dict[str, float]:
        until = time.monotonic() + _LATEST
        found: dict[str, float] = {}
        while len(found) < len(sent) and time.monotonic() < until:
            time.sleep(0.5)
            found = {address: at for at, address in self._sink.taken() if address in sent}
        return found

    def finish(self) -> None:
        """Stop everything."""
        mail.retire(self._sender)
        self._running.close()


def _fact(number: int, external_id: str) -> dict[str, Any]:
    at = clock.now().isoformat()
    return {
        "member": external_id,
        "happened_at": at,
        "source": "bench",
        "key": f"{number}-{external_id}",
        "name": "checkout",
        "properties": {"page": "/tea"},
    }


def _token() -> str:
    user, _new = User.objects.get_or_create(username="bench-api")
    user.groups.set([Group.objects.get(name="Administrator")])
    now = clock.now()
    return tokens.make(user, "bench", ["facts:write"], now + timedelta(days=1), now)[1]
