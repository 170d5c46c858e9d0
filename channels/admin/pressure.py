"""The one row that says how many promotional messages a member may get."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from channels.models import PressurePolicy
from members import clock
from members.admin.base import HouseAdmin

ONLY = 1  # the id of the row that holds


@admin.register(PressurePolicy)
class PressurePolicyAdmin(HouseAdmin[PressurePolicy]):
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

    def has_add_permission(self, request: HttpRequest) -> bool:
        """One, if there is none."""
        return self.may(request, "add") and not PressurePolicy.objects.filter(pk=ONLY).exists()

    def has_delete_permission(self, request: HttpRequest, obj: PressurePolicy | None = None) -> bool:
        """Allow more messages instead."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Go to the one row, or to where it is made."""
        if PressurePolicy.objects.filter(pk=ONLY).exists():
            return HttpResponseRedirect(reverse("admin:channels_pressurepolicy_change", args=[ONLY]))
        if self.has_add_permission(request):
            return HttpResponseRedirect(reverse("admin:channels_pressurepolicy_add"))
        return super().changelist_view(request, extra_context)

    def save_model(self, request: HttpRequest, obj: PressurePolicy, form: Any, change: bool) -> None:
        """Note since when it says this: earlier messages fell under the policy of their day."""
        obj.pk = ONLY
        if not change or form.changed_data:
            obj.since = clock.now()
        super().save_model(request, obj, form, change)
