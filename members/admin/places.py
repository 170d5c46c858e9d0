"""Stores and time zones."""

from __future__ import annotations

from typing import Any

import phonenumbers
from django.contrib import admin
from django.utils.translation import gettext as _

from members.admin.base import HouseAdmin, ReadOnlyAdmin
from members.admin.forms import ModelForm
from members.identities import BadAddress, normalise
from members.models import Store, Zone
from members.vocabulary import Channel


class StoreForm(ModelForm[Store]):
    """A shop, whose phone number may be written as at home and is stored with its country."""

    def clean(self) -> dict[str, Any] | None:
        """Bring country and phone number into their stored form."""
        given = super().clean() or {}
        given["country"] = country = given.get("country", "").upper()
        if country and country not in phonenumbers.SUPPORTED_REGIONS:
            self.add_error("country", _("There is no country “%(country)s”; write one such as DE.") % given)
        if given.get("phone"):
            try:
                given["phone"] = normalise(Channel.SMS, given["phone"], country or None)
            except BadAddress as error:
                self.add_error("phone", str(error))
        return given


@admin.register(Store)
class StoreAdmin(HouseAdmin[Store]):
    """Shops with a counter."""

    form = StoreForm
    list_display = ("name", "code", "zone", "country", "phone")
    search_fields = ("name", "code")


@admin.register(Zone)
class ZoneAdmin(ReadOnlyAdmin[Zone]):
    """Zone names; they come with the pinned tzdata."""

    list_display = ("name",)
    search_fields = ("name",)
    ordering = ("name",)
