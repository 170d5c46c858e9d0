"""The people who work with Chorale, and their roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth import admin as django_auth
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from members.admin.base import HouseAdmin
from members.models import User

if TYPE_CHECKING:
    _UserBase = django_auth.UserAdmin[User]
else:

    class _UserBase(django_auth.UserAdmin, HouseAdmin):
        """Django's pages of users in the looks of the house."""


# Django's own page of groups is registered when its module is imported, above.
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(_UserBase):
    """Who may log in, in which role, and in which store."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "store", "is_staff", "is_active")
    list_filter = ("is_staff", "is_superuser", "is_active", "groups")
    list_select_related = ("store",)
    search_help_text = _("Name or e-mail")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Who this is"), {"fields": (("first_name", "last_name"), "email", "store")}),
        (
            _("What they may do"),
            {
                "fields": ("is_active", "is_staff", "is_superuser", "groups"),
                "description": _(
                    "A role is a group: Marketer, Sales rep, Store clerk, Manager or Administrator. The "
                    "admin is open to staff only."
                ),
            },
        ),
        (_("Dates"), {"fields": (("last_login", "date_joined"),)}),
    )
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """There are few roles: show them all, to be ticked."""
        return super().formfield_for_manytomany(
            db_field, request, **{"widget": UnfoldAdminCheckboxSelectMultipleWidget(), **kwargs}
        )


@admin.register(Group)
class GroupAdmin(django_auth.GroupAdmin, HouseAdmin[Group]):
    """Roles: what their people may do."""
