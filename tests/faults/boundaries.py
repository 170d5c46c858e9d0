"""The boundaries in a worker at which it can be told to die.

Nothing in the product knows of them: this module wraps the product's own functions in the workers that the faults run
starts. An order is a file named after a boundary. Whichever process crosses that boundary next takes the order, which
only one can, notes it, and kills itself by SIGKILL, as the kernel does when memory runs out.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

from channels import batches, claims, settling
from channels.base import Adapter, Fate, Outgoing, Result
from channels.batches import Batch
from channels.email.adapter import Email
from channels.sms.adapter import Sms
from journeys import engine

# Owner, name, and what is crossed before it and after it.
WRAPPED: Sequence[tuple[Any, str, str, str]] = (
    (claims, "claim", "before the claim", "after the claim"),
    (Batch, "_compose", "", "composed"),
    (batches, "hand_over", "", "handed, not committed"),
    (Batch, "_hand_over", "", "handed"),
    (settling, "record", "before the result is stored", "result stored, not committed"),
    (Batch, "_settled", "result stored", ""),
    (claims, "release", "", "released, not committed"),
    (claims, "recover", "before recovering", ""),
    (settling, "settle", "", "settled, not committed"),
    (engine, "_batch", "before a batch of a tick", "tick done, not committed"),
    (engine, "tick", "", "after a tick"),
)
ACCEPTED = "the carrier accepted"
BOUNDARIES = (*(name for *_, before, after in WRAPPED for name in (before, after) if name), ACCEPTED)


def install(place: Path) -> None:
    """Wrap the product's functions in this process; orders are looked for in the folder `place`."""
    for owner, name, before, after in WRAPPED:
        setattr(owner, name, _wrapped(getattr(owner, name), place, before, after))
    for adapter in (Email, Sms):
        setattr(adapter, "send", _accepting(adapter.send, place))  # noqa: B010 - a method is not assigned to


def order(place: Path, boundary: str) -> None:
    """Have the next process that crosses a boundary die there."""
    (place / boundary).touch()


def waiting(place: Path) -> list[str]:
    """Return the boundaries at which the next one to come will die."""
    return [boundary for boundary in BOUNDARIES if (place / boundary).exists()]


def deaths(place: Path) -> list[str]:
    """Return the boundaries at which processes have died so far."""
    log = place / "deaths"
    return log.read_text().splitlines() if log.exists() else []


def cross(place: Path, boundary: str) -> None:
    """Die here if that was ordered."""
    try:
        os.unlink(place / boundary)
    except FileNotFoundError:
        return
    with (place / "deaths").open("a") as log:
        log.write(f"{boundary}\n")
    os.kill(os.getpid(), signal.SIGKILL)


def _wrapped(inner: Callable[..., Any], place: Path, before: str, after: str) -> Callable[..., Any]:
    @wraps(inner)
    def crossing(*args: Any, **given: Any) -> Any:
        if before:
            cross(place, before)
        found = inner(*args, **given)
        if after:
            cross(place, after)
        return found

    return crossing


def _accepting(inner: Callable[[Any, Sequence[Outgoing]], Iterable[Result]], place: Path) -> Callable[..., Any]:
    @wraps(inner)
    def send(self: Adapter, window: Sequence[Outgoing]) -> Iterable[Result]:
        for result in inner(self, window):
            if result.fate is Fate.SENT:
                cross(place, ACCEPTED)
            yield result

    return send
