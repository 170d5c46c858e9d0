"""Keeps no orphans: stops the demo's programs when the demo itself is gone without having stopped them.

It reads process groups from its standard input, one a line, which the demo holds open. `done` ends it in peace.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress

PATIENCE = 10.0
_LOOK = 0.1


def main() -> None:
    """Wait for the end of the input; without a `done` before it, stop the groups that were named."""
    for stopped in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(stopped, signal.SIG_IGN)
    told = [line.strip() for line in sys.stdin]
    if "done" not in told:
        groups = [int(line) for line in told]
        deadline = time.monotonic() + PATIENCE
        alive = _send(groups, signal.SIGTERM)
        while alive and time.monotonic() < deadline:
            time.sleep(_LOOK)
            alive = _send(alive, 0)
        _send(alive, signal.SIGKILL)


def _send(groups: list[int], what: int) -> list[int]:
    """Signal process groups and return those that there are."""
    alive = []
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, what)
            alive.append(group)
    return alive


if __name__ == "__main__":
    main()
