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


def main() -> None:
    """Wait for the end of the input; without a `done` before it, stop the groups that were named."""
    for stopped in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(stopped, signal.SIG_IGN)
    told = [line.strip() for line in sys.stdin]
    if "done" not in told:
        groups = [int(line) for line in told]
        _send(groups, signal.SIGTERM)
        time.sleep(PATIENCE)
        _send(groups, signal.SIGKILL)


def _send(groups: list[int], what: signal.Signals) -> None:
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, what)


if __name__ == "__main__":
    main()
