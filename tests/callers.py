"""Programs that call the API, each with a token of its own, and the answers that they get."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.test import Client

from members import clock, scopes, tokens
from members.models import ApiToken, User
from tests import cast

_names = count(1)
PROBLEM = "application/problem+json"


class Caller:
    """A program with a token. `data` of an answer is what its JSON says."""

    def __init__(self, text: str, token: ApiToken | None = None) -> None:
        self.text = text
        self.token: Any = token
        self.client = Client(raise_request_exception=False)

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Any:
        """Ask for something."""
        return self._told(self.client.get(f"/api/v1/{path}", query or {}, headers=self._headers(headers)))

    def post(self, path: str, body: Any = None, *, kind: str = "application/json", **headers: str) -> Any:
        """Send something: bytes as they are, anything else as JSON."""
        sent = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
        return self._told(self.client.post(f"/api/v1/{path}", sent, content_type=kind, headers=self._headers(headers)))

    def call(self, method: str, path: str) -> Any:
        """Call with any method."""
        return self._told(self.client.generic(method, f"/api/v1/{path}", headers=self._headers({})))

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {**({"Authorization": f"Bearer {self.text}"} if self.text else {}), **named}

    @staticmethod
    def _told(answer: Any) -> Any:
        answer.data = json.loads(answer.content) if answer.content else None
        return answer


def owner(role: str, **fields: Any) -> User:
    """Somebody of a role, or of none."""
    person = cast.user(f"owner-{next(_names)}", **fields)
    if role:
        person.groups.set([Group.objects.get(name=role)])
    return person


def caller(*wanted: str, role: str = "Administrator", by: User | None = None) -> Caller:
    """A program whose token has these scopes, all that its owner's role allows where none is named."""
    person = by or owner(role)
    chosen = wanted or tuple(scope.key for scope in scopes.open_to(person))
    token, text = tokens.make(person, "tests", chosen, clock.now() + timedelta(days=1), clock.now())
    return Caller(text, token)


def nobody() -> Caller:
    """A program without a token."""
    return Caller("")


def allowed(person: User, *names: str) -> User:
    """Give somebody rights by their full names and return them as they are then."""
    for name in names:
        app, codename = name.split(".")
        person.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return User.objects.get(pk=person.pk)


def refused(answer: Any, status: int, word: str) -> dict[str, Any]:
    """Return the problem that an answer is, which must be of this status and kind."""
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM), (answer.status_code, answer.content)
    assert answer.data["type"] == f"urn:chorale:problem:{word}", answer.data
    assert answer.data["status"] == status
    assert answer.data["title"]
    assert answer.data["detail"].endswith(tuple(".:/")) or ";" in answer.data["detail"], answer.data["detail"]
    found: dict[str, Any] = answer.data
    return found
