"""Signing in, and where it leads to: the first door that somebody may open."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm as AdminForm

from members import doors
from members.models import User


class PasswordForm(AdminForm):  # type: ignore[misc]  # Unfold knows nothing of types
    """The form of the admin in its look; but reps and clerks, who are no staff, sign in here too."""

    def confirm_login_allowed(self, user: User) -> None:
        """Refuse whoever is not active. Raises ValidationError."""
        AuthenticationForm.confirm_login_allowed(self, user)


class SignIn(LoginView):
    """The one page to sign in, whatever somebody's role is."""

    template_name = "doors/sign_in.html"
    form_class = PasswordForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what the look of the admin needs."""
        frame = {**admin.site.each_context(self.request), "title": _("Sign in")}
        return {**frame, **super().get_context_data(**kwargs)}


@login_required
def start(request: HttpRequest) -> HttpResponse:
    """Lead to the first door that opens, or say that there is none."""
    open_doors = doors.open_to(request)
    if open_doors:
        return HttpResponseRedirect(open_doors[0].address)
    return doors.page(request, "doors/no_door.html", _("Nothing to open yet"), {}, status=403)
