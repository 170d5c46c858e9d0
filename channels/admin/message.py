"""Messages: where each stands, why, and what the member saw."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from channels import explaining, messages
from channels.admin.filters import JourneyFilter, PlannedFilter, ReachedFilter, SubscriptionFilter
from channels.admin.receipt import message_id
from channels.models import Message, Rendering
from channels.vocabulary import State
from members import audit_log, clock
from members.admin.base import ReadOnlyAdmin, column, object_action
from members.admin.owned import OwnedAdmin
from members.vocabulary import Deed

STATE_COLOURS: dict[str, str] = {
    State.SENT: "info",
    State.DELIVERED: "success",
    State.REFUSED: "danger",
    State.FAILED: "danger",
    State.UNCONFIRMED: "warning",
    State.CANCELLED: "warning",
}
# What can still be cancelled; a handed one is on the wire.
WAITING = (State.QUEUED, State.CLAIMED)


@admin.register(Message)
class MessageAdmin(OwnedAdmin[Message], ReadOnlyAdmin[Message]):
    """The outbox, newest first; nobody changes it by hand, only cancels."""

    when_empty = _("Messages stand here as soon as a journey or a rep wants them: publish a journey that sends.")
    list_display = ("said", "member", "channel", "shown_state", "why", "journey", "planned_at")
    list_select_related = ("member", "content")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("channel", ChoicesDropdownFilter),
        ("reason", ChoicesDropdownFilter),
        ("purpose", ChoicesDropdownFilter),
        JourneyFilter,
        PlannedFilter,
        ReachedFilter,
        SubscriptionFilter,
    )
    search_help_text = _("The message's id, or the member: code, name, phone number or e-mail")
    actions_detail = ("cancel",)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Newest first, of a subscription along its index."""
        return ("-queued_at", "-pk") if request.GET.get(SubscriptionFilter.parameter_name) else ("-pk",)

    @column(_("content"))
    def said(self, message: Message) -> str:
        """What it says: the content's name, or the event that a machine is told of."""
        return str(message.content or (message.payload or {}).get("type", ""))

    @column(_("state"), labels=STATE_COLOURS)
    def shown_state(self, message: Message) -> tuple[str, str]:
        """The state in its colour."""
        return message.state, message.get_state_display()

    @column(_("why"))
    def why(self, message: Message) -> str:
        """The reason in words."""
        return message.get_reason_display() or "–"

    @column(_("journey"))
    def journey(self, message: Message) -> str:
        """The journey's name at the time, or what else it comes from."""
        return message.journey_name or message.get_origin_kind_display()

    def found_by(self, typed: str) -> Q:
        """Find by the message's own id too."""
        named = message_id(typed.strip())
        return Q(public_id=named) if named else super().found_by(typed)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show everything about one, in words."""
        message = self.allowed(request, object_id, "view")
        context: dict[str, Any] = {"original": message, "message": message, "colour": STATE_COLOURS.get(message.state)}
        if request.user.has_perm("channels.view_rendering"):
            context["rendering"] = Rendering.objects.filter(message=message).first()
        if request.user.has_perm("channels.view_receipt"):
            context["receipts"] = message.receipts.order_by("happened_at", "pk")[:100]
        context["said"] = self.said(message)
        context["explanation"] = explaining.explain(message, clock.now())
        context["payload"] = message.payload and json.dumps(message.payload, indent=2, ensure_ascii=False)
        context["may_cancel"] = self.has_cancel_permission(request) and message.state in WAITING
        return self.page(request, "channels/admin/message.html", _now("Message"), context)

    def has_cancel_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whoever may change messages may cancel one that waits."""
        return self.may(request, "change")

    @object_action(_("Cancel it"), permission="cancel", icon="cancel")
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, and cancel a message that has not left."""
        message = self.allowed(request, object_id, "change")
        problem = "" if message.state in WAITING else _now("It is not waiting any more; there is nothing to cancel.")
        if request.method == "POST" and not problem:
            if messages.cancel_by_hand(message.pk, clock.now()):
                audit_log.note(request, Deed.CANCELLED, message)
                told = _now("The message to %(member)s will not leave.") % {"member": message.member}
                return self.back(request, told, message)
            problem = _now("It has just left; it is with the carrier now.")
        context = {"original": message, "message": message, "said": self.said(message), "problem": problem}
        status = 409 if problem else 200
        return self.page(request, "channels/admin/cancel.html", _now("Cancel the message"), context, status)
