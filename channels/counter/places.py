"""At which counter somebody stands: in their own store, or in one that those choose who look after all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.http import HttpRequest

from members.models import Store, User

if TYPE_CHECKING:
    from django.db.models import QuerySet

CHOOSES = "members.change_store"
_CHOSEN = "counter_store"


def who(request: HttpRequest) -> User:
    """Return who asks; behind a door it is somebody."""
    return cast(User, request.user)


def store_of(request: HttpRequest) -> Store | None:
    """Return the store whose counter this is, None where somebody has none and has chosen none."""
    user = who(request)
    if user.store_id:
        return user.store
    chosen = request.session.get(_CHOSEN) if user.has_perm(CHOOSES) else None
    return Store.objects.filter(pk=chosen).first() if chosen else None


def choices(request: HttpRequest) -> QuerySet[Store]:
    """Return the stores among which somebody chooses; none for whoever belongs to one, or may not choose."""
    user = who(request)
    return Store.objects.all() if user.store_id is None and user.has_perm(CHOOSES) else Store.objects.none()


def choose(request: HttpRequest, code: str) -> Store | None:
    """Stand at the counter of the store with this code from now on. Returns the store if it may be chosen."""
    found = choices(request).filter(code=code).first()
    if found:
        request.session[_CHOSEN] = found.pk
    return found
