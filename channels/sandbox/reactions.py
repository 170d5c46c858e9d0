"""What members and networks do after a message arrived. All of it is invented, and the same each time for a seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from channels.sandbox.draws import draw


class Act(StrEnum):
    """What happens after a message was taken."""

    DELIVERED = "delivered"
    FAILED = "failed"  # it did not arrive this time
    BOUNCED = "bounced"  # the address does not exist (chat: the member blocked the bot)
    CLICKED = "clicked"
    REPLIED = "replied"
    STOPPED = "stopped"  # a reply that is a STOP word
    UNSUBSCRIBED = "unsubscribed"  # the mail program's one-click button
    COMPLAINED = "complained"  # the mail program's spam button


@dataclass(frozen=True)
class Reaction:
    """One act, so long after the message was taken; `text` is what the member writes."""

    act: Act
    after: timedelta
    text: str = ""


Shares = Mapping[Act, float]

# How long after the message an act happens at the earliest and at the latest.
_AFTER: Mapping[Act, tuple[timedelta, timedelta]] = {
    Act.DELIVERED: (timedelta(seconds=1), timedelta(seconds=60)),
    Act.FAILED: (timedelta(seconds=30), timedelta(minutes=30)),
    Act.BOUNCED: (timedelta(seconds=5), timedelta(minutes=10)),
    Act.CLICKED: (timedelta(minutes=2), timedelta(hours=36)),
    Act.REPLIED: (timedelta(minutes=1), timedelta(hours=8)),
    Act.STOPPED: (timedelta(minutes=1), timedelta(hours=4)),
    Act.UNSUBSCRIBED: (timedelta(minutes=10), timedelta(hours=24)),
    Act.COMPLAINED: (timedelta(hours=1), timedelta(hours=48)),
}
_REPLIES = (
    "Thanks!",
    "When do you open?",
    "non-stop shopping :)",
    "Is it still on next week?",
    "Please call me.",
    "👍",
)
_STOPS = ("STOP", "Stop.", "“stop”", "UNSUBSCRIBE", "stopp")
_FATES = (Act.BOUNCED, Act.FAILED)


@dataclass(frozen=True)
class Profile:
    """Shares of a channel's messages that each act follows. `pace` shortens the waiting: 0.01 makes an hour 36 s."""

    shares: Mapping[str, Shares] = field(default_factory=dict)
    pace: float = 1.0

    def reactions(self, seed: str, channel: str, address: str, ordinal: int) -> list[Reaction]:
        """Return what follows the message that is the `ordinal`-th to an address, earliest first.

        Drawn by address and ordinal, not by the message's key, which is different in every run.
        """
        shares = self.shares.get(channel, {})
        who = (seed, channel, address, ordinal)
        fate = draw(*who, "fate")
        for act in _FATES:
            if fate < shares.get(act, 0.0):
                return [self._reaction(who, act)]
            fate -= shares.get(act, 0.0)
        follows = [act for act in Act if act not in _FATES and draw(*who, act) < shares.get(act, 0.0)]
        return sorted((self._reaction(who, act) for act in follows), key=lambda reaction: reaction.after)

    def _reaction(self, who: tuple[object, ...], act: Act) -> Reaction:
        earliest, latest = _AFTER[act]
        after = earliest + (latest - earliest) * draw(*who, act, "after")
        words = {Act.REPLIED: _REPLIES, Act.STOPPED: _STOPS}.get(act, ("",))
        return Reaction(act, after * self.pace, words[int(draw(*who, act, "words") * len(words))])


# Nothing happens unless it is asked for.
NONE = Profile()
# Everything arrives, and nobody does anything.
PLAIN = Profile({"email": {Act.DELIVERED: 1.0}, "sms": {Act.DELIVERED: 1.0}})
# Invented for the demo; the shares are of the size that retailers report, and are no measurement.
DEMO = Profile(
    {
        "email": {
            Act.BOUNCED: 0.006,
            Act.FAILED: 0.004,
            Act.DELIVERED: 1.0,
            Act.CLICKED: 0.06,
            Act.UNSUBSCRIBED: 0.004,
            Act.COMPLAINED: 0.0005,
        },
        "sms": {
            Act.BOUNCED: 0.004,
            Act.FAILED: 0.012,
            Act.DELIVERED: 1.0,
            Act.CLICKED: 0.08,
            Act.REPLIED: 0.02,
            Act.STOPPED: 0.006,
        },
        "chat": {Act.BOUNCED: 0.003, Act.CLICKED: 0.12, Act.REPLIED: 0.05, Act.STOPPED: 0.004},
    }
)
PROFILES = {"none": NONE, "plain": PLAIN, "demo": DEMO}
