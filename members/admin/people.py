"""Members: found by an index, shown as panels, changed nowhere here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from members import audit_log, clock, panels, search
from members.admin.base import ReadOnlyAdmin, column
from members.admin.filters import RfmFilter, SegmentFilter, TagFilter, TierMoveFilter
from members.models import Member
from members.vocabulary import Churn, Deed, Tier

CHURN_COLOURS: dict[str, str] = {Churn.LIGHT: "info", Churn.MODERATE: "warning", Churn.SEVERE: "danger"}
TIER_COLOURS: dict[str, str] = {Tier.GOLD: "warning", Tier.SILVER: "info"}
NOBODY = ("", "–")


@admin.register(Member)
class MemberAdmin(ReadOnlyAdmin[Member]):
    """The list of members, and the page of each with everything that is known."""

    when_empty = _("Members come in by a file (manage.py import_members) or by the API.")
    list_display = ("name", "external_id", "tier", "churn", "home_store", "joined_on")
    list_filter = (
        ("standing__tier", ChoicesDropdownFilter),
        ("standing__churn", ChoicesDropdownFilter),
        ("standing__rfm_class", ChoicesDropdownFilter),
        RfmFilter,
        TierMoveFilter,
        ("home_store", RelatedDropdownFilter),
        SegmentFilter,
        TagFilter,
    )
    search_fields = ("external_id",)  # only says that there is a search; how it finds stands in members.search
    search_help_text = _("Code, name, phone number or e-mail")

    @column(_("name"))
    def name(self, member: Member) -> str:
        """First and last name, or the code."""
        return str(member)

    @column(_("tier"), labels=TIER_COLOURS)
    def tier(self, member: Member) -> tuple[str, str]:
        """The tier as last drawn."""
        standing = getattr(member, "standing", None)
        return (standing.tier, standing.get_tier_display()) if standing else NOBODY

    @column(_("churn"), labels=CHURN_COLOURS)
    def churn(self, member: Member) -> tuple[str, str]:
        """The churn level as last drawn."""
        standing = getattr(member, "standing", None)
        return (standing.churn, standing.get_churn_display()) if standing else NOBODY

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Member], search_term: str
    ) -> tuple[QuerySet[Member], bool]:
        """Find by an index, whatever was typed."""
        return (queryset.filter(search.found_or_alike(search_term)) if search_term.strip() else queryset), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the member's panels."""
        member = self.allowed(request, object_id, "view")
        audit_log.note(request, Deed.LOOKED_UP, member)
        context = {"original": member, "member": member, "panels": panels.loaded(member, request, clock.now())}
        return self.page(request, "members/admin/member.html", str(member), context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        """Members with what both the list and the page show of other tables."""
        return super().get_queryset(request).select_related("home_store", "standing")
