"""Enrollments: who is or was in which journey, and what happened to them there."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from channels.models import Message
from channels.vocabulary import OriginKind
from journeys.models import Enrollment
from journeys.wording import told
from members.admin.base import ReadOnlyAdmin, column


@admin.register(Enrollment)
class EnrollmentAdmin(ReadOnlyAdmin[Enrollment]):
    """One enrollment with its trace in plain words and its messages."""

    when_empty = gettext_lazy("Members enter once a journey is published.")
    list_display = ("member", "journey", "shown_state", "step", "entered_at", "due_at", "end_reason", "converted_at")
    list_filter = ("journey", "state", "end_reason", "held_out", ("converted_at", admin.EmptyFieldListFilter))
    list_select_related = ("member", "journey", "step")
    search_fields = ("=member__external_id",)
    fields = (
        "member",
        "journey",
        "version",
        "state",
        "held_out",
        "step",
        "entry_key",
        "named_at",
        "entered_at",
        "arrived_at",
        "due_at",
        "visit",
        "goal_until",
        "converted_at",
        "ended_at",
        "end_reason",
    )
    change_form_outer_after_template = "journeys/admin/trace.html"

    @column(gettext_lazy("state"), labels={"live": "success", "held_out": "warning"})
    def shown_state(self, enrollment: Enrollment) -> tuple[str, str]:
        """The state in its colour."""
        return enrollment.state, enrollment.get_state_display()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the trace and the messages below."""
        found = self.get_object(request, object_id)
        shown = (
            {
                "trace": [told(row) for row in found.trace.order_by("id")[:500]],
                "sent": Message.objects.filter(
                    member=found.member_id, origin_kind=OriginKind.ENROLLMENT, origin_id=found.pk
                )
                .select_related("content")
                .order_by("id")[:100],
            }
            if found
            else {}
        )
        return super().change_view(request, object_id, form_url, {**shown, **(extra_context or {})})
