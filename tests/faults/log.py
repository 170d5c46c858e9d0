"""The carrier's own log, read from its file, and what the workers wrote into theirs."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

# The last line of a traceback.
_RAISED = re.compile(r"^((?:\w+\.)*\w*(?:Error|Exception|Away|Way|Shutdown)): .*$")
_CHAINED = ("During handling of the above", "The above exception was")
# What a worker may well say while others are being killed around it.
_MEANT = re.compile(
    r"OperationalError|SchedulingError|InterfaceError|WorkerLostError|AdminShutdown|CrashShutdown|CannotConnectNow"
    r"|^(redis|kombu|amqp)\.|ConnectionError|ConnectionRefusedError|FileNotFoundError|BrokenPipeError|ConnectionResetError"
)


class CarriersLog:
    """How often the carrier took each message, by its key, and what it did besides; as far as its file was read."""

    def __init__(self, home: Path) -> None:
        self._path, self._offset = home / "sandbox" / "journal.jsonl", 0
        self.taken: Counter[str] = Counter()
        self.did: dict[str, set[str]] = defaultdict(set)
        self.deeds: Counter[str] = Counter()

    def read(self) -> None:
        """Read what was written since the last time."""
        with self._path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._offset += len(line)
                self._note(json.loads(line))

    def _note(self, entry: Mapping[str, Any]) -> None:
        self.taken[entry["key"]] += entry["taken"]
        if entry["did"] and entry["did"] != "delay":
            self.did[entry["key"]].add(entry["did"])
            self.deeds[entry["did"]] += 1

    def twice(self) -> list[str]:
        """Return the keys of messages that were taken more than once."""
        return [key for key, times in self.taken.items() if times > 1]


def surprises(logs: Path) -> list[str]:
    """Return the errors in the programs' logs that no fault explains, each with how often it was said."""
    said: Counter[str] = Counter()
    for log in sorted(logs.glob("*.log")):
        said.update(_last_words(log.read_text(errors="replace").splitlines()))
    return [f"A program raised, {times} times: {words}" for words, times in said.items()]


def _last_words(lines: Sequence[str]) -> Iterator[str]:
    """Yield what was raised in the end, not what it was raised from."""
    raised = None
    for line in [*filter(None, lines), ""]:
        if raised and not line.startswith(_CHAINED) and ("deadlock" in raised[0] or not _MEANT.search(raised[1])):
            yield raised[0][:250]
        raised = _RAISED.match(line)
