"""The form of a sender: its fields are the settings of its adapter."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _now
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from channels import senders
from channels.base import Adapter, BadSettings, Setting
from channels.models import Sender
from members.admin.forms import ModelForm

PREFIX = "setting_"


class SenderForm(ModelForm[Sender]):
    """A sender with the settings of `adapter`. Secrets are written and never shown; an empty one stays as it is."""

    adapter: ClassVar[type[Adapter]]

    class Meta:
        model = Sender
        fields = ("name", "rate", "rank", "active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.adapter = self.adapter.kind
        if "rank" in self.fields:
            self.fields["rank"].help_text = _now(
                "Of the channel's active senders the one with the lowest rank is used."
            )
        stored = self.instance.pk is not None
        for setting in self.adapter.settings:
            field = self.fields.get(PREFIX + setting.name)
            if field is None:
                continue  # whoever may only look has no fields
            if setting.secret and stored:
                field.required = False
                field.widget.attrs["placeholder"] = _now("Stored; leave it empty to keep it.")
            elif not setting.secret:
                field.initial = self.instance.settings.get(setting.name, setting.default)

    def clean(self) -> dict[str, Any] | None:
        """Have the adapter check its settings; what is wrong is one sentence, at the field that it names."""
        given = super().clean() or {}
        if self.errors:
            return given
        try:
            senders.configure(self.instance, {one.name: given[PREFIX + one.name] for one in self.adapter.settings})
        except BadSettings as error:
            named = senders.setting_named(self.adapter, str(error))
            self.add_error(PREFIX + named if named else None, str(error))
        return given


def form_for(adapter: type[Adapter]) -> type[SenderForm]:
    """Return the form of senders of an adapter."""
    fields = {PREFIX + setting.name: _field(setting) for setting in adapter.settings}
    return type("AdapterSenderForm", (SenderForm,), {"adapter": adapter, **fields})


def names(adapter: type[Adapter]) -> list[str]:
    """Return the names of the form's fields for the adapter's settings, in its order."""
    return [PREFIX + setting.name for setting in adapter.settings]


def _field(setting: Setting) -> forms.Field:
    said: dict[str, Any] = {"label": setting.label, "help_text": setting.help, "required": setting.required}
    if setting.secret:
        # A browser must not put the password of whoever is logged in here.
        hidden = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
        return forms.CharField(widget=hidden, strip=False, **said)
    if setting.kind is list:
        named = [(name, f"{label} ({name})") for name, label in setting.choices]
        return forms.MultipleChoiceField(choices=named, widget=UnfoldAdminCheckboxSelectMultipleWidget(), **said)
    if setting.kind is bool:
        return forms.BooleanField(widget=UnfoldBooleanSwitchWidget(), **{**said, "required": False})
    if setting.kind is int:
        return forms.IntegerField(widget=UnfoldAdminIntegerFieldWidget(), **said)
    return forms.CharField(widget=UnfoldAdminTextInputWidget(), **said)
