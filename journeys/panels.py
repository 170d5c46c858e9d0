"""What the member's page says of journeys: where the member is under way, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from journeys.models import Enrollment
from journeys.wording import under_way
from members.models import Member
from members.panels import Panel

MOST = 20


def load(member: Member, _request: HttpRequest, _now: datetime) -> Mapping[str, Any]:
    """Return the member's latest enrollments, those under way first."""
    found = Enrollment.objects.filter(member=member).select_related("journey", "step")
    listed = found.order_by("-entered_at")[:MOST]
    shown = sorted(listed, key=lambda enrollment: enrollment.ended_at is not None)
    return {"enrollments": [(enrollment, under_way(enrollment)) for enrollment in shown]}


ENROLLMENTS = Panel(
    key="journeys",
    title=gettext_lazy("Journeys"),
    order=70,
    template="journeys/panels/enrollments.html",
    load=load,
    permission="journeys.view_enrollment",
)
