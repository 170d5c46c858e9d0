"""Who a member is and where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from members import zones
from members.models import Member, Standing


def load(member: Member, request: HttpRequest, now: datetime) -> Mapping[str, Any]:
    """Return the member's standing, if it was ever drawn, and the zone that holds for the member."""
    zone = zones.name_of(member)
    standing = Standing.objects.filter(pk=member.pk).first()
    silent = (now - standing.last_purchase_at).days if standing and standing.last_purchase_at else None
    return {
        "standing": standing,
        "days_silent": silent,
        "zone": zone,
        "local_time": now.astimezone(zones.zone(zone)).strftime("%Y-%m-%d %H:%M"),
        "attributes": sorted(member.attributes.items()),
    }
