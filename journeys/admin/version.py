"""Versions: what was published, as it was."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from journeys import definitions
from journeys.models import Version
from members.admin.base import ReadOnlyAdmin, column


@admin.register(Version)
class VersionAdmin(ReadOnlyAdmin[Version]):
    """Published versions never change; there is nothing to edit here."""

    when_empty = gettext_lazy("Each publishing of a journey makes a version: publish one.")
    list_display = ("journey", "number", "published_at", "published_by", "priority", "holdout")
    list_filter = ("journey",)
    list_select_related = ("journey", "published_by")
    fields = ("journey", "number", "published_at", "published_by", "priority", "holdout", "entry_segment", "text")
    readonly_fields = ("text",)

    @column(gettext_lazy("text"))
    def text(self, version: Version) -> SafeString:
        """The definition as text."""
        return format_html(
            '<pre class="text-xs" style="white-space: pre-wrap; overflow-wrap: anywhere">{}</pre>',
            definitions.written(version.definition),
        )
