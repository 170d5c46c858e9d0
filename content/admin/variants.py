"""Variants: the words for one channel and language, checked when they are saved."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Field, TextField
from django.forms import Field as FormField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminTextareaWidget

from content.models import Variant
from content.variables import VARIABLES
from members.admin.base import HouseAdmin


@admin.register(Variant)
class VariantAdmin(HouseAdmin[Variant]):
    """One page a variant: an e-mail needs the room."""

    list_display = ("content", "channel", "language", "subject")
    list_select_related = ("content",)
    list_filter = (("channel", ChoicesDropdownFilter), "language")
    search_fields = ("content__name", "content__key", "subject")
    ordering = ("content__name", "channel", "language")
    fieldsets = (
        (None, {"fields": ("content", ("channel", "language"))}),
        (
            _("Words"),
            {
                "fields": ("subject", "text", "mjml"),
                "description": _(
                    "E-mail has a subject, a text and, for its layout, MJML; SMS and chat have a text; for "
                    "desk and counter, the text is the script. Variables stand in double braces."
                ),
            },
        ),
    )
    change_form_outer_after_template = "content/admin/variant_after.html"

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> FormField | None:
        """Give words a wide field of even letters, in which lines can be counted."""
        if isinstance(db_field, TextField):
            kwargs["widget"] = UnfoldAdminTextareaWidget(
                {"class": "ch-mono", "rows": 14 if db_field.name == "mjml" else 8}
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Add the variables that words can use, below the form."""
        variant = self.get_object(request, object_id) if object_id else None
        shown = {"variant": variant, "variables": VARIABLES}
        return super().changeform_view(request, object_id, form_url, {**shown, **(extra_context or {})})

    def response_post_save_add(self, request: HttpRequest, obj: Variant) -> HttpResponseRedirect:
        """Go back to the content, where the other variants are."""
        return HttpResponseRedirect(reverse("admin:content_content_change", args=[obj.content_id]))

    response_post_save_change = response_post_save_add
