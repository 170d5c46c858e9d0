"""What the member's page says of journeys: where the member is under way, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from journeys.models import Enrollment, Journey
from journeys.vocabulary import EnrollmentState
from journeys.wording import rests, under_way
from members import zones
from members.models import Member
from members.panels import Panel

MOST = 20


def load(member: Member, _request: HttpRequest, _now: datetime) -> Mapping[str, Any]:
    """Return the member's latest enrollments, those under way first, and the journeys that they are not in."""
    found = Enrollment.objects.filter(member=member).select_related("journey", "step")
    listed = found.order_by("-entered_at")[:MOST]
    shown = sorted(listed, key=lambda enrollment: enrollment.ended_at is not None)
    others = Journey.objects.filter(current__isnull=False).exclude(pk__in={one.journey_id for one in shown})
    return {"enrollments": [(enrollment, under_way(enrollment)) for enrollment in shown], "others": others}


ENROLLMENTS = Panel(
    key="journeys",
    title=gettext_lazy("Journeys"),
    order=70,
    template="journeys/panels/enrollments.html",
    load=load,
    permission="journeys.view_enrollment",
)


def load_live(member: Member, _request: HttpRequest, now: datetime) -> Mapping[str, Any]:
    """Return the journeys that the member is in, each with what it waits for until when, in the member's time."""
    found = Enrollment.objects.filter(member=member, ended_at__isnull=True).select_related("journey", "step")
    zone = zones.name_of(member)
    listed = found.exclude(state=EnrollmentState.ENDED).order_by("-entered_at")[:MOST]
    return {"journeys": [(enrollment, rests(enrollment, zone, now)) for enrollment in listed]}


UNDER_WAY = Panel(
    key="journeys",
    title=gettext_lazy("Journeys"),
    order=10,
    template="journeys/panels/under_way.html",
    load=load_live,
)
