"""What members allow: decisions that are appended, and addresses not used again until somebody lifts them."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from members import audit_log, clock, consent
from members.admin.base import BigTableAdmin, column, object_action
from members.admin.forms import ModelForm
from members.admin.owned import OwnedAdmin
from members.consent import Decision
from members.identities import BadAddress, normalise
from members.models import Consent, Member, Suppression
from members.models.people import REACHABLE
from members.vocabulary import Channel, Deed


class ConsentForm(ModelForm[Consent]):
    """A decision of a member, who is named by the code."""

    member_code = forms.CharField(label=_("Member code"), max_length=64, widget=UnfoldAdminTextInputWidget())

    class Meta:
        model = Consent
        fields = ("channel", "purpose", "granted", "source", "wording")
        help_texts: ClassVar[Any] = {"granted": _("Switched off, a withdrawal is recorded.")}
        widgets: ClassVar[Any] = {"wording": UnfoldAdminTextareaWidget({"rows": 3})}

    def clean_member_code(self) -> Member:
        """Return the member whose code this is."""
        code = self.cleaned_data["member_code"].strip()
        found = Member.objects.filter(external_id=code).first()
        if found is None:
            raise ValidationError(_now("There is no member with the code “%(code)s”."), params={"code": code})
        return found


@admin.register(Consent)
class ConsentAdmin(OwnedAdmin[Consent]):
    """Decisions, appended and never changed: whoever was wrong appends another one."""

    form = ConsentForm
    fields = ("member_code", "channel", "purpose", "granted", "source", "wording")
    list_display = ("member", "channel", "purpose", "decision", "happened_at", "source")
    list_filter = (("channel", ChoicesDropdownFilter), ("purpose", ChoicesDropdownFilter))

    @column(_("decision"), labels={"yes": "success", "no": "danger"})
    def decision(self, given: Consent) -> tuple[str, str]:
        """Granted or withdrawn."""
        return ("yes", _now("granted")) if given.granted else ("no", _now("withdrawn"))

    def has_change_permission(self, request: HttpRequest, obj: Consent | None = None) -> bool:
        """What was said stays."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Consent | None = None) -> bool:
        """What was said stays."""
        return False

    def get_fields(self, request: HttpRequest, obj: Consent | None = None) -> Any:
        """A decision that stands shows the member and the times too."""
        shown = ("member", "channel", "purpose", "granted", "source", "wording", "happened_at", "recorded_at")
        return shown if obj else self.fields

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Take the member from the address of the page."""
        return {"member_code": request.GET.get("member", ""), "source": "admin"}

    def save_model(self, request: HttpRequest, obj: Consent, form: Any, change: bool) -> None:
        """Append it by the one way in, which also writes news."""
        now, member = clock.now(), form.cleaned_data["member_code"]
        consent.record([Decision(member.pk, obj.channel, obj.purpose, obj.granted, now, obj.source, obj.wording)], now)
        stored = Consent.objects.filter(member=member, recorded_at=now).latest("pk")
        obj.pk, obj.member, obj.happened_at, obj.recorded_at = stored.pk, member, now, now

    def response_add(self, request: HttpRequest, obj: Consent, post_url_continue: str | None = None) -> HttpResponse:
        """Go back to the member, where whoever added it came from."""
        self.message_user(
            request, _now("Recorded for %(member)s: %(decision)s.") % {"member": obj.member, "decision": obj}
        )
        return HttpResponseRedirect(reverse("admin:members_member_change", args=[obj.member_id]))


class SuppressionForm(ModelForm[Suppression]):
    """An address that must not be used, in any form in which people write it."""

    class Meta:
        model = Suppression
        fields = ("channel", "address", "reason")

    def clean(self) -> dict[str, Any] | None:
        """Bring the address into its stored form."""
        given = super().clean() or {}
        if given.get("channel") and given.get("address"):
            try:
                given["address"] = normalise(given["channel"], given["address"])
            except BadAddress as error:
                self.add_error("address", str(error))
        return given


class LiftForm(forms.Form):
    """Why an address may be used again."""

    reason = forms.CharField(label=_("reason"), max_length=200)


@admin.register(Suppression)
class SuppressionAdmin(BigTableAdmin[Suppression]):
    """Addresses never used for any purpose; added by carriers' receipts or by hand, and lifted with a reason."""

    form = SuppressionForm
    fields = ("channel", "address", "reason")
    list_display = ("address", "channel", "reason", "since")
    list_filter = (("channel", ChoicesDropdownFilter),)
    search_fields = ("address",)
    search_help_text = _("The whole address")
    actions_detail = ("lift",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Suppression], search_term: str
    ) -> tuple[QuerySet[Suppression], bool]:
        """Find the address in its stored form, by the index."""
        if not search_term.strip():
            return queryset, False
        forms_of_it = [Q(channel=channel, address=_stored(channel, search_term)) for channel, _label in REACHABLE]
        return queryset.filter(forms_of_it[0] | forms_of_it[1] | forms_of_it[2]), False

    def has_change_permission(self, request: HttpRequest, obj: Suppression | None = None) -> bool:
        """Lifted or not; there is nothing between."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Suppression | None = None) -> bool:
        """Lifting asks for a reason."""
        return False

    def get_fields(self, request: HttpRequest, obj: Suppression | None = None) -> Any:
        """One that stands shows since when."""
        return (*self.fields, "since") if obj else self.fields

    def has_lift_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whoever may delete one may lift it."""
        return self.may(request, "delete")

    def save_model(self, request: HttpRequest, obj: Suppression, form: Any, change: bool) -> None:
        """Suppress by the one way in, which also writes news; the first reason stays."""
        consent.suppress(obj.channel, obj.address, obj.reason, clock.now())
        stored = Suppression.objects.get(channel=obj.channel, address=obj.address)
        obj.pk, obj.since, obj.reason = stored.pk, stored.since, stored.reason

    @object_action(_("Lift"), permission="lift", icon="lock_open")
    def lift(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a reason, and let the address be used again."""
        found = self.allowed(request, object_id, "delete")
        form = LiftForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            consent.lift(found.channel, found.address, clock.now())
            audit_log.note(request, Deed.LIFTED, found, form.cleaned_data["reason"])
            return self.back(request, _now("%(address)s may be used again.") % {"address": found.address})
        return self.page(
            request, "members/admin/lift.html", _now("Lift the suppression"), {"original": found, "form": form}
        )


def _stored(channel: str, typed: str) -> str:
    try:
        return normalise(channel, typed)
    except BadAddress:
        return typed.strip() if channel == Channel.CHAT else ""
