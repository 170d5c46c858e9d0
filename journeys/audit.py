"""What always holds, asked of live data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce

from channels import holds, pressure
from channels.vocabulary import LIVE, to_member
from journeys.promises import CHECKS
from members import consent, partitions
from members.sql import rows

# The states of a message that the carrier may have, and of one that the carrier had.
_LEFT = "('handed', 'sent', 'delivered', 'failed', 'unconfirmed')"
# Longer than any lease, any batch and any pause between two looks; whatever is older is stuck, not slow.
PATIENCE = timedelta(minutes=15)
# Between reading a clock and the commit lies a moment in which others commit; what they did then is no breach.
GRACE = timedelta(seconds=5)


@dataclass(frozen=True)
class Finding:
    """A promise by name, what it says, and how many rows break it."""

    name: str
    promise: str
    count: int


def run(now: datetime) -> Iterator[Finding]:
    """Ask every check and yield what it found; a count above zero is a broken promise."""
    params = {"now": now, "stuck": now - PATIENCE, "grace": GRACE, "live": list(LIVE)}
    params["told_since"] = partitions.horizon("members_touchpoint", now)  # what was said before is forgotten
    allowed = consent.allowed(member="x.member_id", channel="x.channel", purpose="x.purpose")
    # The decision that counts is the one that was known at the moment when the carrier was called.
    allowed = allowed.replace("%(now)s", "x.handed_at AND latest.recorded_at <= x.handed_at - %(grace)s::interval")
    held = holds.held("x", "held.since < x.handed_at - %(grace)s::interval")
    pieces = {
        "{left}": _LEFT,
        "{allowed}": allowed,
        "{held}": held,
        "{to_member}": to_member("x"),
        "{counts}": pressure.counts("p", "x"),
    }
    for check in CHECKS:
        text = reduce(lambda text, piece: text.replace(*piece), pieces.items(), check.query)
        [(count,)] = rows(f"SELECT count(*) FROM ({text}) broken", params)
        yield Finding(check.name, check.promise, count)
