"""How a member can be reached, and what they agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from members import consent
from members.models import Identity, Member, Suppression


def load(member: Member, request: HttpRequest, now: datetime) -> Mapping[str, Any]:
    """Return the addresses with their suppressions, and the decision that holds for each channel and purpose."""
    identities = list(Identity.objects.filter(member=member).order_by("channel"))
    never = {
        (one.channel, one.address): one
        for one in Suppression.objects.filter(
            channel__in=[one.channel for one in identities], address__in=[one.address for one in identities]
        )
    }
    return {
        "addresses": [(one, never.get((one.channel, one.address))) for one in identities],
        "consents": consent.in_force(member, now),
        "may_add": request.user.has_perm("members.add_consent"),
        "may_list": request.user.has_perm("members.view_consent"),
    }
