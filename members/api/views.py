"""What every endpoint does: one clock, one way to read, one form of answers."""

from __future__ import annotations

from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any, ClassVar, cast

from django.http import HttpResponse, JsonResponse
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.views import APIView

from members import clock
from members.api.authentication import BearerToken
from members.api.operations import Operation, operation_of
from members.api.parsing import JsonParser
from members.api.permissions import HasScope
from members.api.problems import MEDIA_TYPE, Kind, Problem, answer
from members.api.reading import reader
from members.api.rendering import ByAccept, JsonRenderer
from members.api.schema import HouseSchema
from members.api.throttling import PerMinute
from members.models import User

METHODS = ("get", "post", "put", "patch", "delete")


class Endpoint(APIView):
    """An endpoint: methods with an `operation` each. `now` is the time of the call, read once."""

    authentication_classes = (BearerToken, SessionAuthentication)
    permission_classes = (HasScope,)
    throttle_classes = (PerMinute,)
    parser_classes = (JsonParser,)
    renderer_classes = (JsonRenderer,)
    content_negotiation_class = ByAccept
    schema = HouseSchema()
    tag: ClassVar[str] = ""
    largest_body: ClassVar[int] = 1_000_000
    http_method_names = ("get", "head", *METHODS[1:])
    now: datetime

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse a method without an operation: nobody would know what it needs."""
        super().__init_subclass__(**kwargs)
        for method in METHODS:
            if hasattr(cls, method) and not hasattr(getattr(cls, method), "operation"):
                raise TypeError(f"{cls.__name__}.{method} declares no operation.")

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the view; answers to GET carry an ETag, and 304 is the answer to whoever has it."""
        return _unmatched_in_words(conditional_page(super().as_view(**initkwargs)))

    @property
    def default_response_headers(self) -> dict[str, str]:
        """Return the headers of all answers: they are the caller's alone, and asked for again each time."""
        headers = super().default_response_headers
        return {**headers, "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Read the clock, then see who calls and whether they may."""
        self.now = clock.now()
        super().initial(request, *args, **kwargs)

    @property
    def operation(self) -> Operation:
        """The operation that is being called."""
        found = operation_of(self, str(self.request.method))
        if found is None:
            raise TypeError(f"{type(self).__name__} declares no operation for {self.request.method}.")
        return found

    @property
    def caller(self) -> User:
        """Who is signed in, or owns the token."""
        return cast(User, self.request.user)

    def query(self) -> dict[str, Any]:
        """Return what the query says, by field. Raises Refused."""
        shape = self.operation.query
        return reader(shape).read_query(self.request.query_params) if shape else {}

    def body(self) -> dict[str, Any]:
        """Return what the body says, by field. Raises Refused, and Problem where it is no JSON."""
        if self.operation.body is None:
            raise TypeError(f"{type(self).__name__} declares no body for {self.request.method}.")
        found: dict[str, Any] = reader(self.operation.body).read(self.request.data)
        return found


def _unmatched_in_words(view: Any) -> Any:
    """Return a view that says 412 as a problem, where Django finds that If-Match names another state than there is."""

    def in_words(found: HttpResponse) -> HttpResponse:
        if found.status_code != HTTPStatus.PRECONDITION_FAILED or found.content:
            return found
        problem = Problem(Kind.CHANGED, _("It is no more as you have read it; read it again."))
        return JsonResponse(answer(problem).data, status=found.status_code, content_type=MEDIA_TYPE)

    @wraps(view)
    def told(*args: Any, **kwargs: Any) -> Any:
        response = view(*args, **kwargs)
        # Django compares when the answer has been written, and so not before.
        response.add_post_render_callback(in_words)
        return response

    return told


class Nothing(APIView):
    """What answers at addresses below the API that lead nowhere."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Answer before anything else is looked at."""
        hint = f"{request.path}/"
        if not request.path.endswith("/") and _leads_somewhere(hint):
            sentence = _("There is nothing here; addresses end with a slash: %(hint)s")
            raise Problem(Kind.NOT_FOUND, sentence % {"hint": hint})
        raise Problem(Kind.NOT_FOUND, _("There is nothing at this address; the schema is at /api/schema/."))


def _leads_somewhere(path: str) -> bool:
    try:
        return getattr(resolve(path).func, "cls", None) is not Nothing
    except Resolver404:
        return False
