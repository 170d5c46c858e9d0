"""Misbehaviour on demand: what a carrier may do to a message besides taking it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from channels.sandbox.draws import draw
from channels.sandbox.web import BadRequest


class Deed(StrEnum):
    """What is done to a message."""

    REFUSE = "refuse"  # no, for good
    BUSY = "busy"  # not now; a later attempt may succeed
    DELAY = "delay"  # taken, but answered late
    HANG = "hang"  # never answered, and not taken; the connection breaks in the end
    VANISH = "vanish"  # taken, and the connection breaks without an answer
    SILENT = "silent"  # taken, and nothing is ever heard of it again


@dataclass
class Rule:
    """Do something to a share of the messages of a channel or address (all when empty), at most `times` times.

    The share is drawn by message for a refusal and silence, by attempt for everything else, so that trying again can
    help. `seconds` is how long a delay or a hanging lasts; `words` is what the carrier says.
    """

    do: Deed
    channel: str = ""
    address: str = ""
    share: float = 1.0
    seconds: float = 1.0
    words: str = ""
    times: int | None = None
    done: int = field(default=0, init=False)

    def fits(self, channel: str, address: str, key: str, attempt: int, seed: str) -> bool:
        """Say whether the rule is for this attempt."""
        if self.channel not in {"", channel} or self.address not in {"", address}:
            return False
        if self.times is not None and self.done >= self.times:
            return False
        lasting = self.do in {Deed.REFUSE, Deed.SILENT}
        return draw(seed, self.do, key, "" if lasting else attempt) < self.share


class Behaviour:
    """The rules that hold now; the first that fits is applied. Without rules every message is simply taken."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._rules: list[Rule] = []

    def replace(self, given: Iterable[Mapping[str, Any]]) -> None:
        """Let these rules hold from now on. Raises BadRequest and keeps the old ones when one makes no sense."""
        self._rules = [_rule(values) for values in given]

    def of(self, channel: str, address: str, key: str, attempt: int) -> Rule | None:
        """Return the rule that is applied to an attempt, None when it is simply taken."""
        rule = next((rule for rule in self._rules if rule.fits(channel, address, key, attempt, self._seed)), None)
        if rule is not None:
            rule.done += 1
        return rule


def _rule(values: Mapping[str, Any]) -> Rule:
    known = {each.name for each in fields(Rule) if each.init}
    if unknown := set(values) - known:
        raise BadRequest(f"A rule has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}.")
    try:
        return Rule(**{**values, "do": Deed(values.get("do", ""))})
    except ValueError as error:
        raise BadRequest(f"A rule's do must be one of {', '.join(Deed)}.") from error
