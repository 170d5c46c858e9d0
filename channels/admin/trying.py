"""What channels add to the page of a content: sending a test to oneself."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, cast

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from channels import testing
from channels.models import Message
from channels.testing import CannotTest
from content.admin import actions
from content.admin.actions import ContentAction
from content.models import Content
from members.admin.base import HouseAdmin
from members.models import Member, User
from members.vocabulary import Channel

_IDS = 2**62


class TestForm(forms.Form):
    """As whom, by which channel, and where to. `test` names it, so that a second click sends no second one."""

    member = forms.CharField(label=_("member code"), max_length=64)
    channel = forms.ChoiceField(label=_("channel"))
    address = forms.CharField(label=_("your address"), max_length=254)
    test = forms.IntegerField(min_value=1, max_value=_IDS, widget=forms.HiddenInput)

    def __init__(self, content: Content, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        has = set(content.variants.values_list("channel", flat=True))
        choices = [(one.value, one.label) for one in testing.CHANNELS if one in has]
        cast(forms.ChoiceField, self.fields["channel"]).choices = choices

    def clean_member(self) -> Member:
        """Return the member whose code this is."""
        code = self.cleaned_data["member"].strip()
        found = Member.objects.filter(external_id=code).first()
        if found is None:
            raise ValidationError(_now("There is no member with the code “%(code)s”."), params={"code": code})
        return found


def send(screen: HouseAdmin[Content], request: HttpRequest, content: Content, now: datetime) -> HttpResponse:
    """Ask for member, channel and address, and send the content there as that member would get it."""
    if not request.user.has_perm("members.view_member"):
        raise PermissionDenied
    first = {
        "address": cast(User, request.user).email,
        "channel": Channel.EMAIL,
        "member": request.GET.get("member", ""),
        "test": secrets.randbelow(_IDS) + 1,
    }
    form = TestForm(content, request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            return screen.back(request, _sentence(_queued(form, content, now), now), content)
        except CannotTest as error:
            form.add_error(None, str(error))
    context = {"original": content, "form": form, "channels": form.fields["channel"]}
    return screen.page(request, "channels/admin/test.html", _now("Send a test to myself"), context)


def _queued(form: TestForm, content: Content, now: datetime) -> Message:
    given = form.cleaned_data
    return testing.send_test(content, given["channel"], given["member"], given["address"], now, origin_id=given["test"])


def _sentence(message: Message, now: datetime) -> str:
    place = {"address": message.address, "time": f"{message.planned_at:%Y-%m-%d %H:%M}"}
    if message.planned_at > now:
        return _now("The test to %(address)s leaves at %(time)s UTC, after the channel's quiet hours.") % place
    return _now("The test to %(address)s is on its way.") % place


actions.register(
    ContentAction("test", _("Send a test to myself"), permission="content.change_content", view=send),
)
