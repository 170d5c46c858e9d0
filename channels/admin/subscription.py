"""What the page of a sender has more where it is a subscription: what it told, a try, and another secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from channels import senders
from channels.base import BadSettings, Fate
from channels.models import Message, Sender
from channels.vocabulary import WEBHOOK
from channels.webhook import secrets, trying
from members import clock
from members.admin.base import HouseAdmin, object_action

LATEST = 20


def is_one(sender: Sender | None) -> bool:
    """Say whether a sender is a subscription."""
    return sender is not None and sender.channel == WEBHOOK


def told(request: HttpRequest, sender: Sender) -> Mapping[str, Any]:
    """Return what the page shows of a subscription: what it told of late, and whether two secrets sign."""
    try:
        changes_over = bool(senders.values(sender)["former_secret"])
    except BadSettings:
        changes_over = False  # the form says why
    latest = Message.objects.filter(sender=sender, channel=WEBHOOK).order_by("-queued_at", "-pk")
    may_see = request.user.has_perm("channels.view_message")
    return {"changes_over": changes_over, "told": latest[:LATEST] if may_see else None}


class SubscriptionPages(HouseAdmin[Sender]):
    """The actions at the top of a subscription's page; other senders have none of them."""

    actions_detail = ("try_out", "draw_secret", "retire_secret")

    def has_subscription_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever may change a subscription may try it and change its secret."""
        known = str(object_id).isdecimal() and Sender.objects.filter(pk=object_id, channel=WEBHOOK).exists()
        return known and self.may(request, "change")

    @object_action(_("Send a test event"), permission="subscription", icon="send")
    def try_out(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, call the receiver, and show what it says."""
        sender = self.subscription(request, object_id)
        context: dict[str, Any] = {"original": sender, "problem": ""}
        if request.method == "POST":
            try:
                result = trying.call(sender, clock.now())
                context |= {"result": result, "took": result.fate is Fate.SENT}
            except BadSettings as error:
                context["problem"] = str(error)
        return self.page(request, "channels/admin/try_out.html", _now("Send a test event"), context)

    @object_action(_("Draw a new secret"), permission="subscription", icon="key")
    def draw_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, and show the new secret on the page that answers; both sign from then on."""
        sender = self.subscription(request, object_id)
        if request.method != "POST":
            context = {"original": sender}
            return self.page(request, "channels/admin/draw_secret.html", _now("Draw a new secret"), context)
        return self.shown_once(request, sender, [(_now("Secret"), secrets.draw(sender))])

    @object_action(_("Retire the former secret"), permission="subscription", icon="key_off")
    def retire_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, and let the former secret sign no more."""
        sender = self.subscription(request, object_id)
        if request.method != "POST":
            context = {"original": sender, **told(request, sender)}
            return self.page(request, "channels/admin/retire_secret.html", _now("Retire the former secret"), context)
        had = secrets.retire(sender)
        sentence = _now("The former secret signs no more.") if had else _now("There is no former secret.")
        return self.back(request, sentence, sender)

    def shown_once(self, request: HttpRequest, sender: Sender, drawn: list[tuple[str, str]]) -> HttpResponse:
        """Show secrets that were drawn; the page that answers has them, nothing else does."""
        context = {"original": sender, "drawn": drawn}
        return self.page(request, "channels/admin/secret.html", _now("The secret"), context)

    def subscription(self, request: HttpRequest, object_id: str) -> Sender:
        """Return the subscription of a page. Raises Http404, and PermissionDenied for whoever may not change it."""
        sender = self.allowed(request, object_id, "change")
        if not is_one(sender):
            raise Http404
        return sender
