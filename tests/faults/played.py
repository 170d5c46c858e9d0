"""The played clock: a file that every process of the run reads instead of the real clock."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

SPEED = 20  # played seconds in a real one, so that the leases of dead workers are over soon
_STEP = 0.02


class Played(threading.Thread):
    """Writes the time that is being played, which runs on by itself and can be set; it never runs back."""

    def __init__(self, path: Path, start: datetime) -> None:
        super().__init__(name="played clock", daemon=True)
        self._path, self._lock, self._over = path, threading.Lock(), threading.Event()
        self._set(start)

    def now(self) -> datetime:
        """Return the time that it is."""
        return self._at + timedelta(seconds=SPEED * (time.monotonic() - self._since))

    def jump(self, to: datetime) -> None:
        """Let it be another time, from one instant to the next."""
        with self._lock:
            self._set(max(to, self.now()))

    def run(self) -> None:
        """Keep the file up to date until `stop`."""
        while not self._over.wait(_STEP):
            with self._lock:
                self._write()

    def stop(self) -> None:
        """End the thread; the clock stands still from then on."""
        self._over.set()
        self.join()

    def _set(self, at: datetime) -> None:
        self._at, self._since = at, time.monotonic()
        self._write()

    def _write(self) -> None:
        draft = self._path.with_suffix(".new")
        draft.write_text(self.now().astimezone(UTC).isoformat())
        draft.replace(self._path)  # whoever reads it reads the whole of one time
