"""Stores and time zones."""

from __future__ import annotations

from django.contrib import admin

from members.admin.base import HouseAdmin, ReadOnlyAdmin
from members.models import Store, Zone


@admin.register(Store)
class StoreAdmin(HouseAdmin[Store]):
    """Shops with a counter."""

    list_display = ("name", "code", "zone", "country", "phone")
    search_fields = ("name", "code")


@admin.register(Zone)
class ZoneAdmin(ReadOnlyAdmin[Zone]):
    """Zone names; they come with the pinned tzdata."""

    list_display = ("name",)
    search_fields = ("name",)
    ordering = ("name",)
