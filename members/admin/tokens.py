"""Tokens of the API: their own for those who open the admin, all of them for administrators; each is shown once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from knox import admin as knox_admin  # noqa: F401 - Knox's own page is registered first, for a table that is not there
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from members import clock, scopes, tokens
from members.admin.base import HouseAdmin, column, object_action
from members.models import ApiToken, User
from members.scopes import Scope
from members.tokens import BadToken

DAYS, LONGEST_DAYS = 90, 730
COLOURS = {"good": "success", "over": "danger"}


class TokenForm(forms.Form):
    """For which program, what it may do, and for how long; for whom, where others may be chosen."""

    user = forms.ModelChoiceField(User.objects.none(), label=_("Owner"), widget=UnfoldAdminSelectWidget())
    name = forms.CharField(label=_("Name"), max_length=100, widget=UnfoldAdminTextInputWidget())
    scopes = forms.MultipleChoiceField(label=_("Scopes"), widget=UnfoldAdminCheckboxSelectMultipleWidget())
    days = forms.IntegerField(
        label=_("Days until it expires"),
        min_value=1,
        max_value=LONGEST_DAYS,
        widget=UnfoldAdminIntegerFieldWidget(),
    )

    def __init__(self, owners: QuerySet[User], listed: list[Scope], *args: Any) -> None:
        super().__init__(*args)
        owner, wanted = self.fields["user"], self.fields["scopes"]
        cast("forms.ModelChoiceField[User]", owner).queryset = owners
        cast(forms.MultipleChoiceField, wanted).choices = [(one.key, f"{one.key} – {one.label}") for one in listed]


@admin.register(ApiToken)
class ApiTokenAdmin(HouseAdmin[ApiToken]):
    """Which programs may call, for whom, and when each last did."""

    list_display = ("name", "user", "shown_scopes", "state", "expiry", "last_used_at")
    list_select_related = ("user",)
    fields = ("name", "user", "shown_scopes", "state", "created_at", "expiry", "last_used_at")
    readonly_fields = ("shown_scopes", "state", "created_at", "last_used_at")
    actions_detail = ("revoke",)

    @column(_("scopes"))
    def shown_scopes(self, token: ApiToken) -> str:
        """The scopes in a row."""
        return ", ".join(token.scopes)

    @column(_("state"), labels=COLOURS)
    def state(self, token: ApiToken) -> tuple[str, str]:
        """Whether it holds."""
        if token.revoked_at:
            return "over", _now("revoked")
        return ("good", _now("holds")) if clock.now() < token.expiry else ("over", _now("expired"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        """One's own, or all."""
        listed = super().get_queryset(request)
        return listed if self.may(request, "view") else listed.filter(user=cast(User, request.user))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whoever can have tokens has a place for them."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """What the list holds can be opened."""
        if obj is None:
            return self.has_add_permission(request) or self.may(request, "view")
        return obj.user_id == request.user.pk or self.may(request, "view")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever has a right that a scope asks for can hand it to a program."""
        return bool(scopes.open_to(request.user))

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """A token stays as it was made."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """It is revoked instead: who had it stays known."""
        return False

    def has_revoke_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whoever sees one may revoke it."""
        return True

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Make a token and show it on the page that answers; it is kept nowhere, not even in the session."""
        if not self.has_add_permission(request):
            raise Http404
        form = TokenForm(
            self._owners(request), self._listed(request), request.POST or {"user": request.user.pk, "days": 90}
        )
        made = self._made(form) if request.method == "POST" and form.is_valid() else None
        template = "members/admin/token_made.html" if made else "members/admin/token_add.html"
        title = _now("The token") if made else _now("Make a token")
        context = {"form": form, "sent": request.method == "POST", "made": made, "chooses": self.may(request, "add")}
        return self.page(request, template, title, context)

    def _owners(self, request: HttpRequest) -> QuerySet[User]:
        found = User.objects.filter(is_active=True).order_by("username")
        return found if self.may(request, "add") else found.filter(pk=cast(User, request.user).pk)

    def _listed(self, request: HttpRequest) -> list[scopes.Scope]:
        return list(scopes.known().values()) if self.may(request, "add") else scopes.open_to(request.user)

    def _made(self, form: TokenForm) -> tuple[ApiToken, str] | None:
        given, now = form.cleaned_data, clock.now()
        try:
            return tokens.make(given["user"], given["name"], given["scopes"], now + timedelta(days=given["days"]), now)
        except BadToken as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
            return None

    @object_action(_("Revoke"), permission="revoke", icon="block")
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, and let the token do nothing any more."""
        token = self.get_object(request, object_id)
        if token is None:
            raise Http404
        if request.method != "POST":
            return self.page(request, "members/admin/token_revoke.html", _now("Revoke the token"), {"original": token})
        told = {"name": token.name}
        if not tokens.revoke(token, clock.now()):
            return self.back(request, _now("“%(name)s” was over already.") % told, token)
        return self.back(request, _now("“%(name)s” does nothing any more.") % told, token)
