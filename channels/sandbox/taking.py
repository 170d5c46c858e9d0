"""What goes between a dialect and the carrier behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Fate(Enum):
    """What the carrier says of a message."""

    TOOK = "took"
    REFUSED = "refused"
    BUSY = "busy"


@dataclass(frozen=True)
class Taking:
    """The carrier's answer, which each dialect puts into its own words. `wait` is in seconds."""

    fate: Fate
    carrier_id: str = ""
    words: str = ""
    wait: float = 0.0


@dataclass(frozen=True)
class Handed:
    """What a dialect read from a request. `key` is Chorale's; `message_id` is a mail's own."""

    channel: str
    key: str
    address: str
    text: str = ""
    subject: str = ""
    links: list[str] = field(default_factory=list)
    stop_url: str = ""
    receipt_url: str = ""
    receipt_mask: str = ""
    message_id: str = ""
