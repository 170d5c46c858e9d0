"""A screen over a policy that is one row: its list is its page."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from members.admin.base import HouseAdmin

M = TypeVar("M", bound=Model)
ONLY = 1  # the id of the row that holds


class OneRowAdmin(HouseAdmin[M]):
    """There is at most one row, and it is never deleted."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """One, if there is none."""
        return self.may(request, "add") and not self._exists()

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Change it instead."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Go to the one row, or to where it is made."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        if self._exists():
            return HttpResponseRedirect(reverse(f"{name}_change", args=[ONLY]))
        if self.has_add_permission(request):
            return HttpResponseRedirect(reverse(f"{name}_add"))
        return super().changelist_view(request, extra_context)

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: bool) -> None:
        """Keep it as the row that holds."""
        obj.pk = ONLY
        super().save_model(request, obj, form, change)

    def _exists(self) -> bool:
        return self.model._default_manager.filter(pk=ONLY).exists()  # noqa: SLF001 - Django's name for it
