"""SMTP with patience for a whole answer: the time-out of a socket is for each piece, and some answers never end."""

from __future__ import annotations

import smtplib
import time
from typing import IO


class _Lines:
    """The lines of an answer, until `end` by the monotonic clock."""

    def __init__(self, file: IO[bytes], end: float) -> None:
        self.file, self.end = file, end

    def readline(self, size: int) -> bytes:
        """Return a line. Raises TimeoutError when the answer should have ended before."""
        if time.monotonic() > self.end:
            raise TimeoutError("the answer does not end")
        return self.file.readline(size)

    def close(self) -> None:
        """Close the file."""
        self.file.close()


class Conversation(smtplib.SMTP):
    """A connection on which each answer has ended after twice the time-out, or is taken for none."""

    def getreply(self) -> tuple[int, bytes]:
        """Return the code and the words of an answer."""
        if self.file is None and self.sock is not None:
            self.file = self.sock.makefile("rb")
        plain = self.file.file if isinstance(self.file, _Lines) else self.file
        if plain is not None:
            self.file = _Lines(plain, time.monotonic() + 2 * self.timeout)
        return super().getreply()


class TlsConversation(Conversation, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""
