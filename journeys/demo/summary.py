"""What came of the played days, counted in the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from channels.models import FollowUp
from channels.vocabulary import State
from content.models import Grant, Redemption
from journeys import audit
from journeys.vocabulary import JourneyKind
from members.models import Member, Purchase, Touchpoint
from members.sql import rows

INVENTED = (
    "Real: customer, day, quantity and amount of every purchase (the CDNOW log of 1997-98; the days are moved).",
    "Invented from a fixed seed: names, birthdays, contacts, zones, consents, stores, catalogue, points, joining dates",
    "and every reaction to a message. Offers count as redeemed only where a real purchase falls into their validity;",
    "nothing here says that a message caused one.",
)
_ENTERED = """
SELECT j.kind, count(*) FILTER (WHERE NOT e.held_out), count(*) FILTER (WHERE e.held_out)
FROM journeys_enrollment e JOIN journeys_journey j ON j.id = e.journey_id GROUP BY j.kind
"""
_MESSAGES = """
SELECT j.kind, x.channel, x.state, count(*)
FROM channels_message x JOIN journeys_journey j ON j.id = x.journey_id GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


@dataclass(frozen=True)
class Summary:
    """The figures of the result, ready for JSON."""

    figures: Mapping[str, Any]

    @property
    def good(self) -> bool:
        """Say whether each of the five kinds delivered messages and the audit is clean."""
        delivered = [_delivered(journey["messages"]) for journey in self.figures["journeys"].values()]
        return all(delivered) and not any(self.figures["audit"].values())

    def lines(self) -> Iterator[str]:
        """Yield the table for people."""
        yield f"{self.figures['members']:,} members, {self.figures['purchases']:,} purchases"
        yield ""
        yield f"{'journeys':<14}{'entered':>9}{'held out':>10}   messages"
        for kind, journey in self.figures["journeys"].items():
            told = [_told(channel, states) for channel, states in journey["messages"].items()] or ["none"]
            yield f"{kind:<14}{journey['entered']:>9,}{journey['held_out']:>10,}   {told[0]}"
            yield from (f"{'':<36}{line}" for line in told[1:])
        yield ""
        counted = ("touchpoints", "grants", "redemptions", "follow_ups")
        yield ", ".join(f"{self.figures[name]:,} {name.replace('_', '-')}" for name in counted)
        broken = {name: count for name, count in self.figures["audit"].items() if count}
        yield f"audit: {broken or 'clean'}; {self.figures['seconds']} seconds, {self.figures['peak_mb']} MB at the peak"
        yield ""
        yield from INVENTED


def summarise(now: datetime, seconds: float, peak_mb: int) -> Summary:
    """Count everything and ask the audit as of `now`."""
    journeys: dict[str, dict[str, Any]] = {
        kind.value: {"entered": 0, "held_out": 0, "messages": {}} for kind in JourneyKind
    }
    for kind, entered, held_out in rows(_ENTERED, {}):
        journeys[kind] |= {"entered": entered, "held_out": held_out}
    for kind, channel, state, count in rows(_MESSAGES, {}):
        journeys[kind]["messages"].setdefault(channel, {})[state] = count
    return Summary(
        {
            "members": Member.objects.count(),
            "purchases": Purchase.objects.count(),
            "journeys": journeys,
            "touchpoints": Touchpoint.objects.count(),
            "grants": Grant.objects.count(),
            "redemptions": Redemption.objects.standing().count(),
            "follow_ups": FollowUp.objects.count(),
            "audit": {finding.name: finding.count for finding in audit.run(now)},
            "seconds": round(seconds, 1),
            "peak_mb": peak_mb,
        }
    )


def _delivered(messages: Mapping[str, Mapping[str, int]]) -> int:
    return sum(states.get(State.DELIVERED, 0) for states in messages.values())


def _told(channel: str, states: Mapping[str, int]) -> str:
    return f"{channel:<7}" + ", ".join(f"{count:,} {state}" for state, count in states.items())
