"""Lists of what members have: searched by the member, or by a code of their own."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from members import search
from members.admin.base import BigTableAdmin
from members.models import Member

M = TypeVar("M", bound=Model)


class OwnedAdmin(BigTableAdmin[M]):
    """A list of rows with a `member`. Its search takes whatever finds members; `found_by` may find rows besides."""

    list_select_related: ClassVar[Any] = ("member",)
    search_fields = ("member__external_id",)  # only says that there is a search
    search_help_text = _("Member: code, name, phone number or e-mail")

    def found_by(self, typed: str) -> Q:
        """Return the condition on rows for what was typed, by an index."""
        members = Member.objects.filter(search.found_or_alike(typed)).order_by().values_list("pk", flat=True)
        return Q(member_id__in=list(members[: search.MOST]))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        """Find by an index, whatever was typed."""
        return (queryset.filter(self.found_by(search_term)) if search_term.strip() else queryset), False
