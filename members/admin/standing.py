"""The one row that says how tiers and churn levels are drawn."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from members.admin.base import HouseAdmin
from members.models import StandingPolicy


@admin.register(StandingPolicy)
class StandingPolicyAdmin(HouseAdmin[StandingPolicy]):
    """There is one policy, neither more nor fewer: its list is its page."""

    fieldsets = (
        (
            _("Tiers"),
            {
                "fields": ("scheme", ("gold_share", "silver_share"), ("gold_spend", "silver_spend")),
                "description": _(
                    "Shares are of all members: 0.050 is the top 5 %. Amounts are spend of the "
                    "trailing twelve months. Changes take hold when standing is drawn next, every night."
                ),
            },
        ),
        (
            _("Churn"),
            {
                "fields": (("light_gaps", "moderate_gaps", "severe_gaps"),),
                "description": _(
                    "In typical gaps between the purchases of the member: with 2, somebody who buys every "
                    "ten days has light churn after twenty days of silence."
                ),
            },
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one already."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: StandingPolicy | None = None) -> bool:
        """There must be one."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Go to the one row."""
        return HttpResponseRedirect(reverse("admin:members_standingpolicy_change", args=[1]))
