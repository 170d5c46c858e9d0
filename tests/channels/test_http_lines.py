"""Calls over HTTP: what a carrier's line does when answers fail to come, and how much is then in doubt."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from channels.base import Fate, Outgoing, Result
from channels.http import Line

WINDOW = [Outgoing(number, f"key-{number}", 1, "+4915550100001", "Hello") for number in range(20)]


class Counted(ThreadingHTTPServer):
    """A web server that counts the calls it got."""

    daemon_threads = True
    calls = 0


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[Counted]:
    """Run a web server that answers each GET so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert isinstance(self.server, Counted)
            self.server.calls += 1
            answer(self)

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    with Counted(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def call(server: Counted, timeout: float = 0.5, connections: int = 4) -> list[Result]:
    line = Line({"timeout": timeout, "connections": connections})
    url = f"http://127.0.0.1:{server.server_port}/"

    def request(_out: Outgoing) -> httpx.Request:
        return httpx.Request("GET", url)

    def read(out: Outgoing, answer: httpx.Response) -> Result:
        return Result(out.message_id, Fate.SENT, words=answer.text)

    with line.open():
        return list(line.call(WINDOW, request, read))


def good(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "2")
    handler.end_headers()
    handler.wfile.write(b"ok")


def test_each_message_has_its_answer_in_order() -> None:
    with answering(good) as server:
        results = call(server)
    assert [(result.message_id, result.fate, result.words) for result in results] == [
        (number, Fate.SENT, "ok") for number in range(20)
    ]


def test_an_answer_that_travels_packed_is_read_once() -> None:
    packed = gzip.compress("ok é".encode())

    def pack(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Type", "text/plain; charset=utf-8")
        handler.send_header("Content-Length", str(len(packed)))
        handler.end_headers()
        handler.wfile.write(packed)

    with answering(pack) as server:
        results = call(server)
    assert {(result.fate, result.words) for result in results} == {(Fate.SENT, "ok é")}


def answer_in(handler: BaseHTTPRequestHandler, charset: str, header: str = "") -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", f"text/plain; charset={charset}")
    handler.send_header("X-Via", header)
    handler.send_header("Content-Length", "2")
    handler.end_headers()
    handler.wfile.write(b"ok")


def test_a_yes_that_bears_a_header_with_an_umlaut_is_a_yes_and_nothing_is_sent_again() -> None:
    with answering(lambda handler: answer_in(handler, "utf-8", "Zürich")) as server:
        results = call(server)
    assert {(result.fate, result.words) for result in results} == {(Fate.SENT, "ok")}


@pytest.mark.parametrize("charset", ["hex", "undefined", "idna", "utf-16", "Zürich", "nonsense"])
def test_a_yes_in_an_encoding_that_no_text_is_in_is_a_yes_and_leaves_nothing_in_doubt(charset: str) -> None:
    with answering(lambda handler: answer_in(handler, charset)) as server:
        results = call(server)
    assert {(result.fate, result.words) for result in results} == {(Fate.SENT, "ok")}


@pytest.mark.parametrize("url", ["http://nobody..invalid/", "http://127.0.0.1:99999/", "http://[::1/"])
def test_an_address_that_cannot_be_called_leaves_the_messages_waiting(url: str) -> None:
    line = Line({"timeout": 1, "connections": 4})
    with line.open():
        results = list(
            line.call(
                WINDOW, lambda _out: httpx.Request("GET", url), lambda out, _answer: Result(out.message_id, Fate.SENT)
            )
        )
    assert {(result.fate, result.carrier_wide) for result in results} == {(Fate.AGAIN, True)}


def test_a_carrier_that_hangs_has_no_more_in_doubt_than_there_are_connections() -> None:
    over = threading.Event()

    def hang(_handler: BaseHTTPRequestHandler) -> None:
        over.wait(20)

    with answering(hang) as server:
        results = call(server)
        over.set()
    doubtful = [result for result in results if result.fate is Fate.UNKNOWN]
    assert 1 <= len(doubtful) <= 4
    assert server.calls == len(doubtful)
    assert {result.fate for result in results if result not in doubtful} == {Fate.AGAIN}
    assert all(result.carrier_wide and result.words for result in results)


def test_an_answer_that_trickles_in_for_ever_ends_all_the_same() -> None:
    over = threading.Event()

    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not over.wait(0.05):
            handler.wfile.write(b".")

    began = time.monotonic()
    with answering(trickle) as server:
        [first, *_others] = call(server, connections=1)
        over.set()
    assert (first.fate, first.words) == (Fate.UNKNOWN, "the answer does not end")
    assert time.monotonic() - began < 10


def test_an_answer_of_any_length_is_not_read_to_its_end() -> None:
    def flood(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"." * 65_536)
        except OSError:
            handler.close_connection = True

    with answering(flood) as server:
        [first, *_others] = call(server, timeout=10, connections=1)
    assert first.fate is Fate.UNKNOWN


@pytest.mark.parametrize("words", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", b"nonsense\r\n\r\n"])
def test_an_answer_that_breaks_off_leaves_the_message_in_doubt(words: bytes) -> None:
    def break_off(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(words)
        handler.close_connection = True

    with answering(break_off) as server:
        [first, *others] = call(server, connections=1)
    assert (first.fate, first.carrier_wide) == (Fate.UNKNOWN, True)
    assert {result.fate for result in others} == {Fate.AGAIN}


def test_a_line_that_is_not_open_is_an_error_of_ours() -> None:
    line = Line({"timeout": 1, "connections": 1})
    request = httpx.Request("GET", "http://127.0.0.1:1/")
    with pytest.raises(TypeError, match="while it is open"):
        list(line.call(WINDOW[:1], lambda _out: request, lambda out, _answer: Result(out.message_id, Fate.SENT)))
