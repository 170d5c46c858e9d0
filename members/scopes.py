"""Scopes: what a token may be for. Each layer registers its own in AppConfig.ready; each needs rights of the owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django_stubs_ext import StrOrPromise

    from members.models import User


@dataclass(frozen=True)
class Scope:
    """A part of the API by its key, such as members:read, for whose owner has all of these permissions."""

    key: str
    label: StrOrPromise
    permissions: tuple[str, ...]

    def open_to(self, user: User | AnonymousUser) -> bool:
        """Say whether somebody's role allows it."""
        return user.is_active and user.has_perms(self.permissions)


_scopes: dict[str, Scope] = {}


def register(*scopes: Scope) -> None:
    """Add scopes; one with the same key takes the place of the first."""
    for scope in scopes:
        _scopes[scope.key] = scope


def known() -> dict[str, Scope]:
    """Return all scopes by their key."""
    return dict(sorted(_scopes.items()))


def open_to(user: User | AnonymousUser) -> list[Scope]:
    """Return the scopes that somebody's role allows."""
    return [scope for scope in known().values() if scope.open_to(user)]
