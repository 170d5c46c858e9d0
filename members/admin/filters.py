"""Filters of lists that grow without end: each asks an index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from members.models import Member, Segment

if TYPE_CHECKING:
    from django.contrib.admin import SimpleListFilter as DropdownFilter
    from django.contrib.admin import SimpleListFilter as TextFilter
else:
    from unfold.contrib.filters.admin import DropdownFilter, TextFilter


class SegmentFilter(DropdownFilter):
    """Members of a segment, as last refreshed."""

    title = _("segment")
    parameter_name = "segment"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        """Every segment by its id."""
        return [(pk, name) for pk, name in Segment.objects.order_by("name").values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Member]) -> QuerySet[Member]:
        """Only its members."""
        chosen = self.value()
        return (
            queryset.filter(memberships__segment=int(chosen))
            if chosen and chosen.isdecimal() and len(chosen) < 19
            else queryset
        )


class TagFilter(TextFilter):
    """Members who carry a tag."""

    title = _("tag")
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        """None: the tag is typed."""
        return []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Member]) -> QuerySet[Member]:
        """Only those with exactly this tag."""
        chosen = self.value()
        return queryset.filter(tags__name=chosen.strip()) if chosen else queryset
