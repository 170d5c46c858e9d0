"""Teams: who works follow-ups, and how many a day."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from channels.models import Team
from members.admin.base import HouseAdmin


@admin.register(Team)
class TeamAdmin(HouseAdmin[Team]):
    """The people of a team and its day."""

    list_display = ("name", "key", "store", "daily_capacity")
    list_select_related = ("store",)
    list_filter = (("store", RelatedDropdownFilter),)
    search_fields = ("name", "key")
    fieldsets = (
        (
            None,
            {
                "fields": (("name", "key"), ("store", "daily_capacity"), "users"),
                "description": _(
                    "A team's day is a day in the zone of its store. When the day is full, further follow-ups wait for "
                    "the next one, the most important first."
                ),
            },
        ),
    )

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Show all people, to be ticked: a field to search in has no name that could be read aloud."""
        return super().formfield_for_manytomany(
            db_field, request, **{"widget": UnfoldAdminCheckboxSelectMultipleWidget(), **kwargs}
        )
