"""A receiver of webhooks as somebody else would write it from the specification, and subscriptions that lead to it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

import pytest

from channels import senders
from channels.models import Message, Sender

SECRET = "whsec_" + base64.b64encode(b"x" * 32).decode()
_names = count(1)


@dataclass
class Call:
    """One call as it came over the wire."""

    headers: dict[str, str]
    body: bytes
    path: str

    @property
    def key(self) -> str:
        """The webhook's id."""
        return self.headers["webhook-id"]

    @property
    def told(self) -> dict[str, Any]:
        """The payload."""
        return dict(json.loads(self.body))

    def is_signed_with(self, secret: str) -> bool:
        """Verify as the specification says, by nothing of ours."""
        key = base64.b64decode(secret[len("whsec_") :])
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + self.body
        wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        given = [part.partition(",") for part in self.headers["webhook-signature"].split(" ")]
        return any(version == "v1" and hmac.compare_digest(text, wanted) for version, _comma, text in given)


@dataclass
class Receiver:
    """A web server that keeps every call and answers as it is told: a status, or a function of the handler."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    answers: list[int | Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=list)
    usual: int = 204

    def types(self) -> list[str]:
        """The types of what it was told, in the order of their names: the order of arrival is nobody's promise."""
        return sorted(call.told["type"] for call in self.calls)

    def of(self, event: str) -> dict[str, Any]:
        """The data of the one event of a type."""
        [found] = [call.told for call in self.calls if call.told["type"] == event]
        return dict(found["data"])


def answer(handler: BaseHTTPRequestHandler, status: int, words: bytes = b"", **headers: str) -> None:
    """Answer with words and headers, whose names have _ for -."""
    handler.send_response(status)
    for name, value in {**headers, "content_length": str(len(words))}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(words)


@contextmanager
def listening(prepare: Callable[[ThreadingHTTPServer], None] = lambda server: None) -> Iterator[Receiver]:
    """Run a receiver on loopback for as long as the block lasts; `prepare` may put TLS around its socket."""
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.calls.append(Call(headers, body, self.path))
            next_one = found.answers.pop(0) if found.answers else found.usual
            if callable(next_one):
                next_one(self)
            else:
                answer(self, next_one)

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_words: object) -> None:
            """Say nothing of connections that break off."""

    with Server(("127.0.0.1", 0), Handler) as server:
        prepare(server)
        found.url = f"http://127.0.0.1:{server.server_port}/hooks"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on loopback that says yes to everything."""
    with listening() as found:
        yield found


def subscription(url: str, *events: str, **settings: Any) -> Sender:
    """A subscription to events; the receiver may be on this machine."""
    made = Sender(name=f"Shop {next(_names)}", adapter="webhook")
    senders.configure(
        made, {"url": url, "events": list(events), "secret": SECRET, "allow_private": True, "timeout": 5, **settings}
    )
    made.save()
    return made


def webhooks(**wanted: Any) -> list[Message]:
    """The webhooks in the outbox, in the order in which they were queued."""
    return list(Message.objects.filter(channel="webhook", **wanted).order_by("pk"))
