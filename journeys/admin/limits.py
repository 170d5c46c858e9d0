"""What limits a journey today, drawn above its text: its maximum of messages, its ramp, and when it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from journeys import breaker, ramp
from journeys.models import Journey
from journeys.plan import plan


@dataclass(frozen=True)
class Use:
    """How much of a limit is used up today; `width` is the share of it in percent."""

    name: str
    used: int
    most: int

    @property
    def width(self) -> float:
        """The length of the bar."""
        return min(100.0, 100 * self.used / self.most) if self.most else 100.0


def shown(journey: Journey, now: datetime) -> Mapping[str, Any]:
    """Return what a page shows of the limits of a journey; nothing of one that was never published."""
    if journey.current_id is None:
        return {}
    found = plan(journey.current_id)
    runs = (journey.current.definition if journey.current else {}).get("runs", {})
    return {"uses": list(_uses(journey, found.ramp, now)), "runs": _runs(runs), "held": breaker.standing(journey)}


def _uses(journey: Journey, most_entries: int | None, now: datetime) -> Sequence[Use]:
    found = []
    most = breaker.most_today(journey, now)
    if most is not None:
        found.append(Use(_("Messages today"), breaker.used(journey.pk, now), most))
    if most_entries is not None:
        found.append(Use(_("Entries today"), ramp.taken(journey.pk, now) or 0, most_entries))
    return found


def _runs(runs: Mapping[str, str]) -> str:
    """Return when members enter, in words; nothing where that is always."""
    said = {"first": runs.get("from"), "last": runs.get("until")}
    if said["first"] and said["last"]:
        return _("Members enter from %(first)s until %(last)s, both days included.") % said
    if said["first"]:
        return _("Members enter from %(first)s on.") % said
    return _("Members enter until %(last)s, that day included.") % said if said["last"] else ""
