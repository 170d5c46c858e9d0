"""How to walk: call an address as somebody, hear what the answer is, and leave everything as it was."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection, transaction
from django.template.response import SimpleTemplateResponse
from django.test import Client, RequestFactory
from django.test.client import ClientHandler

from members.models import User

# Being refused may end a session, be noted, and use a token; it changes nothing else.
HARMLESS = {"django_session", "members_auditentry", "members_apitoken", "axes_accessattempt"}
_WRITES = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)\"?", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """What was answered, and which tables were written meanwhile."""

    status: int
    location: str
    wrote: set[str]

    @property
    def kind(self) -> str:
        """Return it in a word: in, signs in, 401, 403, 404, 405, or broken."""
        if self.location.startswith(("/login/", "/admin/login/")):
            return "signs in"
        if self.status in (401, 403, 404, 405):
            return str(self.status)
        return "broken" if self.status >= 500 else "in"

    @property
    def leads_home(self) -> bool:
        """Whether it is the first page, where the admin and deeds at the counter lead from what is not there."""
        return self.location in ("/admin/", "/counter/")

    def __str__(self) -> str:
        return " ".join(filter(None, [str(self.status), self.location, f"wrote {self.wrote}" if self.wrote else ""]))


@dataclass
class Walker:
    """Somebody with a browser, or with `headers` such as a token; None is nobody.

    It asks the handler itself: the client of Django's tests copies the context of each template, which takes as long as
    the answer. Pages are drawn for those methods alone, because who gets in is decided before that.
    """

    user: User | None = None
    headers: dict[str, str] = field(default_factory=dict)
    drawn: tuple[str, ...] = ("GET",)

    def __post_init__(self) -> None:
        self._factory = RequestFactory(headers=self.headers)
        if self.user:
            client = Client()
            client.force_login(self.user)
            client.get("/account/")  # the first look at a session notes when it ends
            self._factory.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value

    def calls(self, method: str, path: str, said: Mapping[str, str]) -> Answer:
        """Call an address and send what is said, as a form or, to the API, as JSON. Whatever that did is undone."""
        api = path.startswith("/api/")
        kind = "application/json" if api else "application/x-www-form-urlencoded"
        body = "" if method == "GET" else json.dumps(said) if api else urlencode(said)
        request = self._factory.generic(method, path, body, kind)
        request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]  # as Django's own client does
        written: set[str] = set()
        drawing = (
            nullcontext() if method in self.drawn else patch.object(SimpleTemplateResponse, "rendered_content", "")
        )
        with connection.execute_wrapper(_noting(written)), drawing, transaction.atomic():
            answer = _handler().get_response(request)
            transaction.set_rollback(True)
        return Answer(answer.status_code, answer.headers.get("Location", ""), written - HARMLESS)


@cache
def _handler() -> ClientHandler:
    handler = ClientHandler()
    handler.load_middleware()
    return handler


def _noting(written: set[str]) -> Any:
    """Return what notes the tables that statements write; asking for a lock writes nothing."""

    def execute(run: Any, sql: Any, *rest: Any) -> Any:
        text = sql if isinstance(sql, str) else sql.as_string(None)
        written.update(_WRITES.findall(text.replace("FOR UPDATE", "").replace("DO UPDATE SET", "")))
        return run(sql, *rest)

    return execute
