"""Beat's timetable in the looks of the house. Operators change times; which tasks there are, the code says."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

# Importing it registers beat's own pages first, which give way to ours.
from django_celery_beat import admin as beat  # noqa: F401
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from members.admin.base import HouseAdmin

admin.site.index_title = _("Overview")
for model in (PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule):
    admin.site.unregister(model)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(HouseAdmin[Any]):
    """What beat sends when."""

    list_display = ("name", "enabled", "scheduler", "last_run_at")
    list_select_related = ("interval", "crontab", "solar", "clocked")
    search_fields = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "description", "enabled")}),
        (
            _("When"),
            {
                "fields": ("interval", "crontab", "expire_seconds", "last_run_at"),
                "description": _("Either an interval or a timetable (UTC). Beat takes changes over within seconds."),
            },
        ),
    )
    readonly_fields = ("name", "last_run_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The code says which tasks there are."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Switch it off instead: the next migration would bring it back."""
        return False


@admin.register(IntervalSchedule, CrontabSchedule)
class ScheduleAdmin(HouseAdmin[Any]):
    """Times that tasks refer to."""
