"""Problems: every answer that is no success, as RFC 9457 writes them. The kinds are few; docs/api.md explains each."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from enum import Enum
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, TooManyFieldsSent
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.response import Response

from members.api.reading import Fault, Refused

MEDIA_TYPE = "application/problem+json"
RETRY = 5  # seconds after which a database that was away is asked again

log = logging.getLogger("django.request")


class Kind(Enum):
    """A kind of problem: the word that ends its type, its status, and its title."""

    NOT_READABLE = "not-readable", 400, gettext_lazy("The call cannot be read")
    NOT_AUTHENTICATED = "not-authenticated", 401, gettext_lazy("Nobody is signed in")
    NOT_ALLOWED = "not-allowed", 403, gettext_lazy("This is not allowed")
    SECOND_FACTOR = "second-factor", 403, gettext_lazy("The second factor is missing")
    NOT_FOUND = "not-found", 404, gettext_lazy("There is nothing here")
    METHOD = "method-not-allowed", 405, gettext_lazy("There is no such method here")
    NOT_ACCEPTABLE = "not-acceptable", 406, gettext_lazy("There is no such form of the answer")
    CONFLICT = "conflict", 409, gettext_lazy("This is not possible now")
    ALREADY_REDEEMED = "already-redeemed", 409, gettext_lazy("The offer was redeemed already")
    CHANGED = "changed-meanwhile", 412, gettext_lazy("It has changed meanwhile")
    TOO_LARGE = "too-large", 413, gettext_lazy("The call is too large")
    MEDIA = "media-type", 415, gettext_lazy("The body is no JSON")
    INVALID = "invalid", 422, gettext_lazy("Some of it is wrong")
    TOO_MANY = "too-many-calls", 429, gettext_lazy("There are too many calls")
    BROKEN = "broken", 500, gettext_lazy("Something broke here")
    UNAVAILABLE = "unavailable", 503, gettext_lazy("The database cannot be reached")

    def __init__(self, word: str, status: int, title: Promise) -> None:
        self.word, self.status, self.title = word, status, title

    @property
    def uri(self) -> str:
        """Return the type that programs compare."""
        return f"urn:chorale:problem:{self.word}"


class Problem(exceptions.APIException):
    """An answer that is no success: a kind, one sentence for people, and members of its own for programs."""

    def __init__(self, kind: Kind, sentence: str, **more: Any) -> None:
        super().__init__(sentence)
        self.kind, self.sentence, self.more = kind, sentence, more
        self.headers: dict[str, str] = {}


def answer(problem: Problem) -> Response:
    """Return the answer that a problem is."""
    return Response(body(problem), status=problem.kind.status, content_type=MEDIA_TYPE, headers=problem.headers)


def body(problem: Problem) -> dict[str, Any]:
    """Return what the answer says, for whoever answers before DRF does."""
    kind = problem.kind
    told = {"type": kind.uri, "title": str(kind.title), "status": kind.status, "detail": problem.sentence}
    return {**told, **problem.more}


def handled(error: Exception, context: dict[str, Any]) -> Response:
    """Return the answer to an error that a view raised; DRF's EXCEPTION_HANDLER."""
    return answer(_problem(error, context["request"]))


def invalid(faults: Iterable[Fault]) -> Problem:
    """Return the problem of fields that are wrong; the first sentence stands for all."""
    listed = list(faults)
    more = [{"field": fault.field, "sentence": fault.sentence} for fault in listed]
    return Problem(Kind.INVALID, listed[0].sentence, errors=more)


def _problem(error: Exception, request: HttpRequest) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, Refused):
        return invalid(error.faults)
    if isinstance(error, Http404 | exceptions.NotFound):
        return Problem(Kind.NOT_FOUND, _("There is nothing at this address, or it is not yours to see."))
    if isinstance(error, PermissionDenied | exceptions.PermissionDenied):
        return Problem(Kind.NOT_ALLOWED, str(error) or _("You may not do this."))
    if isinstance(error, exceptions.APIException):
        return _of_drf(error, request)
    return _broken(error, request)


def _of_drf(error: exceptions.APIException, request: HttpRequest) -> Problem:
    """Return the problem for what DRF itself refuses."""
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        header = getattr(error, "auth_header", "")  # DRF puts it there
        return _headed(Problem(Kind.NOT_AUTHENTICATED, str(error.detail)), "WWW-Authenticate", header)
    if isinstance(error, exceptions.MethodNotAllowed):
        return Problem(Kind.METHOD, _("%(method)s does nothing here.") % {"method": str(request.method)[:20]})
    if isinstance(error, exceptions.NotAcceptable):
        return Problem(Kind.NOT_ACCEPTABLE, _("Answers are application/json; ask for that or for */*."))
    if isinstance(error, exceptions.UnsupportedMediaType):
        return Problem(Kind.MEDIA, _("Send JSON, with the header Content-Type: application/json."))
    if isinstance(error, exceptions.Throttled):
        wait = max(1, int(getattr(error, "wait", None) or 1))
        sentence = _("There were too many calls in this minute; come back in %(wait)d seconds.") % {"wait": wait}
        return _headed(Problem(Kind.TOO_MANY, sentence), "Retry-After", str(wait))
    return Problem(Kind.NOT_READABLE, str(error.detail))


def _headed(problem: Problem, name: str, value: str) -> Problem:
    problem.headers[name] = value
    return problem


def _broken(error: Exception, request: HttpRequest) -> Problem:
    """Return the problem for an error that nobody foresaw; it is logged, and none of it is told."""
    if isinstance(error, RecursionError):
        return Problem(Kind.NOT_READABLE, _("The body is nested too deep."))
    if isinstance(error, TooManyFieldsSent):
        most = {"most": settings.DATA_UPLOAD_MAX_NUMBER_FIELDS}
        return Problem(Kind.NOT_READABLE, _("The query has more than %(most)d fields.") % most)
    got_request_exception.send(sender=None, request=request)
    log.error("The API broke at %s", request.path, exc_info=error)
    if isinstance(error, OperationalError | InterfaceError):
        sentence = _("The database cannot be reached; nothing was kept. Try again in a moment.")
        return _headed(Problem(Kind.UNAVAILABLE, sentence), "Retry-After", str(RETRY))
    return Problem(Kind.BROKEN, _("Something broke here; nothing was kept, and the log says what. Try again later."))
