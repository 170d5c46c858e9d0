"""How many facts a second the API takes in: a real gunicorn, a real PostgreSQL, calls of 50 and of 5,000 items.

    .venv/bin/python -m benchmarks.facts_by_api

Works in the house of the benchmarks, whose database it empties.

Makes 20,000 members, then sends events and purchases with two lines each from a few connections at once, and says what
arrived, and what `facts.record` alone gives in this process for the same facts. `--processor` says instead how much
processor time a call takes, of the program and of PostgreSQL, which is much the same on a busy machine.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks import house

MEMBERS = 20_000
AT = "2026-03-10T12:00:00+01:00"
_keys = count(time.time_ns())


def event(member: int) -> dict[str, Any]:
    """An event with two properties."""
    fact = {"member": f"B-{member:06}", "happened_at": AT, "source": "bench", "key": str(next(_keys))}
    return {**fact, "name": "page_seen", "properties": {"page": "/tea", "seconds": 12}}


def purchase(member: int) -> dict[str, Any]:
    """A purchase of two lines."""
    fact = {"member": f"B-{member:06}", "happened_at": AT, "source": "bench", "key": str(next(_keys))}
    lines = [
        {"sku": "tea-100", "quantity": 2, "unit_price": "4.50", "category": "tea"},
        {"sku": "mug", "quantity": 1, "unit_price": "8.00", "category": "ware"},
    ]
    return {**fact, "currency": "EUR", "lines": lines}


KINDS = {"events": event, "purchases": purchase}


def bodies(kind: str, size: int, calls: int) -> list[bytes]:
    """Bodies made ahead, so that the client costs little while the clock runs."""
    make = KINDS[kind]
    made = (make(number % MEMBERS) for number in range(size * calls))
    return [json.dumps({"items": [next(made) for _ in range(size)]}).encode() for _ in range(calls)]


def prepare() -> str:
    """Make the members and an administrator's token; return its text."""
    from django.contrib.auth.models import Group

    from members import clock, facts, tokens
    from members.models import User

    house.build()
    now = clock.now()
    facts.upsert_members((facts.MemberRecord(f"B-{number:06}") for number in range(MEMBERS)), now)
    user, _new = User.objects.get_or_create(username="bench")
    user.groups.set([Group.objects.get(name="Administrator")])
    return tokens.make(user, "bench", ["facts:write"], now + timedelta(days=1), now)[1]


@contextmanager
def serving(port: int, workers: int) -> Iterator[None]:
    """Run gunicorn for the length of a block."""
    command = ["gunicorn", "--workers", str(workers), "--bind", f"127.0.0.1:{port}", "config.wsgi:application"]
    process = subprocess.Popen([sys.executable, "-m", *command, "--keep-alive", "60"])
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                http.client.HTTPConnection("127.0.0.1", port, timeout=2).request("GET", "/api/schema/")
                break
            except OSError:
                time.sleep(0.2)
        time.sleep(2)
        yield
    finally:
        process.terminate()
        process.wait()


def send(port: int, token: str, kind: str, sent: list[bytes]) -> None:
    """Send bodies one after another."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    for body in sent:
        connection.request("POST", f"/api/v1/{kind}/", body, headers)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {said[:300]!r}")
        if answer.will_close:
            connection.close()


def by_api(port: int, token: str, kind: str, *, size: int, facts: int, clients: int) -> float:
    """Return the facts a second that the API took in."""
    share = max(1, facts // size // clients)
    parts = [bodies(kind, size, share) for _ in range(clients)]
    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(lambda sent: send(port, token, kind, sent), parts))
    return share * size * clients / (time.perf_counter() - started)


def by_domain(kind: str, size: int, number: int) -> float:
    """Return the facts a second that the domain takes in, given ready-made facts, in one process."""
    from members import facts
    from members.api.facts import EventIn, PurchaseIn
    from members.api.reading import reader

    read = reader(EventIn if kind == "events" else PurchaseIn).read
    calls = [[read(item) for item in json.loads(body)["items"]] for body in bodies(kind, size, number // size)]
    started = time.perf_counter()
    for call in calls:
        facts.record(call, datetime.now(UTC))
    return sum(map(len, calls)) / (time.perf_counter() - started)


def spent(backend: int) -> tuple[float, float]:
    """Return the seconds of processor time of this process and of a PostgreSQL backend on this machine (Linux)."""
    fields = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()
    return time.process_time(), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def by_processor(call: Callable[[bytes], None], kind: str, size: int, number: int) -> tuple[float, float]:
    """Return the milliseconds of processor time that a call takes: of the program, and of PostgreSQL."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [backend] = cursor.fetchone()
    sent = bodies(kind, size, number // size)
    call(bodies(kind, size, 1)[0])  # what is done once for all
    before = spent(backend)
    for body in sent:
        call(body)
    program, database = (after - at for after, at in zip(spent(backend), before, strict=True))
    return 1000 * program / len(sent), 1000 * database / len(sent)


def by_view(token: str, kind: str) -> Callable[[bytes], None]:
    """Return what sends a body through the whole application in this process, without a server before it."""
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections
    from django.test import Client

    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    client, headers = Client(SERVER_NAME="127.0.0.1"), {"Authorization": f"Bearer {token}"}

    def call(body: bytes) -> None:
        answer = client.post(f"/api/v1/{kind}/", body, content_type="application/json", headers=headers)
        if answer.status_code != 200:
            raise RuntimeError(f"{answer.status_code}: {answer.content[:300]!r}")

    return call


def by_record(kind: str) -> Callable[[bytes], None]:
    """Return what stores the facts of a body by the domain alone."""
    from members import facts
    from members.api.facts import EventIn, PurchaseIn
    from members.api.reading import reader

    read = reader(EventIn if kind == "events" else PurchaseIn).read

    def call(body: bytes) -> None:
        facts.record([read(item) for item in json.loads(body)["items"]], datetime.now(UTC))

    return call


def processor(token: str, number: int) -> None:
    """Measure processor time and print it."""
    for kind in KINDS:
        for size in (50, 5_000):
            for name, call in {"domain": by_record(kind), "API": by_view(token, kind)}.items():
                program, database = by_processor(call, kind, size, number)
                rate = 1000 * size / (program + database)
                print(
                    f"{kind:10} {size:5} a call   {name:6} {program:8.2f} ms program {database:8.2f} ms PostgreSQL"
                    f" {rate:8,.0f} facts a second of processor time",
                    flush=True,
                )


def main() -> None:
    """Measure and print."""
    said = argparse.ArgumentParser(description=__doc__)
    said.add_argument("--port", type=int, default=8731)
    said.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    said.add_argument("--facts", type=int, default=40_000)
    said.add_argument("--processor", action="store_true", help="processor time of each call, and no server")
    given = said.parse_args()
    house.found()
    token = prepare()
    if given.processor:
        processor(token, given.facts)
        return
    for kind in KINDS:
        for size in (50, 5_000):
            rate = by_domain(kind, size, given.facts)
            print(f"{kind:10} {size:5} a call   the domain alone, one process {rate:8,.0f} facts/s", flush=True)
    with serving(given.port, given.workers):
        for kind in KINDS:
            for size in (50, 5_000):
                for clients in (1, given.workers, 2 * given.workers):
                    rate = by_api(given.port, token, kind, size=size, facts=given.facts, clients=clients)
                    print(f"{kind:10} {size:5} a call   the API, {clients} clients {rate:8,.0f} facts/s", flush=True)


if __name__ == "__main__":
    main()
