"""What tests of delivery need: messages that wait, and an adapter that does as it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar

import pytest

from channels import registry
from channels.base import Adapter, Fate, Outgoing, Result
from channels.models import Message, Sender
from content.models import Content, Grant
from content.offers import grant_cohort
from members.models import Member
from members.sql import Sql
from tests.cast import NOW
from tests.channels import outbox

SENT = Result(0, Fate.SENT, words="taken")
REFUSED = Result(0, Fate.REFUSED, words="unknown user")
AGAIN = Result(0, Fate.AGAIN, words="come back later")
UNKNOWN = Result(0, Fate.UNKNOWN, words="no answer", carrier_wide=True)
DOWN = Result(0, Fate.AGAIN, words="connection refused", carrier_wide=True)

Deed = Result | Exception | Callable[[], Result]


@dataclass
class Script:
    """What the scripted carrier does, by address; `windows` are the keys of the messages that reached it."""

    deeds: dict[str, list[Deed]] = field(default_factory=dict)
    windows: list[list[int]] = field(default_factory=list)
    outgoing: list[Outgoing] = field(default_factory=list)

    def will(self, address: str, *deeds: Deed) -> None:
        """Do this to the messages to an address, one after another; the last for ever."""
        self.deeds[address] = list(deeds)

    @property
    def addresses(self) -> list[str]:
        """The addresses of all messages that reached the carrier, in order."""
        return [out.address for out in self.outgoing]


class Scripted(Adapter):
    """An adapter without a carrier."""

    kind = "scripted"
    channel = "email"
    label = "Scripted"
    script: ClassVar[Script]

    @classmethod
    def check(cls, values: Mapping[str, Any]) -> None:
        """Everything is right."""

    def send(self, window: Sequence[Outgoing]) -> Iterable[Result]:
        """Do as the script says; without a word there the message is taken."""
        self.script.windows.append([out.message_id for out in window])
        return self._results(window)

    def _results(self, window: Sequence[Outgoing]) -> Iterator[Result]:
        for out in window:
            self.script.outgoing.append(out)
            deeds = self.script.deeds.get(out.address, [SENT])
            deed = deeds.pop(0) if len(deeds) > 1 else deeds[0]
            if isinstance(deed, Exception):
                raise deed
            result = deed if isinstance(deed, Result) else deed()
            yield replace(result, message_id=out.message_id)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    """The script of the adapter `scripted`, which exists for the length of a test."""
    monkeypatch.setitem(registry._adapters, Scripted.kind, Scripted)
    monkeypatch.setattr(Scripted, "script", Script(), raising=False)
    return Scripted.script


def sender(**fields: Any) -> Sender:
    """The sender that the scripted adapter carries."""
    return outbox.sender("email", "scripted", **fields)


def message(who: Member, what: Content | None = None, now: datetime = NOW, **fields: Any) -> Message:
    """A queued message to a member, by the way that all messages take."""
    content = what or Content.objects.filter(key="hello").first() or outbox.content()
    [verdict] = outbox.ask(outbox.candidate(who, content, **fields), now=now)
    assert verdict.message_id is not None, verdict
    return Message.objects.get(pk=verdict.message_id)


def granted(who: Member, now: datetime = NOW, **fields: Any) -> Grant:
    """A live grant of a new offer."""
    origin = "'enrollment'::text AS origin_kind, 1::bigint AS origin_id, 'grant'::text AS step_key, 1 AS visit"
    candidates = Sql(f"SELECT %(member)s::bigint AS member_id, {origin}", {"member": who.pk})
    [decision] = grant_cohort(outbox.offer(**fields), candidates, now)
    assert decision.grant_id is not None, decision
    return Grant.objects.get(pk=decision.grant_id)


def states(*messages: Message) -> list[tuple[str, str]]:
    """The state and reason of each message, as stored."""
    found = {row.pk: (row.state, row.reason) for row in Message.objects.filter(pk__in=[one.pk for one in messages])}
    return [found[one.pk] for one in messages]
