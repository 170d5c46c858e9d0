"""Who calls: a program by its token, or somebody who is signed in, for the pages that show the API."""

from __future__ import annotations

from django.utils.translation import gettext as _
from knox.auth import TokenAuthentication
from knox.settings import knox_settings
from rest_framework.authentication import get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from members import clock, tokens
from members.models import User
from members.tokens import Shown


class BearerToken(TokenAuthentication):  # type: ignore[misc]  # Knox brings no types
    """The header `Authorization: Bearer …`. Knox's own reads another clock and, each time, all tokens of the owner."""

    def authenticate(self, request: Request) -> tuple[User, Shown] | None:
        """Return owner and token, None where the header is not there or speaks of something else."""
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != knox_settings.AUTH_HEADER_PREFIX.lower().encode():
            return None
        if len(words) != 2 or not words[1].isascii():
            raise AuthenticationFailed(_("The header must be “Authorization: Bearer” and the token, nothing else."))
        shown = tokens.shown(words[1].decode(), clock.now())
        if shown is None:
            raise AuthenticationFailed(_("This token does not hold: it is not known, has expired or was revoked."))
        # The audit log reads it from the visit, however deep below the deed is noted.
        request._request.token_name = shown.token.name  # type: ignore[attr-defined]  # noqa: SLF001 - DRF has no other way
        return shown.token.user, shown

    def authenticate_header(self, request: Request) -> str:
        """Return what to say to whoever is not known."""
        return 'Bearer realm="Chorale"'
