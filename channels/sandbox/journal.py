"""The sandbox's own log of everything that was handed to it, so that an audit can say "nothing left twice"."""

from __future__ import annotations

import fcntl
import json
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any


@dataclass(frozen=True)
class Entry:
    """One attempt to hand a message over. `key` is Chorale's; `taken` says whether the carrier has the message now.

    `did` is what the behaviour on demand made of it, empty for the usual. `at` is the carrier's time, ISO 8601.
    """

    number: int
    at: str
    channel: str
    key: str
    address: str
    carrier_id: str
    taken: bool
    did: str = ""
    subject: str = ""
    text: str = ""
    links: list[str] = field(default_factory=list)
    stop_url: str = ""
    receipt_url: str = ""
    receipt_mask: str = ""
    message_id: str = ""


class AlreadyRunning(OSError):
    """Two sandboxes would write into one journal."""


class Journal:
    """Entries in a file of JSON lines, which is only ever appended to; memory holds what finds them."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it, readable by its owner alone, and find the entries of earlier runs."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._file: IO[bytes] = path.open("r+b")
        _lock(self._file)
        self._places: list[tuple[int, str, str, str, bool]] = []  # offset, channel, key, address, taken
        self._by_key: dict[str, list[int]] = {}
        self._taken: Counter[str] = Counter()
        self._keys_of: dict[tuple[str, str], dict[str, None]] = {}
        # (key, the mail as it came over the wire), for a look at the last ones
        self.mails: deque[tuple[str, bytes]] = deque(maxlen=500)
        self._load()

    @property
    def size(self) -> int:
        """Return how many entries there are."""
        return len(self._places)

    def add(self, entry: Entry) -> None:
        """Append an entry, whose number is `size`."""
        offset = self._file.seek(0, 2)
        self._file.write(json.dumps(asdict(entry), ensure_ascii=False).encode() + b"\n")
        self._file.flush()
        self._note(offset, entry)

    def ordinal(self, channel: str, address: str, key: str) -> int:
        """Return the place of a message among those to its address, from 0; a repeated one keeps its place."""
        keys = self._keys_of.get((channel, address), {})
        return list(keys).index(key) if key in keys else len(keys)

    def attempts(self, key: str) -> int:
        """Return how often a message was handed over so far."""
        return len(self._by_key.get(key, ()))

    def twice(self) -> dict[str, int]:
        """Return the keys of messages that were taken more than once, and how often."""
        return {key: count for key, count in self._taken.items() if count > 1}

    def find(self, wanted: Mapping[str, str], after: int = -1, limit: int | None = None) -> list[Entry]:
        """Return the entries with these values of `channel`, `key` and `address`, by number."""
        numbers: Any = self._by_key.get(wanted["key"], []) if "key" in wanted else range(after + 1, self.size)
        fitting = (number for number in numbers if number > after and self._fits(number, wanted))
        return [self._read(number) for number in islice(fitting, limit)]

    def counts(self) -> dict[str, int]:
        """Return how many messages each channel took."""
        return dict(Counter(channel for _offset, channel, _key, _address, taken in self._places if taken))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _fits(self, number: int, wanted: Mapping[str, str]) -> bool:
        _offset, channel, key, address, _taken = self._places[number]
        found = {"channel": channel, "key": key, "address": address}
        return all(found[name] == value for name, value in wanted.items())

    def _read(self, number: int) -> Entry:
        self._file.seek(self._places[number][0])
        return Entry(**json.loads(self._file.readline()))

    def _load(self) -> None:
        for offset, line in _lines(self._file):
            self._note(offset, Entry(**json.loads(line)))

    def _note(self, offset: int, entry: Entry) -> None:
        self._by_key.setdefault(entry.key, []).append(self.size)
        self._places.append((offset, entry.channel, entry.key, entry.address, entry.taken))
        self._keys_of.setdefault((entry.channel, entry.address), {})[entry.key] = None
        if entry.taken and entry.key:
            self._taken[entry.key] += 1


def _lock(file: IO[bytes]) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise AlreadyRunning(f"another sandbox writes to {file.name}") from error


def _lines(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the whole lines of a file with their offsets, and cut off one that a killed run left half written."""
    offset = file.seek(0)
    for line in file:
        if not line.endswith(b"\n"):
            file.truncate(offset)
            return
        yield offset, line
        offset += len(line)
