"""Quiet hours: when each channel may be used, everywhere and in single countries."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from channels.models import QuietHours
from members import countries
from members.admin.base import HouseAdmin, column
from members.admin.forms import ModelForm

EVERYWHERE = _("Everywhere else")


class HoursForm(ModelForm[QuietHours]):
    """Hours of a channel, whose country is chosen by its name."""

    class Meta:
        model = QuietHours
        fields = ("channel", "country", "opens", "closes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the countries that have a time zone."""
        super().__init__(*args, **kwargs)
        if "country" in self.fields:  # it is only read where it cannot be changed
            self.fields["country"] = forms.ChoiceField(
                label=_("Country"),
                choices=[("", EVERYWHERE), *countries.names().items()],
                required=False,
                widget=UnfoldAdminSelectWidget(),
            )


@admin.register(QuietHours)
class QuietHoursAdmin(HouseAdmin[QuietHours]):
    """One row a channel and country; a channel without one may be used at any hour."""

    form = HoursForm
    list_display = ("channel", "where", "opens", "closes")
    when_empty = _("Every channel may be used at any hour. Add hours for those that must not ring at night.")
    fieldsets = (
        (
            None,
            {
                "fields": (("channel", "country"), ("opens", "closes")),
                "description": _(
                    "The channel is used from opening to closing, by the member's own clock. Closing before opening "
                    "means overnight, both alike means always. A country's own hours hold there instead of those "
                    "everywhere else. Messages that are queued already keep their departure."
                ),
            },
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: QuietHours | None = None) -> Any:
        """Channel and country stay: delete the row, or add one for others."""
        return ("channel", "where") if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: QuietHours | None = None) -> Any:
        """Show the country by its name where it stays."""
        ((title, options),) = self.fieldsets
        shown = {"fields": (("channel", "where" if obj else "country"), ("opens", "closes"))}
        return ((title, {**options, **shown}),)

    @column(_("Country"))
    def where(self, obj: QuietHours) -> str:
        """The country's name; empty is everywhere else."""
        return countries.names().get(obj.country, obj.country) if obj.country else str(EVERYWHERE)
