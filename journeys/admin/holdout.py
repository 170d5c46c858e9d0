"""The one row that says to how many members no journey writes."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from journeys.models import HoldoutPolicy
from members.admin.one_row import OneRowAdmin


@admin.register(HoldoutPolicy)
class HoldoutPolicyAdmin(OneRowAdmin[HoldoutPolicy]):
    """There is at most one policy: its list is its page. Without one, nobody is held out over all."""

    fieldsets = (
        (
            None,
            {
                "fields": ("share",),
                "description": _(
                    "This share of all members, drawn by lot once and for all, is held out of every journey that they "
                    "enter from now on. A larger share adds members; a smaller one keeps those drawn first. "
                    "Enrollments under way stay as they are."
                ),
            },
        ),
    )
