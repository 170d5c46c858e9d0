"""Offers: the terms of promises that are made from now on."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter

from content.models import Grant, Offer
from members.admin.base import HouseAdmin


@admin.register(Offer)
class OfferAdmin(HouseAdmin[Offer]):
    """Terms: what, at which price, for how long."""

    list_display = ("name", "key", "slot", "price", "currency", "valid_days", "ends_at", "active")
    list_filter = (("active", BooleanRadioFilter), "slot")
    search_fields = ("name", "key")
    change_form_before_template = "content/admin/offer_note.html"
    fieldsets = (
        (None, {"fields": ("name", "key", "slot", "terms")}),
        (_("What and at which price"), {"fields": (("price", "usual_price", "currency"), ("sku", "category"))}),
        (_("For how long"), {"fields": ("valid_days", "starts_at", "ends_at", "active")}),
    )

    def get_prepopulated_fields(self, request: HttpRequest, obj: Offer | None = None) -> dict[str, Any]:
        """The key follows the name until it is stored: journeys refer to it."""
        return {} if obj or not self.has_add_permission(request) else {"key": ("name",)}

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin with the house's currency."""
        return {"currency": settings.CHORALE_CURRENCY}

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Say whether somebody holds the offer already."""
        offer = self.get_object(request, object_id) if object_id else None
        promised = offer is not None and Grant.objects.filter(offer=offer).exists()
        return super().changeform_view(request, object_id, form_url, {"promised": promised, **(extra_context or {})})
