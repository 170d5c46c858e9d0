"""The form of a user: role, store and teams in one place, and nobody gives more than they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.forms import UserChangeForm as ChangeForm
from unfold.forms import UserCreationForm as CreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminRadioSelectWidget

from channels.models import Team
from config import roles
from members.models import User

if TYPE_CHECKING:
    _Form = forms.ModelForm[User]
else:
    _Form = object  # mixed into Unfold's forms

CHOICES = [("", _("None of these"))] + [(name, f"{name}: {about}") for name, about in roles.ABOUT.items()]


class PlaceForm(_Form):
    """What both forms ask besides: the role and the place of work. `by` is who fills it in."""

    by: User

    def prepare(self) -> None:
        """Show what the user has now, and only what `by` may give."""
        user = self.instance
        if not self.by.is_superuser:
            self.fields.pop("more", None)  # who may not see them leaves them as they are
        if "role" in self.fields:
            self.fields["role"].choices = [one for one in CHOICES if not one[0] or may_give(self.by, one[0])]  # type: ignore[attr-defined]
            self.initial.setdefault("role", role_of(user))
        if user.pk and "teams" in self.fields:
            self.initial.setdefault("teams", list(user.teams.all()))
            self.initial.setdefault("more", list(user.groups.exclude(name__in=roles.ABOUT)))

    def clean(self) -> dict[str, Any] | None:
        """Ask for the place that a role works at, and keep people from locking themselves out."""
        given = super().clean() or self.cleaned_data
        role = given.get("role", "")
        if role == "Store clerk" and not given.get("store"):
            self.add_error("store", _now("A store clerk works at the counter of a store; choose it."))
        if role == "Sales rep" and not given.get("teams"):
            self.add_error("teams", _now("A sales rep works the follow-ups of a team; choose at least one."))
        for group in given.get("more", ()):
            if not may_give(self.by, group.name):
                told = _now("You cannot give “%(group)s”: it has rights that you lack.")
                self.add_error("more", told % {"group": group})
        if self.instance.pk == self.by.pk and not self.by.is_superuser:
            self._keep_oneself(given, role)
        return given

    def _keep_oneself(self, given: dict[str, Any], role: str) -> None:
        if role != role_of(self.by) or not given.get("is_active", True):
            raise ValidationError(_now("Ask another administrator to change your own role, or to switch you off."))

    def place(self) -> None:
        """Give the stored user the role, the groups and the teams of the form; staff follows from the role."""
        user, role = self.instance, self.cleaned_data.get("role", "")
        others = user.groups.exclude(name__in=roles.ABOUT)
        more = self.cleaned_data["more"] if "more" in self.fields else others
        user.groups.set([*Group.objects.filter(name=role), *more])
        wanted = set(self.cleaned_data.get("teams", ()))
        # From the team's side: the audit log then tells who joined which team.
        for team in set(user.teams.all()) ^ wanted:
            (team.users.add if team in wanted else team.users.remove)(user)
        is_staff = user.is_superuser or role in roles.STAFF or (not role and user.is_staff)
        if user.is_staff != is_staff:
            user.is_staff = is_staff
            user.save(update_fields=["is_staff"])


def _fields() -> dict[str, forms.Field]:
    ticked = UnfoldAdminCheckboxSelectMultipleWidget
    return {
        "role": forms.ChoiceField(
            label=_("Role"), choices=CHOICES, required=False, widget=UnfoldAdminRadioSelectWidget(), initial=""
        ),
        "teams": forms.ModelMultipleChoiceField(
            label=_("Teams"), queryset=Team.objects.all(), required=False, widget=ticked()
        ),
        "more": forms.ModelMultipleChoiceField(
            label=_("Groups of your own"),
            queryset=Group.objects.exclude(name__in=roles.ABOUT),
            required=False,
            widget=ticked(),
        ),
    }


UserAddForm: Any = type("UserAddForm", (PlaceForm, CreationForm), _fields())
UserForm: Any = type("UserForm", (PlaceForm, ChangeForm), _fields())


def role_of(user: User) -> str:
    """Return the role of a user, an empty text for none."""
    return (user.groups.filter(name__in=roles.ABOUT).values_list("name", flat=True).first() or "") if user.pk else ""


def may_give(by: User, group: str) -> bool:
    """Say whether somebody has every right that a group has."""
    rights = Permission.objects.filter(group__name=group).values_list("content_type__app_label", "codename")
    return by.is_superuser or {f"{app}.{name}" for app, name in rights} <= by.get_all_permissions()


def may_edit(by: User, user: User) -> bool:
    """Say whether somebody has every right that a user has: a new password would give them these."""
    return by.is_superuser or (not user.is_superuser and user.get_all_permissions() <= by.get_all_permissions())
