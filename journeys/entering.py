"""Entering one member into a journey because somebody says so, with the answer why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from journeys import admission
from journeys.entries import Named
from journeys.models import Enrollment, Journey, Trace
from journeys.plan import plan
from journeys.publishing import demand
from journeys.vocabulary import JourneyState, NotEntered, Outcome
from members import locks
from members.models import Member

WAIT = 5_000  # milliseconds: a batch of the tick is done in a twentieth of that


@dataclass(frozen=True)
class Entered:
    """`reason` is why the member was not admitted now, None where they were.

    `enrollment` is the one under this entry key, made now or before; None where there never was one.
    """

    enrollment: Enrollment | None
    reason: NotEntered | None


@transaction.atomic
def enter(journey: Journey, member: Member, entry_key: str, now: datetime) -> Entered:
    """Enter a member, whom the journey's entry rule, exit rule and re-entry rule must admit as anybody else.

    Asked again with the same entry key while the member is under way, it changes nothing and says where they stand.
    Raises NotPossible for a journey that takes nobody in.
    """
    # First and alone: what is read after it is what the former holder of the lock left.
    locks.wait_for_shard(member.shard, WAIT)
    journey = Journey.objects.get(pk=journey.pk)
    demand(journey, JourneyState.LIVE, JourneyState.PAUSED)
    before = _latest(journey, member, entry_key)
    if before and before.ended_at is None:
        return Entered(before, NotEntered.UNDER_WAY)
    is_live = journey.state == JourneyState.LIVE
    named = [Named(member.pk, entry_key, direct=True)]
    if admission.admit(plan(journey.current_id or 0), named, now, live=is_live):
        return Entered(_latest(journey, member, entry_key), None)
    return Entered(before, _why_not(journey, member))


def _latest(journey: Journey, member: Member, entry_key: str) -> Enrollment | None:
    found = Enrollment.objects.select_related("version", "step").filter(journey=journey, member=member)
    return found.filter(entry_key=entry_key).order_by("-entered_at", "-pk").first()


def _why_not(journey: Journey, member: Member) -> NotEntered:
    """Return the reason that was just traced."""
    told = Trace.objects.filter(member=member, journey=journey, outcome=Outcome.NOT_ENTERED).order_by("-pk")
    return NotEntered(told.values_list("reason", flat=True)[:1].get())
