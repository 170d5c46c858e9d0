"""Where an enrollment stands: held out, waiting, deferred or over; and what became of each message on the way."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from channels import explaining
from channels.explaining import Explanation
from channels.explaining.behind import Wanted, behind
from channels.models import Hold, Message
from channels.vocabulary import OriginKind, Reason
from content.models import Content, Grant, Offer
from journeys.explaining.entries import Asked
from journeys.explaining.never import at_the_door, turned_away
from journeys.models import Enrollment, Trace
from journeys.plan import plan
from journeys.vocabulary import EndReason, EnrollmentState, Outcome, Whereabouts
from journeys.wording import goes_on, reasons, rests
from members import zones
from members.vocabulary import Purpose

MOST = 20  # so many messages, and as many that were not sent


def enrolled(enrollment: Enrollment, now: datetime) -> Explanation:
    """Return where an enrollment stands at `now`, what it waits for, and in `parts` what was sent and what was not."""
    look = {EnrollmentState.HELD_OUT: _held_out, EnrollmentState.ENDED: _ended}.get(
        EnrollmentState(enrollment.state), _live
    )
    found = look(enrollment, now)
    return Explanation(
        status=found.status,
        reason=found.reason,
        sentence=found.sentence,
        since=found.since,
        until=found.until,
        evidence={
            "version": enrollment.version.number,
            "entered_at": enrollment.entered_at.isoformat(),
            "entry_key": enrollment.entry_key,
            **found.evidence,
        },
        parts=_on_the_way(enrollment, now),
    )


def _said(enrollment: Enrollment, **more: object) -> dict[str, object]:
    return {"member": enrollment.member, "journey": enrollment.journey.name, **more}


def _wall(enrollment: Enrollment, instant: datetime | None) -> str:
    return zones.wall(instant, zones.name_of(enrollment.member)) if instant else ""


def _held_out(enrollment: Enrollment, now: datetime) -> Explanation:
    said = _said(
        enrollment, since=_wall(enrollment, enrollment.entered_at), until=_wall(enrollment, enrollment.goal_until)
    )
    sentence = _(
        "%(member)s was drawn for the holdout of “%(journey)s” at %(since)s and gets nothing from it until %(until)s."
    )
    return Explanation(Whereabouts.HELD_OUT, sentence % said, "", enrollment.entered_at, enrollment.goal_until)


def _ended(enrollment: Enrollment, now: datetime) -> Explanation:
    why = str(EndReason(enrollment.end_reason).label)
    said = _said(enrollment, time=_wall(enrollment, enrollment.ended_at), why=why)
    sentence = _("%(member)s left “%(journey)s” at %(time)s. %(why)s") % said
    if enrollment.converted_at and enrollment.end_reason != EndReason.GOAL:
        reached = _("Reached the goal at %(time)s.") % {"time": _wall(enrollment, enrollment.converted_at)}
        sentence = f"{sentence} {reached}"
    told = turned_away(enrollment.member, enrollment.journey, enrollment.entered_at)
    current = enrollment.journey.current_id
    if told and current:
        again = at_the_door(told, Asked(enrollment.member, enrollment.journey, plan(current), now))
        sentence = _("%(before)s The member %(again)s") % {"before": sentence, "again": again.sentence}
    return Explanation(Whereabouts.ENDED, sentence, enrollment.end_reason, enrollment.ended_at)


def _live(enrollment: Enrollment, now: datetime) -> Explanation:
    hold = Hold.objects.filter(scope=Hold.Scope.JOURNEY, scope_id=str(enrollment.journey_id)).first()
    if hold:
        said = _said(enrollment, time=_wall(enrollment, hold.since), why=hold.reason, step=_step(enrollment))
        sentence = _("%(member)s stands at “%(step)s” of “%(journey)s”, which is held since %(time)s: %(why)s")
        return Explanation(Whereabouts.HELD, sentence % said, "", hold.since)
    put_off = _put_off(enrollment)
    if put_off and enrollment.due_at > now:
        return _deferred(enrollment, put_off)
    rest = rests(enrollment, zones.name_of(enrollment.member), now)
    status = Whereabouts.WAITING if enrollment.due_at > now else Whereabouts.GOING_ON
    said = _said(enrollment, rest=rest, step=_step(enrollment))
    sentence = _("%(member)s stands at “%(step)s” of “%(journey)s”: it %(rest)s.") % said
    until = goes_on(enrollment) if enrollment.due_at > now else None
    return Explanation(status, sentence, "", enrollment.arrived_at, until, {"step": _step(enrollment)})


def _step(enrollment: Enrollment) -> str:
    return enrollment.step.key if enrollment.step else ""


def _put_off(enrollment: Enrollment) -> Trace | None:
    """Return the last row of the trace, if it says that a message of this step, of any version, was put off."""
    last = enrollment.trace.exclude(outcome=Outcome.MOVED).order_by("-pk").first()
    put_off = last and last.outcome == Outcome.WAITING and last.reason and last.step_key == _step(enrollment)
    return last if put_off else None


def _deferred(enrollment: Enrollment, told: Trace) -> Explanation:
    why = behind(told.reason, _wanted(enrollment, told))
    said = _said(
        enrollment,
        step=told.step_key,
        why=why.sentence,
        since=_wall(enrollment, told.at),
        until=_wall(enrollment, enrollment.due_at),
    )
    sentence = _(
        "The message of “%(journey)s” to %(member)s at “%(step)s” was put off at %(since)s. %(why)s"
        " It is asked for again at %(until)s."
    )
    evidence = {"step": told.step_key, **(why.evidence or {})}
    return Explanation(Whereabouts.DEFERRED, sentence % said, told.reason, told.at, enrollment.due_at, evidence)


def _wanted(enrollment: Enrollment, told: Trace) -> Wanted:
    settings = plan(enrollment.version_id).settings_of(told.step_key)
    content = Content.objects.filter(key=settings.get("content", "")).first()
    purpose = content.purpose if content else Purpose.PROMOTIONAL
    detail = told.detail if isinstance(told.detail, dict) else {}
    offer = Offer.objects.filter(key=settings.get("offer", "")).first()
    grants = Grant.objects.filter(member=enrollment.member, offer=offer, granted_at__lte=told.at) if offer else None
    return Wanted(
        enrollment.member,
        detail.get("channel", ""),
        purpose,
        told.at,
        grant=grants.order_by("-granted_at", "-pk").first() if grants else None,
        detail=detail,
        offer=offer.name if offer else "",
        journey_id=enrollment.journey_id,
    )


def _on_the_way(enrollment: Enrollment, now: datetime) -> tuple[Explanation, ...]:
    """Return what became of each message that was wanted, in the order in which it happened."""
    sent = Message.objects.filter(
        member=enrollment.member_id, origin_kind=OriginKind.ENROLLMENT, origin_id=enrollment.pk
    ).select_related("member__home_store", "content", "grant__offer", "sender")
    others = (Outcome.WAITING, Outcome.CONVERTED, Outcome.ENDED)  # no step came to nothing by these
    refused = enrollment.trace.exclude(reason="").exclude(outcome__in=others)
    told = [(one.queued_at, explaining.explain(one, now)) for one in sent.order_by("-pk")[:MOST]]
    told += [(row.at, _no(enrollment, row)) for row in refused.order_by("-pk")[:MOST] if row.step_key]
    return tuple(part for _at, part in sorted(told, key=lambda pair: pair[0]))


def _no(enrollment: Enrollment, row: Trace) -> Explanation:
    why = behind(row.reason, _wanted(enrollment, row))
    sentence = why.sentence if row.reason in Reason.values else str(reasons().get(row.reason, why.sentence))
    taken_by = (row.detail or {}).get("taken_by")
    if taken_by:
        sentence = _("%(why)s It is “%(offer)s”.") % {"why": sentence, "offer": taken_by}
    said = {"time": _wall(enrollment, row.at), "step": row.step_key, "why": sentence}
    text = _("Nothing came of “%(step)s” at %(time)s. %(why)s") % said
    return Explanation(
        row.outcome, text, row.reason, why.since or row.at, None, {"step": row.step_key, **(why.evidence or {})}
    )
