"""Every contact with a member, in all channels and both directions, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from members.models import Member, Touchpoint
from members.pages import newest_first

SIZE = 30
PARAMETER = "contacts"


def load(member: Member, request: HttpRequest, now: datetime) -> Mapping[str, Any]:
    """Return a page of touchpoints; the parameter `contacts` of the address leads to older ones."""
    touchpoints = Touchpoint.objects.filter(member=member).select_related("store")
    return {"page": newest_first(touchpoints, request.GET.get(PARAMETER, ""), SIZE), "parameter": PARAMETER}
