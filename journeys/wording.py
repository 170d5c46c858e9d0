"""What happened in a journey, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.models.senders import in_words
from channels.vocabulary import Reason
from content.offers import Verdict
from journeys.models import Enrollment, Trace
from journeys.steps.base import kinds
from journeys.vocabulary import EndReason, EnrollmentState, NotEntered, Outcome
from members import zones


@dataclass(frozen=True)
class Told:
    """A row of the trace: when, at which step, and what in words."""

    at: datetime
    step: str
    words: str
    no: bool


def told(row: Trace) -> Told:
    """Return a row of the trace in words; the outcome of a branch or split names the path."""
    known = row.outcome in Outcome.values
    words = Outcome(row.outcome).label if known else _("Took the path “%(path)s”") % {"path": row.outcome}
    why = reasons().get(row.reason, row.reason)
    detail = row.detail if isinstance(row.detail, dict) else {}
    winner, policy = detail.get("winner"), detail.get("policy")
    parts = [str(words), str(why), _("It went to “%(journey)s”.") % {"journey": winner} if winner else ""]
    if policy:
        parts.append(_("The policy allows %(policy)s.") % {"policy": in_words(policy)})
    parts.append(str(_DRAWN.get(str(detail.get("drawn")), "")))
    return Told(row.at, row.step_key, ": ".join(part for part in parts if part), bool(row.reason))


# How a path of a split with a winner came to be taken; by lot goes without saying.
_DRAWN = {
    "kept": gettext_lazy("The member stays on the path of before."),
    "won": gettext_lazy("This path has won."),
}


def under_way(enrollment: Enrollment) -> str:
    """Return where an enrollment stands, in one sentence for the member's page."""
    if enrollment.state == EnrollmentState.ENDED:
        return str(EndReason(enrollment.end_reason).label)
    if enrollment.state == EnrollmentState.HELD_OUT:
        return _("Held out for comparison; gets nothing from this journey.")
    step = enrollment.step.key if enrollment.step else ""
    return _("Stands at “%(step)s” since %(since)s, until %(until)s or until something happens.") % {
        "step": step,
        "since": f"{enrollment.arrived_at:%Y-%m-%d %H:%M}",
        "until": f"{goes_on(enrollment):%Y-%m-%d %H:%M}",
    }


def goes_on(enrollment: Enrollment) -> datetime:
    """Return until when an enrollment rests at most; it may be asked before, as a rule is that time makes true."""
    kind = kinds().get(enrollment.step.kind) if enrollment.step else None
    over = kind.over_at(enrollment.step.settings, enrollment.arrived_at) if kind and enrollment.step else None
    return over or enrollment.due_at


def rests(enrollment: Enrollment, zone: str, now: datetime) -> str:
    """Return what a member under way waits for, and until when in their zone, in words that follow the journey's name.

    A member who is held out gets nothing, and whoever works at a desk should know it.
    """
    if enrollment.state == EnrollmentState.HELD_OUT:
        return _("sends nothing: the member is held out for comparison")
    kind = kinds().get(enrollment.step.kind) if enrollment.step else None
    if enrollment.step is None or kind is None or enrollment.due_at <= now:
        return _("is about to go on")
    does = kind.resting(enrollment.step.settings)
    said = {"does": does, "until": zones.wall(goes_on(enrollment), zone)}
    return _("%(does)s, until %(until)s") % said


@cache
def reasons() -> Mapping[str, object]:
    """Return the sentence of every reason that a trace can hold."""
    verdicts = {verdict.value: verdict.label for verdict in Verdict if hasattr(verdict, "label")}
    return {
        **verdicts,
        **{choice.value: choice.label for choices in (EndReason, NotEntered, Reason) for choice in choices},
    }
