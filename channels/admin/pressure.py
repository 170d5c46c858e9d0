"""The one row that says how many promotional messages a member may get."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from channels.models import PressurePolicy
from members import clock
from members.admin.one_row import OneRowAdmin


@admin.register(PressurePolicy)
class PressurePolicyAdmin(OneRowAdmin[PressurePolicy]):
    """There is at most one policy: its list is its page. Without one, nothing is capped."""

    fieldsets = (
        (
            None,
            {
                "fields": (("messages", "days"), "since"),
                "description": _(
                    "At most so many promotional messages to a member in so many days, over all channels and journeys. "
                    "It holds for what is queued from now on; what is queued already is sent."
                ),
            },
        ),
    )
    readonly_fields = ("since",)

    def save_model(self, request: HttpRequest, obj: PressurePolicy, form: Any, change: bool) -> None:
        """Note since when it says this: earlier messages fell under the policy of their day."""
        if not change or form.changed_data:
            obj.since = clock.now()
        super().save_model(request, obj, form, change)
