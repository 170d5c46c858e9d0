"""Contents: their variants, previews for a real member, and what else can be done with them."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from content import previews, sms
from content.admin import actions
from content.models import Content, Offer, Variant
from members import clock
from members.admin.base import HouseAdmin, object_action
from members.models import Member
from members.vocabulary import Channel


@admin.register(Content)
class ContentAdmin(HouseAdmin[Content]):
    """What is said; a variant for each channel and language holds the words."""

    list_display = ("name", "key", "purpose")
    list_filter = (("purpose", ChoicesDropdownFilter),)
    search_fields = ("name", "key")
    fields = ("name", "key", "purpose")
    change_form_outer_after_template = "content/admin/content_after.html"
    actions_detail = ("preview",)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Content | None = None) -> dict[str, Any]:
        """The key follows the name until it is stored: journeys refer to it."""
        return {} if obj or not self.has_add_permission(request) else {"key": ("name",)}

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of what others registered."""
        doing = self.admin_site.admin_view(self.do_view)
        return [path("<path:object_id>/do/<slug:key>/", doing, name="content_content_do"), *super().get_urls()]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Add the variants and what can be done, below the form."""
        content = self.get_object(request, object_id) if object_id else None
        shown = {"content": content, "variants": _listed(content), "content_actions": actions.allowed(request)}
        return super().changeform_view(request, object_id, form_url, {**shown, **(extra_context or {})})

    @object_action(_("Preview"), permission="view", icon="visibility")
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show every variant as one real member would get it."""
        content = self.allowed(request, object_id, "view")
        code, key = request.GET.get("member", "").strip(), request.GET.get("offer", "")
        member = Member.objects.filter(external_id=code).first() if code else None
        context: dict[str, Any] = {"original": content, "code": code, "member": member, "offer_key": key}
        context["offers"] = Offer.objects.filter(active=True).order_by("name")
        if member and request.user.has_perm("members.view_member"):
            offer = Offer.objects.filter(key=key).first() if key else None
            made = previews.previews(content, member, clock.now(), offer)
            context["previews"] = [(one, _beyond(one.length)) for one in made]
        return self.page(request, "content/admin/preview.html", _now("Preview"), context)

    def do_view(self, request: HttpRequest, object_id: str, key: str) -> HttpResponse:
        """Hand over to an action."""
        content = self.allowed(request, object_id, "view")
        action = next((one for one in actions.allowed(request) if one.key == key), None)
        if action is None:
            raise Http404
        return action.view(self, request, content, clock.now())


def _beyond(length: sms.SmsLength | None) -> str:
    """Return the letters that make an SMS dear; those that nobody sees by their names."""
    letters = length.beyond if length else ""
    return ", ".join(letter if letter.isprintable() else unicodedata.name(letter, "?").lower() for letter in letters)


def _listed(content: Content | None) -> list[tuple[Variant, sms.SmsLength | None]]:
    """Return the variants with the length of those for SMS, before variables are filled in."""
    listed = content.variants.order_by("channel", "language") if content else []
    return [(one, sms.segments(one.text) if one.channel == Channel.SMS else None) for one in listed]
