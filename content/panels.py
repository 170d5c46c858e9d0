"""What content knows about a member, as a panel of the member's page: what was promised, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from content.models import Grant, Redemption
from content.offers import codes
from members.models import Member
from members.panels import Panel

MOST = 20


def load(member: Member, request: HttpRequest, now: datetime) -> Mapping[str, Any]:
    """Return the newest grants; one whose time is over says so before anybody has booked it."""
    taken = Prefetch("redemptions", Redemption.objects.standing().select_related("store"))
    grants = Grant.objects.filter(member=member).select_related("offer").prefetch_related(taken)
    listed = [
        {
            "grant": grant,
            "code": codes.shown(grant.code),
            "state": grant.state_at(now),
            "redemption": next(iter(grant.redemptions.all()), None),
        }
        for grant in grants.order_by("-granted_at")[:MOST]
    ]
    return {"grants": listed, "most": MOST}


PANEL = Panel("grants", _("Offers"), 40, "content/panels/grants.html", load, permission="content.view_grant", wide=True)
