"""Middleware at every door: sessions that are over end, and whoever must use a second factor has used it."""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _

from members import doors, second_factor, sessions, visits
from members.api import problems
from members.api.problems import Kind, Problem
from members.models import User
from members.vocabulary import Through

Answer = Callable[[HttpRequest], HttpResponse]
# A page that asks by a timer whether anything changed says so in this header: nobody is at work there. The forms inside
# of what asks send it as well, for htmx hands headers down whatever `hx-disinherit` says; whoever sends one is at work.
TIMER = "X-Chorale-Timer"
# What somebody needs who is on the way to a second factor, or out.
OPEN = {"login", "logout", "second-factor-code", "second-factor-set-up"}


class Expiry:
    """Sign out whoever did nothing for too long, or has been signed in for too long.

    The real clock counts: a replay of past days must end nobody's session.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, or lead to the page to sign in, which says why."""
        if not request.user.is_authenticated:
            return self.get_response(request)
        now = time.time()
        why = sessions.why_over(request.session, now)
        if why:
            logout(request)
            messages.info(request, why)
            return doors.to_sign_in(request)
        if TIMER not in request.headers or request.method == "POST":
            sessions.touch(request.session, now, shared=doors.is_shared(request.path))
        return self.get_response(request)


class SecondFactor:
    """Let nobody in by the password alone who must have a second factor; tokens of the API have come by another way."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, or lead to where the second factor is asked or set up."""
        user = cast(User, request.user)
        if not second_factor.demanded(user) or second_factor.is_verified(user) or _is_open(request):
            return self.get_response(request)
        if visits.through() == Through.API:
            return _refused()
        name = "second-factor-code" if second_factor.is_set_up(user) else "second-factor-set-up"
        if request.headers.get("HX-Request"):
            return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": reverse(name)})
        return HttpResponseRedirect(reverse(name))


def _is_open(request: HttpRequest) -> bool:
    try:
        return resolve(request.path_info).url_name in OPEN
    except Resolver404:
        return False


def _refused() -> HttpResponse:
    problem = Problem(Kind.SECOND_FACTOR, _("Sign in with your second factor first, or use a token."))
    return JsonResponse(problems.body(problem), status=problem.kind.status, content_type=problems.MEDIA_TYPE)
