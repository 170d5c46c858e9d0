"""What a caller may do: the scope of the operation, by token and by role."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from members import scopes
from members.api.operations import operation_of
from members.api.problems import Kind, Problem
from members.tokens import Shown


class HasScope(BasePermission):
    """Lets a token do what its scopes and its owner's role allow, and whoever is signed in what their role allows."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Say whether the operation is open; nobody gets 401. Raises Problem with what is lacking."""
        operation = operation_of(view, str(request.method))
        if operation is None:
            return True  # there is no such method: the answer is 405
        if not request.user.is_authenticated:
            return False
        scope = scopes.known()[operation.scope]
        shown: Any = request.auth
        if isinstance(shown, Shown) and scope.key not in shown.token.scopes:
            sentence = _("The token “%(name)s” lacks the scope %(scope)s.")
            raise Problem(Kind.NOT_ALLOWED, sentence % {"name": shown.token.name, "scope": scope.key})
        if not (shown.allows(scope) if isinstance(shown, Shown) else scope.open_to(request.user)):
            sentence = _("The role of %(user)s does not allow %(scope)s.")
            raise Problem(Kind.NOT_ALLOWED, sentence % {"user": request.user, "scope": scope.key})
        return True
