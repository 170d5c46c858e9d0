"""The segments that a member is in, and the tags that they carry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from members.models import Member, Membership, Tag

MOST = 50


def load(member: Member, request: HttpRequest, now: datetime) -> Mapping[str, Any]:
    """Return segments with the time when the member joined them, and tags."""
    segments = Membership.objects.filter(member=member).select_related("segment").order_by("segment__name")
    return {
        "memberships": segments[:MOST],
        "tags": Tag.objects.filter(member=member).order_by("name")[:MOST],
        "may_open": request.user.has_perm("members.view_segment"),
    }
