"""What a member did: purchases, events and points, each newest first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from members.models import Event, Member, PointsEntry, Purchase
from members.pages import newest_first

SIZE = 8


def load(member: Member, request: HttpRequest, now: datetime) -> Mapping[str, Any]:
    """Return a page of each; the parameters `purchases`, `events` and `points` of the address lead to older ones."""
    bought = Purchase.objects.filter(member=member).select_related("store").prefetch_related("lines")
    return {
        "purchases": newest_first(bought, request.GET.get("purchases", ""), SIZE),
        "events": newest_first(Event.objects.filter(member=member), request.GET.get("events", ""), SIZE),
        "points": newest_first(PointsEntry.objects.filter(member=member), request.GET.get("points", ""), SIZE),
    }
