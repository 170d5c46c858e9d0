"""Follow-ups: whom to call about what, with the script, and what came of it."""

from __future__ import annotations

from typing import Any, cast
from uuid import uuid4

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from channels import follow_ups
from channels.admin.filters import StateFilter, TeamFilter
from channels.follow_ups import Contact, NotOpen
from channels.models import FollowUp, Rendering
from channels.vocabulary import FollowUpResult
from content.offers import codes
from members import clock
from members.admin.base import ReadOnlyAdmin, column
from members.admin.owned import OwnedAdmin
from members.models import User

COLOURS: dict[str, str] = {FollowUp.State.OPEN: "info", FollowUp.State.DONE: "success"}


class ResultForm(forms.Form):
    """What came of a call that ends a follow-up; next contacts and hand-offs are agreed at the contacts."""

    result = forms.ChoiceField(
        label=_("result"),
        choices=[
            (one.value, one.label)
            for one in FollowUpResult
            if one not in {FollowUpResult.CALL_AGAIN, FollowUpResult.HANDED_OVER}
        ],
    )
    note = forms.CharField(label=_("note"), required=False, max_length=2000, widget=forms.Textarea)


@admin.register(FollowUp)
class FollowUpAdmin(OwnedAdmin[FollowUp], ReadOnlyAdmin[FollowUp]):
    """Open ones first by when they are due; each is closed with a result."""

    when_empty = _(
        "Follow-ups come from steps of journeys and from members who want a call: publish a journey with such a step."
    )
    list_display = ("member", "content", "team", "shown_state", "result", "due_at", "assignee")
    list_select_related = ("member", "team", "assignee", "message__content")
    list_filter = (StateFilter, TeamFilter)

    @column(_("content"))
    def content(self, follow_up: FollowUp) -> str:
        """What it is about."""
        return str(follow_up.message.content)

    @column(_("state"), labels=COLOURS)
    def shown_state(self, follow_up: FollowUp) -> tuple[str, str]:
        """The state in its colour."""
        return follow_up.state, follow_up.get_state_display()

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """What is open is worked by its due time, along the index of open ones; what is over was the newest last."""
        is_open = request.GET.get(StateFilter.parameter_name, FollowUp.State.OPEN) == FollowUp.State.OPEN
        return ("due_at", "pk") if is_open else ("-pk",)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show whom to call and what to say, and take the result."""
        follow_up = self.allowed(request, object_id, "view")
        form, problem = ResultForm(request.POST or None), ""
        if request.method == "POST" and self.allowed(request, object_id, "change") and form.is_valid():
            try:
                return self._closed(request, follow_up, form.cleaned_data)
            except NotOpen as error:
                problem = str(error)
        message = follow_up.message
        context = {
            "original": follow_up,
            "follow_up": follow_up,
            "message": message,
            "code": codes.shown(message.grant.code) if message.grant else "",
            "script": Rendering.objects.filter(message=message).values_list("text", flat=True).first(),
            "phone": follow_up.member.identities.filter(channel="sms").values_list("address", flat=True).first(),
            "form": form,
            "problem": problem,
            "may_close": follow_up.state == FollowUp.State.OPEN and self.may(request, "change"),
            "is_late": follow_up.state == FollowUp.State.OPEN and follow_up.due_at < clock.now(),
        }
        return self.page(request, "channels/admin/follow_up.html", _now("Follow-up"), context, 409 if problem else 200)

    def _closed(self, request: HttpRequest, follow_up: FollowUp, said: dict[str, Any]) -> HttpResponse:
        result = FollowUpResult(said["result"])
        contact = Contact(result, follow_up.contacts, note=said["note"])
        who, key = cast(User, request.user), str(uuid4())
        follow_ups.work(follow_up, contact, who=who, request_key=key, now=clock.now())
        told = {"member": follow_up.member, "result": result.label}
        return self.back(request, _now("%(member)s: %(result)s.") % told)
