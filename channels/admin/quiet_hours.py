"""Quiet hours: when each channel may be used."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from channels.models import QuietHours
from members.admin.base import HouseAdmin


@admin.register(QuietHours)
class QuietHoursAdmin(HouseAdmin[QuietHours]):
    """One row a channel; a channel without one may be used at any hour."""

    list_display = ("channel", "opens", "closes")
    fieldsets = (
        (
            None,
            {
                "fields": ("channel", ("opens", "closes")),
                "description": _(
                    "The channel is used from opening to closing, by the member's own clock. Closing before opening "
                    "means overnight, both alike means always. Messages that are queued already keep their departure."
                ),
            },
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: QuietHours | None = None) -> Any:
        """The channel stays: delete the row, or add one for another channel."""
        return ("channel",) if obj else ()
