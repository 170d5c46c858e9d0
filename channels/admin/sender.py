"""Senders: an adapter with its settings, and how its carrier fares."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter

from channels import registry, senders, subscriptions
from channels.addresses import hook_url
from channels.admin.sender_form import PREFIX, form_for, names
from channels.admin.subscription import SubscriptionPages, is_one, told
from channels.base import Adapter
from channels.models import Message, Sender
from channels.vocabulary import WEBHOOK, State
from members.admin.base import column
from members.admin.deleting import Deletion

MOST = 1000  # waiting messages are counted so far and no further
BASICS = ("name", ("rate", "rank"), "active")
# Of subscriptions none takes the place of another.
BASICS_OF_A_SUBSCRIPTION = ("name", "rate", "active")
BASIC_NAMES = ("name", "rate", "rank", "active", "channel", "settings", "secrets")


@admin.register(Sender)
class SenderAdmin(SubscriptionPages):
    """The adapter is chosen when a sender is added, and stays: another carrier is another sender."""

    list_display = ("name", "adapter_label", "channel", "rank", "active", "state")
    list_filter = (("channel", ChoicesDropdownFilter), ("active", BooleanRadioFilter))
    search_fields = ("name",)
    sortable_by = ()
    readonly_fields = ("settings_shown",)
    change_form_outer_before_template = "channels/admin/sender_state.html"

    @column(_("adapter"))
    def adapter_label(self, sender: Sender) -> str:
        """The adapter in words."""
        known = registry.adapters().get(sender.adapter)
        return str(known.label) if known else sender.adapter

    @column(_("carrier"), labels={"failing": "danger", "works": "success"})
    def state(self, sender: Sender) -> tuple[str, str]:
        """Whether the carrier fails, or wanted nothing more."""
        if sender.failing_since:
            sentence = _now("failing since %(time)s") if sender.active else _now("said no for good at %(time)s")
            return "failing", sentence % {"time": f"{sender.failing_since:%Y-%m-%d %H:%M}"}
        return "works", _now("no complaint")

    @column(_("settings"))
    def settings_shown(self, sender: Sender) -> SafeString:
        """The settings that are no secrets, for those who may only look."""
        adapter = registry.adapters().get(sender.adapter)
        shown = (
            [(one.label, _in_words(sender.settings.get(one.name, ""))) for one in adapter.settings] if adapter else []
        )
        return format_html_join("\n", "{}: {}<br>", [(label, value) for label, value in shown if value != ""])

    def get_fieldsets(self, request: HttpRequest, obj: Sender | None = None) -> Any:
        """What every sender has, then what its adapter asks for."""
        adapter = self._adapter(request, obj)
        basics = BASICS_OF_A_SUBSCRIPTION if adapter and adapter.channel == WEBHOOK else BASICS
        if adapter is None or not (self.has_change_permission(request, obj) if obj else True):
            return [(None, {"fields": (*basics, "settings_shown")})]
        asked = [(_now("Settings: %(adapter)s") % {"adapter": adapter.label}, {"fields": names(adapter)})]
        return [(None, {"fields": basics}), *(asked if adapter.settings else [])]

    def get_form(
        self, request: HttpRequest, obj: Sender | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[Sender]]:
        """The form of this adapter."""
        adapter = self._adapter(request, obj)
        if adapter is None:
            return super().get_form(request, obj, change, **kwargs)
        return super().get_form(request, obj, change, **{**kwargs, "form": form_for(adapter)})

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Let the adapter be chosen first."""
        if self._adapter(request, None) is None and self.has_add_permission(request):
            # Templates call what can be called, and an adapter is a class.
            known = [(kind, one.label, one.settings) for kind, one in sorted(registry.adapters().items())]
            context = {"adapters": known}
            return self.page(request, "channels/admin/adapters.html", _now("Which adapter?"), context)
        return super().add_view(request, form_url, extra_context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show how the carrier fares and what waits, above the form."""
        sender = self.get_object(request, object_id)
        shown = {"sender": sender, **(self._state(request, sender) if sender else {})}
        return super().change_view(request, object_id, form_url, {**shown, **(extra_context or {})})

    def save_model(self, request: HttpRequest, obj: Sender, form: Any, change: bool) -> None:
        """Leave alone what delivery writes on the row meanwhile. Whoever saves it switched off has seen why."""
        obj.save(update_fields=BASIC_NAMES if change else None)
        if not obj.active:
            senders.recovered(obj)

    def response_add(self, request: HttpRequest, obj: Sender, post_url_continue: str | None = None) -> HttpResponse:
        """Show the secrets that were drawn, which is the only time."""
        values, asked = senders.values(obj), registry.adapter(obj.adapter).settings
        drawn = [one for one in asked if one.drawn and not request.POST.get(PREFIX + one.name)]
        if drawn:
            return self.shown_once(request, obj, [(str(one.label), values[one.name]) for one in drawn])
        return super().response_add(request, obj, post_url_continue)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Deletion:
        """What was told by a subscription goes with it; what members got by a sender keeps that."""
        subscribed = [one for one in objs if is_one(one)]
        gone = [_now("%(name)s, and what it told or had still to tell") % {"name": one} for one in subscribed]
        names, counts, lacking, in_the_way = super().get_deleted_objects(
            [one for one in objs if not is_one(one)], request
        )
        return gone + names, counts or {str(_("senders")): len(gone)}, lacking, in_the_way

    def delete_model(self, request: HttpRequest, obj: Sender) -> None:
        """Delete it, a subscription with what it told."""
        if is_one(obj):
            subscriptions.delete(obj)
        else:
            super().delete_model(request, obj)

    def _adapter(self, request: HttpRequest, sender: Sender | None) -> type[Adapter] | None:
        return registry.adapters().get(sender.adapter if sender else request.GET.get("adapter", ""))

    def _state(self, request: HttpRequest, sender: Sender) -> dict[str, Any]:
        waiting = Message.objects.filter(sender=sender, state=State.QUEUED).order_by()
        count = len(waiting.values_list("pk", flat=True)[: MOST + 1])
        adapter = registry.adapters().get(sender.adapter)
        takes_receipts = adapter is not None and adapter.receipts is not Adapter.receipts
        # Whoever has the address may report in the carrier's name where the carrier does not sign.
        hook = hook_url(sender.token) if takes_receipts and self.has_change_permission(request, sender) else ""
        return {
            "waiting": min(count, MOST),
            "more_wait": count > MOST,
            "hook": hook,
            "label": self.adapter_label(sender),
            "subscribed": is_one(sender),
            **(told(request, sender) if is_one(sender) else {}),
        }


def _in_words(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list) else value
