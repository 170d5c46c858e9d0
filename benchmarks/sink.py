"""A mail server that takes everything, forgets it, and notes who got a mail when: lean, so that it is not measured.

`python -m benchmarks.sink LOG` listens at a free port of loopback, says which on its standard output, and ends with its
standard input. Each line of the log is the monotonic time at which a mail was taken, and its recipient. A process and
two threads a connection would cost more than reading does: one loop reads whatever came and answers all of it at once.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_END = b"\r\n.\r\n"
_HELLO = b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"


class _Conversation(asyncio.Protocol):
    """One client: commands are told apart by their first letter."""

    def __init__(self, log: IO[str]) -> None:
        self._log = log
        self._waiting = b""
        self._in_mail = False
        self._to = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._say(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        answers: list[bytes] = []
        while self._waiting:
            end = self._waiting.find(_END if self._in_mail else b"\r\n")
            if end < 0:
                break
            answers.append(self._taken() if self._in_mail else self._answer(self._waiting[:end]))
            self._waiting = self._waiting[end + (5 if answers[-1] is _TAKEN else 2) :]
        if answers:
            self._say(b"".join(answers))

    def _say(self, words: bytes) -> None:
        self._transport.write(words)  # type: ignore[attr-defined]

    def _taken(self) -> bytes:
        self._in_mail = False
        self._log.write(f"{time.monotonic():.6f} {self._to}\n")
        return _TAKEN

    def _answer(self, line: bytes) -> bytes:
        first = line[:1].upper()
        if first == b"R" and line[1:2].upper() == b"C":
            self._to = line[line.find(b"<") + 1 : line.find(b">")].decode()
        elif first == b"D":
            self._in_mail = True
            return b"354 go on\r\n"
        elif first == b"E":
            return _HELLO
        elif first == b"Q":
            self._say(b"221 bye\r\n")
            self._transport.close()
            return b""
        return b"250 ok\r\n"


_TAKEN = b"250 taken\r\n"


@dataclass
class Sink:
    """A sink that runs: its port, and what it took."""

    port: int
    log: Path

    def taken(self) -> list[tuple[float, str]]:
        """Return when each mail was taken, and to whom it went; complete half a second after the last one."""
        told = (line.split() for line in self.log.read_text(encoding="ascii").splitlines())
        return [(float(when), to) for when, to in told]


@contextmanager
def running(log: Path) -> Iterator[Sink]:
    """Run a sink in a process of its own for the length of a block."""
    command = [sys.executable, "-m", "benchmarks.sink", str(log)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Sink(int(process.stdout.readline() if process.stdout else 0), log)
    finally:
        if process.stdin:
            process.stdin.close()
        process.wait()
        if process.stdout:
            process.stdout.close()


async def _serve(log: IO[str]) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Conversation(log), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    over = loop.run_in_executor(None, sys.stdin.read)
    while not over.done():
        await asyncio.wait([over], timeout=0.2)
        log.flush()


def main() -> None:
    """Serve until the standard input ends."""
    with Path(sys.argv[1]).open("w", encoding="ascii") as log:
        asyncio.run(_serve(log))


if __name__ == "__main__":
    main()
