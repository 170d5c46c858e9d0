"""Contact pressure: how many messages a member may get, by policies that hold all at once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter

from channels import pressure
from channels.models import PressurePolicy
from members import clock
from members.admin.base import HouseAdmin, column
from members.admin.forms import ModelForm
from members.models import Segment
from members.vocabulary import Channel, Purpose


class PolicyForm(ModelForm[PressurePolicy]):
    """A policy, whose empty choices say what they mean."""

    class Meta:
        model = PressurePolicy
        fields = ("messages", "days", "purpose", "channel", "segment", "active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Name what an empty choice stands for; a segment that nobody refreshes says nothing about anybody."""
        super().__init__(*args, **kwargs)
        chosen: dict[str, Any] = {"purpose": Purpose.choices, "channel": Channel.choices}
        empty = {"purpose": _("Any purpose"), "channel": _("All channels together")}
        for name, choices in chosen.items():
            if name in self.fields:  # whoever only looks has none
                field: Any = self.fields[name]
                field.choices = [("", empty[name]), *choices]
        if "segment" in self.fields:
            segment: Any = self.fields["segment"]
            segment.empty_label = _("Everybody")
            segment.queryset = Segment.objects.filter(active=True)


@admin.register(PressurePolicy)
class PressurePolicyAdmin(HouseAdmin[PressurePolicy]):
    """Each policy is a row; without one, nothing is capped."""

    form = PolicyForm
    list_display = ("most", "of_purpose", "by_channel", "to_members", "active", "since")
    list_filter = (("active", BooleanRadioFilter),)
    list_select_related = ("segment",)
    when_empty = _("Without a policy nothing is capped. Add one, such as 3 promotional messages in 7 days.")
    fieldsets = (
        (
            None,
            {
                "fields": (("messages", "days"), ("purpose", "channel"), "segment", "active", "since"),
                "description": _(
                    "At most so many messages to a member in so many days. Every active policy holds: a message must "
                    "have room under all that count it. A policy counts, and stops, messages of its purpose and "
                    "channel to members of its segment; any purpose includes receipts and the like. It holds for what "
                    "is queued from now on; what is queued already is sent."
                ),
            },
        ),
    )
    readonly_fields = ("since",)

    def save_model(self, request: HttpRequest, obj: PressurePolicy, form: Any, change: bool) -> None:
        """Note since when it says this, where it says anything else than before."""
        if not change or form.changed_data:
            pressure.save(obj, clock.now())

    @column(_("At most"))
    def most(self, obj: PressurePolicy) -> str:
        """How many, in which time."""
        return _("%(messages)d in %(days)d days") % {"messages": obj.messages, "days": obj.days}

    @column(_("Purpose"))
    def of_purpose(self, obj: PressurePolicy) -> str:
        """Of which purpose; empty is any."""
        return obj.get_purpose_display() if obj.purpose else str(_("Any purpose"))

    @column(_("Channel"))
    def by_channel(self, obj: PressurePolicy) -> str:
        """By which channel; empty is all together."""
        return obj.get_channel_display() if obj.channel else str(_("All channels together"))

    @column(_("Members"))
    def to_members(self, obj: PressurePolicy) -> str:
        """To whom; empty is everybody."""
        return str(obj.segment or _("Everybody"))
