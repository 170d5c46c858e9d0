"""What everybody does for themselves: a new password, and the second factor."""

from __future__ import annotations

import time
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django_otp import login as verified

from members import audit_log, doors, second_factor
from members.models import User
from members.second_factor import WrongCode
from members.views.signing_in import SHOWN
from members.vocabulary import Deed


@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Say who is signed in, and lead to what they can change."""
    user = cast(User, request.user)
    context = {
        "roles": list(user.groups.order_by("name").values_list("name", flat=True)),
        "is_set_up": second_factor.is_set_up(user),
        "demanded": second_factor.demanded(user),
        "codes_left": second_factor.codes_left(user),
    }
    return doors.page(request, "doors/account.html", _("Your account"), context)


class Password(PasswordChangeView):
    """A new password, for whoever knows the old one. Other sessions of theirs end."""

    template_name = "doors/password.html"
    title = gettext_lazy("Change the password")
    success_url = reverse_lazy("account")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Store it, and say so."""
        answer = super().form_valid(form)
        audit_log.note(self.request, Deed.PASSWORD_CHANGED, form.user)
        messages.success(self.request, _("Your password is changed. Everywhere else you are signed out."))
        return answer

    def render_to_response(self, context: dict[str, Any], **_response: Any) -> Any:
        """Show it in the house's look."""
        status = 400 if context["form"].errors else 200
        return doors.page(self.request, self.template_name, self.title, context, status)


@login_required
@never_cache
@sensitive_post_parameters()
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes, for whoever shows a code."""
    return _with_code(request, _("New recovery codes"), _codes)


@login_required
@never_cache
@sensitive_post_parameters()
def another(request: HttpRequest) -> HttpResponse:
    """Let somebody set up another device who shows a code of the present one."""
    return _with_code(request, _("Another device"), _shown)


@login_required
@never_cache
@sensitive_post_parameters()
def remove(request: HttpRequest) -> HttpResponse:
    """Take the second factor away, where it is not demanded, from whoever shows a code."""
    user = cast(User, request.user)
    if second_factor.demanded(user):
        messages.error(request, _("Your role must have a second factor; you can set up another device instead."))
        return redirect("account")
    return _with_code(request, _("Remove the second factor"), _removed)


def _with_code(request: HttpRequest, title: str, deed: Any) -> HttpResponse:
    user, problem = cast(User, request.user), ""
    if not second_factor.is_set_up(user):
        return redirect("account")
    if request.method == "POST":
        try:
            verified(request, second_factor.check(user, request.POST.get("code", ""), timezone.now()))
            return cast(HttpResponse, deed(request, user))
        except WrongCode as error:
            problem = str(error)
    context = {"problem": problem}
    return doors.page(request, "doors/show_code.html", title, context, 400 if problem else 200)


def _codes(request: HttpRequest, user: User) -> HttpResponse:
    codes = second_factor.recovery_codes(user)
    audit_log.note(user, Deed.SECOND_FACTOR_SET_UP, user, "recovery codes")
    return doors.page(request, "doors/codes.html", _("New recovery codes"), {"codes": codes})


def _shown(request: HttpRequest, _user: User) -> HttpResponse:
    request.session[SHOWN] = time.time()
    return redirect("second-factor-set-up")


def _removed(request: HttpRequest, user: User) -> HttpResponse:
    second_factor.remove(user, user)
    messages.success(request, _("Your password alone signs you in from now on."))
    return redirect("account")
