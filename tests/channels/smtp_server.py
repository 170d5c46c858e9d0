"""An SMTP server that says what a test wants it to say: for answers and endings that no decent carrier gives."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

CUT = "cut"  # close the connection instead of answering
ENDLESS = "endless"  # answer line by line, and never end


@dataclass
class Server:
    """Answers by command (`MAIL`, `RCPT`, `DATA`, `.` for the end of a mail …), one after another; the last for ever.

    `commands` is what each connection said, by first word, `lines` is all of it; `mails` are the mails that were taken.
    A `patient` server answers an envelope only when it has the whole of it.
    """

    answers: dict[str, list[str]] = field(default_factory=dict)
    extensions: tuple[str, ...] = ("PIPELINING",)
    greeting: str = "220 ready"
    patient: bool = False
    tls: ssl.SSLContext | None = None
    tls_at_once: bool = False
    port: int = 0
    commands: list[list[str]] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)
    in_data: bool = field(default=False, init=False)

    def will(self, command: str, *answers: str) -> None:
        """Answer a command so from now on."""
        self.answers[command] = list(answers)

    def answer(self, command: str, usual: str) -> str:
        """Return the next answer to a command."""
        answers = self.answers.get(command, [usual])
        return answers.pop(0) if len(answers) > 1 else answers[0]


_USUAL = {"MAIL": "250 ok", "RCPT": "250 ok", "RSET": "250 ok", "QUIT": "221 bye", "STARTTLS": "220 go"}


@contextmanager
def listening(server: Server) -> Iterator[Server]:
    """Run the server for the length of the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]
        thread = threading.Thread(target=_accept, args=(server, listener), daemon=True)
        thread.start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def _accept(server: Server, listener: socket.socket) -> None:
    with suppress(OSError):
        while True:
            connection, _address = listener.accept()
            server.commands.append([])
            threading.Thread(target=_welcome, args=(server, connection, server.commands[-1]), daemon=True).start()


def _welcome(server: Server, connection: socket.socket, said: list[str]) -> None:
    with suppress(OSError), connection:
        if server.tls and server.tls_at_once:
            connection = server.tls.wrap_socket(connection, server_side=True)
        if _converse(server, connection, said, server.greeting) and server.tls:
            with server.tls.wrap_socket(connection, server_side=True) as secured:
                _converse(server, secured, said, "")


def _converse(server: Server, connection: socket.socket, said: list[str], greeting: str) -> bool:
    """Talk until the end; return whether the client wants to go on over TLS."""
    with connection.makefile("rwb") as lines:

        def tell(answer: str, *, now: bool = True) -> bool:
            if answer == CUT:
                return False
            while answer == ENDLESS:  # until the client has enough, which breaks the connection
                lines.write(b"250-and\r\n")
                lines.flush()
                time.sleep(0.02)
            lines.write(answer.encode() + b"\r\n")
            if now:
                lines.flush()
            return True

        going = tell(greeting) if greeting else True
        while going and (line := lines.readline()):
            word = line.split(b" ")[0].strip().decode().upper()
            said.append(word)
            server.lines.append(line)
            later = server.patient and word in {"MAIL", "RCPT"}
            going = tell(_reply(server, word), now=not later) and word != "QUIT"
            if going and word == "DATA" and server.in_data:
                going = tell(_take(server, lines.readline))
            if word == "STARTTLS":
                return going
    return False


def _reply(server: Server, word: str) -> str:
    server.in_data = False
    if word == "EHLO":
        known = "".join(f"250-{name}\r\n" for name in ("test.invalid", *server.extensions))
        return server.answer(word, f"{known}250 HELP")
    if word == "DATA":
        answer = server.answer(word, "354 go on")
        server.in_data = answer.startswith("354")
        return answer
    return server.answer(word, _USUAL.get(word, "500 what?"))


def _take(server: Server, readline: Callable[[], bytes]) -> str:
    mail = b"".join(iter(readline, b".\r\n"))
    answer = server.answer(".", "250 ok: queued as 4711")
    if answer.startswith("250"):
        server.mails.append(mail)
    return answer
