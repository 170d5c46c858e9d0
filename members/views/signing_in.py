"""Signing in: the password, the second factor of those who have or need one, and on to the first door that opens."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django_otp import login as verified

from members import doors, second_factor
from members.models import User
from members.second_factor import WrongCode

KEY, SHOWN = "signing_in", "code_shown"  # in the session
LONGEST = 150  # letters of a user name
SECONDS = 600  # between the password and the code


class PasswordForm(AuthenticationForm):
    """Name and password, for everybody: the admin's own form takes staff alone."""

    def clean_username(self) -> str:
        """Refuse what is too long for a name; django-axes would stumble over it."""
        name = str(self.cleaned_data["username"])
        if len(name) > LONGEST:
            raise self.get_invalid_login_error()
        return name


class SignIn(LoginView):
    """The one page to sign in, whatever somebody's role is."""

    template_name = "doors/sign_in.html"
    form_class = PasswordForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, or ask for the second factor first: nobody is half signed in."""
        user = form.get_user()
        if not (second_factor.demanded(user) or second_factor.is_set_up(user)):
            return super().form_valid(form)
        self.request.session[KEY] = {
            "user": user.pk,
            "backend": user.backend,
            "hash": user.get_session_auth_hash(),
            "until": time.time() + SECONDS,
            "next": self.get_success_url(),
        }
        return redirect("second-factor-code" if second_factor.is_set_up(user) else "second-factor-set-up")

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        """Return where somebody wanted to go, within this site; this very page leads nowhere."""
        wanted = super().get_redirect_url()
        return "" if urlsplit(wanted).path == self.request.path else wanted

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what the look of the admin needs."""
        return {**super().get_context_data(**kwargs), **_frame(self.request, _("Sign in"))}


def candidate(request: HttpRequest) -> User | None:
    """Return who is to show a second factor: who is signed in, or whose password was right some minutes ago."""
    if request.user.is_authenticated:
        return request.user
    begun = request.session.get(KEY, {})
    user = User.objects.filter(pk=begun.get("user"), is_active=True).first() if begun else None
    if user is None or begun["until"] < time.time():
        return None
    # With another password since then, it is asked again.
    return user if constant_time_compare(begun["hash"], user.get_session_auth_hash()) else None


def enter(request: HttpRequest, user: User, device: Any) -> str:
    """Sign somebody in whose second factor was right; return the address to go to. The session gets a new key."""
    begun = request.session.pop(KEY, {})
    request.session.pop(SHOWN, None)
    if not request.user.is_authenticated:
        login(request, user, backend=begun["backend"])
    verified(request, device)
    return str(begun.get("next") or resolve_url(settings.LOGIN_REDIRECT_URL))


@never_cache
@sensitive_post_parameters()
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the code of the app, or for a recovery code."""
    user = candidate(request)
    if user is None:
        return redirect(settings.LOGIN_URL)
    if second_factor.is_verified(request.user) or not second_factor.is_set_up(user):
        return redirect("start" if second_factor.is_verified(request.user) else "second-factor-set-up")
    problem = ""
    if request.method == "POST":
        try:
            device = second_factor.check(user, request.POST.get("code", ""), timezone.now())
            return HttpResponseRedirect(enter(request, user, device))
        except WrongCode as error:
            problem = str(error)
    context = {"problem": problem, "recovery": "recovery" in request.GET}
    return _plain(request, "doors/code.html", _("Second factor"), context, 400 if problem else 200)


@never_cache
@sensitive_post_parameters()
def set_up(request: HttpRequest) -> HttpResponse:
    """Show the key of a new device, take it into use with its first code, and show recovery codes once.

    Whoever has a device already has shown its code just before.
    """
    user, problem = candidate(request), ""
    if user is None:
        return redirect(settings.LOGIN_URL)
    if second_factor.is_set_up(user) and request.session.get(SHOWN, 0) < time.time() - SECONDS:
        return redirect("second-factor-another" if request.user.is_authenticated else "second-factor-code")
    if request.method == "POST":
        try:
            device, codes = second_factor.finish(user, request.POST.get("code", ""), timezone.now())
            context = {"codes": codes, "next": enter(request, user, device)}
            return _plain(request, "doors/recovery_codes.html", _("Recovery codes"), context)
        except WrongCode as error:
            problem = str(error)
    device = second_factor.begun(user)
    shown: dict[str, Any] = {
        "picture": second_factor.picture(device),
        "key": second_factor.key_in_groups(device),
        "problem": problem,
        "demanded": second_factor.demanded(user),
    }
    return _plain(request, "doors/set_up.html", _("Set up the second factor"), shown, 400 if problem else 200)


def locked_out(request: HttpRequest, _answer: object, credentials: dict[str, Any] | None = None) -> HttpResponse:
    """Say that there were too many attempts, and when the next one counts. For django-axes."""
    tried = AccessAttempt.objects.filter(
        username=(credentials or {}).get("username"),
        ip_address=request.axes_ip_address,  # type: ignore[attr-defined]
    )
    last = max((attempt.attempt_time for attempt in tried), default=timezone.now())
    until = last + settings.AXES_COOLOFF_TIME
    wait = max(timedelta(seconds=1), until - timezone.now())
    context = {"until": until, "minutes": -(-wait // timedelta(minutes=1))}
    answer = _plain(request, "doors/locked_out.html", _("Too many attempts"), context, 429)
    answer.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
    return answer.render()


def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the one page to sign in; whoever is signed in and was sent here may not open the admin."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next", ""))


@login_required
def start(request: HttpRequest) -> HttpResponse:
    """Lead to the first door that opens, or say that there is none."""
    open_doors = doors.open_to(request)
    if open_doors:
        return HttpResponseRedirect(open_doors[0].address)
    return doors.page(request, "doors/no_door.html", _("Nothing to open yet"), {}, status=403)


def _frame(request: HttpRequest, title: str) -> dict[str, Any]:
    return {**admin.site.each_context(request), "title": title}


def _plain(
    request: HttpRequest, template: str, title: str, context: dict[str, Any], status: int = 200
) -> TemplateResponse:
    """Return a page for somebody who is not in yet; its template extends doors/plain.html."""
    return TemplateResponse(request, template, {**_frame(request, title), **context}, status=status)
