"""What an adapter is: about four methods between Chorale's outbox and a carrier's dialect."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils.functional import Promise


@dataclass(frozen=True)
class Setting:
    """One setting of an adapter. Secret ones are stored under MultiFernet and never shown again.

    `drawn` makes the value of one that is left empty when the sender is added: a secret that we tell the other side.
    """

    name: str
    label: str | Promise
    help: str | Promise
    required: bool = False
    secret: bool = False
    default: Any = None
    kind: type = str  # str, int, bool, or list for some of `choices`
    choices: Sequence[tuple[str, str | Promise]] = ()
    drawn: Callable[[], str] | None = None


class BadSettings(Exception):
    """The settings of a sender are wrong; the message says which, why, and what would be right."""


class NotAReceipt(Exception):
    """A webhook call is not signed, or not of the carrier's dialect; the message says what was wrong."""


@dataclass(frozen=True)
class Outgoing:
    """A rendered message on its way to a carrier.

    `key` is the message's public id as text: the same in every attempt, for carriers that dedupe by key.
    `unsubscribe_url` is the RFC 8058 one-click address, empty where it does not apply; `receipt_url` is where the
    carrier shall report, signed for this very message. `now` is when it is handed over. What is `stored` stands on the
    message already, so no rendering of it is kept.
    """

    message_id: int
    key: str
    member_id: int
    address: str
    text: str
    subject: str = ""
    html: str = ""
    unsubscribe_url: str = ""
    receipt_url: str = ""
    team_id: int | None = None
    priority: int = 50
    now: datetime | None = None
    stored: bool = False


class Fate(StrEnum):
    """What became of one attempt."""

    SENT = "sent"  # the carrier took it
    REFUSED = "refused"  # the carrier said no, and trying again cannot help
    AGAIN = "again"  # it did not leave, and a later attempt may succeed
    UNKNOWN = "unknown"  # it may have left: the connection broke after it was handed over


@dataclass(frozen=True)
class Result:
    """The fate of one message, with the carrier's own id and words.

    `wait` asks for a pause in seconds before the next attempt (Retry-After); `reason` overrides the reason that the
    fate implies, with a value of `channels.vocabulary.Reason`. `carrier_wide` says that the cause lies with the carrier
    and not with this message: the sender pauses, and what waits behind this message does not try in vain.
    `dead_address` says that nobody will ever be reached there: a refusal that is a hard bounce, after which the address
    is suppressed. `gone` says that the carrier wants nothing of this sender any more: it is switched off.
    """

    message_id: int
    fate: Fate
    carrier_id: str = ""
    words: str = ""
    wait: float | None = None
    reason: str = ""
    carrier_wide: bool = False
    dead_address: bool = False
    gone: bool = False


class ReceiptKind(StrEnum):
    """What a carrier can tell."""

    DELIVERED = "delivered"
    FAILED = "failed"  # it did not arrive; the address may be good
    BOUNCED = "bounced"  # hard: the address is dead and is suppressed
    COMPLAINED = "complained"  # the member called it spam; the address is suppressed
    REPLIED = "replied"  # the member wrote something


# How often a message is tried that fails for reasons of its own, before it has failed.
ATTEMPTS = 8
# No receipt counts from later than when it came in; one that bears no date counts from just then.
UNDATED = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class ReceiptEvent:
    """One thing a carrier told, in the house's words; `payload` keeps the carrier's.

    `key` is unique for the sender and names this very event. The message is found by `message_key` (our key), else by
    `carrier_id`; a reply may name neither and is then laid to the member behind `address`. `text` is what the member
    wrote, else the carrier's words. `UNDATED` where the carrier
    does not say when.
    """

    key: str
    kind: ReceiptKind
    happened_at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)
    message_key: str = ""
    carrier_id: str = ""
    address: str = ""
    text: str = ""


class Adapter(ABC):
    """One way to a carrier. A sender is an adapter with settings; `send` is called outside any transaction."""

    kind: ClassVar[str]
    channel: ClassVar[str]
    label: ClassVar[str | Promise]
    settings: ClassVar[Sequence[Setting]] = ()
    # The carrier drops a second message with the same key: a lost lease may be sent again without guessing.
    dedupes: ClassVar[bool] = False
    # How often a message is tried that fails for reasons of its own; None tries until its deadline.
    attempts: ClassVar[int | None] = ATTEMPTS
    # Whether a member needs an address to be reached; people at a desk do not.
    needs_address: ClassVar[bool] = True

    def __init__(self, values: Mapping[str, Any]) -> None:
        """Take validated settings, secrets included, by name."""
        self.values = values

    @classmethod
    @abstractmethod
    def check(cls, values: Mapping[str, Any]) -> None:
        """Raise BadSettings when these settings cannot work. Does not talk to the carrier."""

    @contextmanager
    def connection(self) -> Iterator[None]:
        """Keep connections open for as long as the block lasts; `send` is called within it, window after window."""
        yield

    @abstractmethod
    def send(self, window: Sequence[Outgoing]) -> Iterable[Result]:
        """Hand a window (at most 20 messages) over and yield one result for each, as soon as it is known.

        Never raises for what a carrier does: a refusal, a time-out or a broken connection is a result with its words.
        """

    def receipts(self, request: HttpRequest) -> list[ReceiptEvent]:
        """Read a webhook call of this carrier. Raises NotAReceipt when it is not signed or not understood."""
        raise NotAReceipt(f"Senders of kind {self.kind} take no receipts.")
