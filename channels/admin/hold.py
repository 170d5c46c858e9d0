"""Holds: nothing of a scope leaves while its row stands."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from channels import holds
from channels.models import Hold, Message, Sender
from channels.vocabulary import CARRIED
from members import clock
from members.admin.base import HouseAdmin, column
from members.admin.deleting import Deletion
from members.admin.forms import ModelForm
from members.models import User

# A journey is held by pausing it, which also keeps its members where they stand.
SCOPES = [(scope.value, scope.label) for scope in Hold.Scope if scope is not Hold.Scope.JOURNEY]


class HoldForm(ModelForm[Hold]):
    """What to hold, and why."""

    scope = forms.ChoiceField(label=_("What"), choices=SCOPES, widget=UnfoldAdminSelectWidget())
    channel = forms.ChoiceField(label=_("Channel"), choices=CARRIED, required=False, widget=UnfoldAdminSelectWidget())
    sender = forms.ModelChoiceField(
        label=_("Sender"), queryset=Sender.objects.all(), required=False, widget=UnfoldAdminSelectWidget()
    )

    class Meta:
        model = Hold
        fields = ("scope", "reason")

    def clean(self) -> dict[str, Any] | None:
        """Find what is held, and refuse to hold it twice."""
        given = super().clean() or {}
        scope = given.get("scope", "")
        chosen = given.get(scope) if scope in {Hold.Scope.CHANNEL, Hold.Scope.SENDER} else None
        if scope == Hold.Scope.SENDER and chosen is None and "sender" not in self.errors:
            self.add_error("sender", _now("Choose the sender to hold."))
        self.instance.scope_id = str(getattr(chosen, "pk", chosen or ""))
        held = Hold.objects.filter(scope=scope, scope_id=self.instance.scope_id).first()
        if held and not self.errors:
            why = {"time": f"{held.since:%Y-%m-%d %H:%M}", "reason": held.reason}
            self.add_error("scope", _now("It is held since %(time)s UTC already: %(reason)s") % why)
        return given


@admin.register(Hold)
class HoldAdmin(HouseAdmin[Hold]):
    """Placed with a reason, and lifted by deleting; nothing is changed on the messages, which go on waiting."""

    form = HoldForm
    list_display = ("what", "reason", "since", "who")
    list_select_related = ("who",)
    conditional_fields = {"channel": "scope == 'channel'", "sender": "scope == 'sender'"}
    readonly_fields = ("what", "since", "who", "lifting")

    @column(_("held"))
    def what(self, hold: Hold) -> str:
        """The scope in words."""
        return f"{hold.get_scope_display()}: {name}" if (name := _name(hold)) else str(hold.get_scope_display())

    @column(_("lifting"))
    def lifting(self, hold: Hold) -> str:
        """How it ends."""
        if hold.scope == Hold.Scope.JOURNEY:
            return _now("It belongs to the pause of the journey, and ends when the journey is resumed.")
        return _now("Delete it, and what waits leaves again; what missed its deadline meanwhile is cancelled.")

    def get_fieldsets(self, request: HttpRequest, obj: Hold | None = None) -> Any:
        """What is asked when it is placed, and what is shown of one that stands."""
        asked = ("scope", "channel", "sender", "reason")
        described = _("While a hold stands, nothing of it leaves. A journey is held by pausing it.")
        if obj is None:
            return [(None, {"fields": asked, "description": described})]
        return [(None, {"fields": ("what", "reason", "since", "who", "lifting")})]

    def has_change_permission(self, request: HttpRequest, obj: Hold | None = None) -> bool:
        """Held or not; there is nothing between."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Hold | None = None) -> bool:
        """Whoever may change what is held may lift a hold; that of a journey is lifted by resuming it."""
        return (self.may(request, "change") or self.may(request, "delete")) and (
            obj is None or obj.scope != Hold.Scope.JOURNEY
        )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Deletion:
        """Say what it means to lift it."""
        listed = list(objs)
        return [self.what(one) for one in listed], {str(_("holds")): len(listed)}, set(), []

    def save_model(self, request: HttpRequest, obj: Hold, form: Any, change: bool) -> None:
        """Hold it from now on, by whoever asked for it."""
        with transaction.atomic():
            held = holds.place(Hold.Scope(obj.scope), obj.scope_id, obj.reason, clock.now(), cast(User, request.user))
        obj.pk, obj.since, obj.who = held.pk, held.since, held.who

    def response_add(self, request: HttpRequest, obj: Hold, post_url_continue: str | None = None) -> HttpResponse:
        """Say what does not leave any more."""
        return self.back(request, _now("Nothing leaves of: %(what)s.") % {"what": self.what(obj)})

    def delete_model(self, request: HttpRequest, obj: Hold) -> None:
        """Lift it."""
        holds.lift(Hold.Scope(obj.scope), obj.scope_id)


def _name(hold: Hold) -> str:
    """Return the name of what is held. Journeys are known here by their messages alone."""
    if hold.scope == Hold.Scope.CHANNEL:
        return str(dict(CARRIED).get(hold.scope_id, hold.scope_id))
    if hold.scope == Hold.Scope.SENDER:
        return Sender.objects.filter(pk=hold.scope_id).values_list("name", flat=True).first() or hold.scope_id
    if hold.scope == Hold.Scope.JOURNEY:
        sent = Message.objects.filter(journey_id=hold.scope_id).order_by()
        return sent.values_list("journey_name", flat=True).first() or hold.scope_id
    return ""
