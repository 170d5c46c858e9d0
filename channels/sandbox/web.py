"""The sandbox's HTTP server: connections stay open, and a handler may let one hang or break."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import h11

LARGEST_BODY = 10_000_000


class Cut(Exception):
    """The carrier breaks the connection instead of answering."""


class BadRequest(Exception):
    """The request makes no sense; the message says why."""


@dataclass(frozen=True)
class Asked:
    """A request. Names of headers are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def fields(self) -> dict[str, str]:
        """Return the parameters of the query and of the body, whether the body is a form or a JSON object."""
        if self.headers.get("content-type", "").startswith("application/json"):
            return {**self.query, **{name: str(value) for name, value in self.json().items() if value is not None}}
        return {**self.query, **dict(parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True))}

    def json(self) -> dict[str, Any]:
        """Return the body's JSON object. Raises BadRequest."""
        try:
            found = json.loads(self.body or b"{}")
        except ValueError as error:
            raise BadRequest(f"The body is no JSON: {error}.") from error
        if not isinstance(found, dict):
            raise BadRequest("The body must be a JSON object.")
        return found


@dataclass(frozen=True)
class Answer:
    """A response with its body as text."""

    body: str
    status: int = HTTPStatus.OK
    kind: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(value: Any, status: int = HTTPStatus.OK) -> Answer:
    """Return an answer in JSON."""
    return Answer(json.dumps(value), status, "application/json")


Handler = Callable[[Asked], Awaitable[Answer]]


async def serve(handler: Handler, host: str, port: int) -> asyncio.Server:
    """Listen, and answer every request by the handler; port 0 takes a free one."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        try:
            while await _exchange(connection, reader, writer, handler):
                connection.start_next_cycle()
        except (Cut, ConnectionError, h11.RemoteProtocolError):
            writer.transport.abort()  # a carrier that vanishes says nothing, not even goodbye
        except asyncio.CancelledError:
            # The sandbox stops. Python 3.11 would print a traceback for each connection that is still open.
            writer.transport.abort()
        finally:
            writer.close()

    return await asyncio.start_server(converse, host, port, backlog=512)


async def _exchange(
    connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler
) -> bool:
    """Answer one request. Returns whether the connection can take another."""
    asked = await _read(connection, reader)
    if asked is None:
        return False
    try:
        answer = await handler(asked)
    except BadRequest as error:
        answer = Answer(str(error), HTTPStatus.BAD_REQUEST)
    body = answer.body.encode()
    headers = [("content-type", answer.kind), ("content-length", str(len(body))), *answer.headers.items()]
    events = (h11.Response(status_code=answer.status, headers=headers), h11.Data(data=body), h11.EndOfMessage())
    writer.write(b"".join(connection.send(event) or b"" for event in events))
    await writer.drain()
    return connection.our_state is h11.DONE and connection.their_state is h11.DONE


async def _read(connection: h11.Connection, reader: asyncio.StreamReader) -> Asked | None:
    request, body = None, bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65536))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > LARGEST_BODY:
                raise Cut
        elif isinstance(event, h11.EndOfMessage) and request is not None:
            return _asked(request, bytes(body))
        else:
            return None


def _asked(request: h11.Request, body: bytes) -> Asked:
    parts = urlsplit(request.target.decode())
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    headers = {name.decode(): value.decode("latin-1") for name, value in request.headers}
    return Asked(request.method.decode(), parts.path, query, headers, body)
