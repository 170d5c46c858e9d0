"""The limit of delivery: mails that are ready, handed over by a bare smtplib loop over a kept connection."""

from __future__ import annotations

import pickle
import smtplib
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

Prebuilt = tuple[str, bytes]  # an address and a whole mail


def keep(mails: Sequence[Prebuilt], path: Path) -> None:
    """Write mails to a file."""
    path.write_bytes(pickle.dumps(list(mails)))


def hand_over(file: str, port: int, size: int) -> int:
    """Hand so many mails over, one after another, those of a file again and again; return how many."""
    mails: list[Prebuilt] = pickle.loads(Path(file).read_bytes())  # noqa: S301 - `keep` wrote it
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for address, data in islice(cycle(mails), size):
            smtp.sendmail("house@example.com", [address], data)
    return size
