"""The people who work with Chorale: their roles, their stores and teams, and their second factor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.auth import admin as django_auth
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

# Importing them registers pages that would show the keys of people's devices; they give way.
from django_otp.plugins.otp_static import admin as static_admin  # noqa: F401
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp import admin as totp_admin  # noqa: F401
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.forms import AdminPasswordChangeForm

from config.admin.staff_forms import UserAddForm, UserForm, may_edit
from members import audit_log, second_factor
from members.admin.base import HouseAdmin, column, object_action
from members.models import User
from members.vocabulary import Deed

if TYPE_CHECKING:

    class _UserBase(django_auth.UserAdmin[User], HouseAdmin[User]):
        pass
else:

    class _UserBase(django_auth.UserAdmin, HouseAdmin):
        """Django's pages of users in the looks of the house."""


for model in (Group, TOTPDevice, StaticDevice):
    admin.site.unregister(model)

WHO = (_("Who this is"), {"fields": (("first_name", "last_name"), "email")})
PLACE = (
    _("Role and place"),
    {
        "fields": ("role", "store", "teams"),
        "description": _("A store clerk belongs to a store, a sales rep to one or more teams."),
    },
)


@admin.register(User)
class UserAdmin(_UserBase):
    """Who may sign in, in which role, and where they work."""

    form = UserForm
    add_form = UserAddForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "name", "role", "store", "team_names", "is_active", "last_login")
    list_filter = ("groups", "store", "is_active")
    list_select_related = ("store",)
    list_prefetch_related = ("groups", "teams")
    search_help_text = _("Name or e-mail")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined", "role_shown", "team_names", "has_second_factor")
    actions_detail = ("reset_second_factor",)
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2")}),
        WHO,
        PLACE,
    )

    @column(_("name"))
    def name(self, user: User) -> str:
        """First and last name."""
        return user.get_full_name()

    @column(_("role"))
    def role(self, user: User) -> str:
        """The role, and groups of the operator's own."""
        return ", ".join(sorted(group.name for group in user.groups.all()))

    @column(_("role"))
    def role_shown(self, user: User) -> str:
        """The same on the page of whoever may only look."""
        return self.role(user)

    @column(_("teams"))
    def team_names(self, user: User) -> str:
        """The teams whose follow-ups they work."""
        return ", ".join(sorted(team.name for team in user.teams.all()))

    @column(_("second factor"), boolean=True)
    def has_second_factor(self, user: User) -> bool:
        """Whether a device is set up."""
        return second_factor.is_set_up(user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Users with the roles and teams that the list shows."""
        return super().get_queryset(request).prefetch_related("groups", "teams")

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Role and place in one form; what goes beyond roles is for superusers."""
        if obj is None:
            return self.add_fieldsets
        if not self.has_change_permission(request, obj):
            shown = ("username", ("first_name", "last_name"), "email", "role_shown", "store", "team_names", "is_active")
            return [(None, {"fields": (*shown, "has_second_factor", "last_login")})]
        beyond = [(_("Beyond roles"), {"fields": ("more", "is_staff", "is_superuser"), "classes": ["collapse"]})]
        return [
            (None, {"fields": ("username", "password", "is_active")}),
            WHO,
            PLACE,
            *(beyond if request.user.is_superuser else []),
            (_("Signing in"), {"fields": (("has_second_factor", "last_login", "date_joined"),)}),
        ]

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form, filled in by whoever asks."""
        form = super().get_form(request, obj, change=change, **kwargs)

        class Asked(form):  # type: ignore[misc, valid-type]
            by = request.user

            def __init__(self, *args: Any, **given: Any) -> None:
                super().__init__(*args, **given)
                self.prepare()

        return Asked

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Give them their place once they are stored."""
        super().save_related(request, form, formsets, change)
        form.place()

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody edits who has rights that they lack: a new password would give them these."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or may_edit(cast(User, request.user), obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """The same for deleting; nobody deletes themselves."""
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or (obj != request.user and may_edit(cast(User, request.user), obj)))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002 - Django's name
        """Set a password, which the audit log calls by its name."""
        answer = super().user_change_password(request, id, form_url)
        if request.method == "POST" and answer.status_code == 302:
            audit_log.note(request, Deed.PASSWORD_CHANGED, self.get_object(request, id))
        return answer

    @object_action(_("Reset the second factor"), permission="members.change_user", icon="phonelink_erase")
    def reset_second_factor(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, and forget the user's device and recovery codes."""
        user = self.allowed(request, object_id, "change")
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        if request.method != "POST":
            template, title = "members/admin/reset_second_factor.html", _now("Reset the second factor")
            return self.page(request, template, title, {"original": user, "is_set_up": second_factor.is_set_up(user)})
        second_factor.remove(user, cast(User, request.user))
        told = _now("%(user)s signs in by the password and sets up a new device.")
        return self.back(request, told % {"user": user}, user)


@admin.register(Group)
class GroupAdmin(django_auth.GroupAdmin, HouseAdmin[Group]):
    """Roles: what their people may do."""
