"""A counter to test at: clerks who are signed in, members with offers, and what a page shows."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import Group
from django.test import Client

from content.models import Grant
from members import clock
from members.models import Member, Store, User
from tests import cast
from tests.content.promises import granted, offer

MINUTE = timedelta(minutes=1)


def person(username: str, role: str = "Store clerk", at: Store | None = None, **fields: Any) -> User:
    """Somebody with a role, at a store or at none."""
    made = cast.user(username, store=at, **fields)
    made.groups.set([Group.objects.get(name=role)])
    return made


def clerk() -> User:
    """Carl, a clerk of the store in Berlin, with the rights of his role."""
    made = cast.clerk()
    made.groups.set([Group.objects.get(name="Store clerk")])
    return made


def browser(user: User | None = None) -> Client:
    """A browser at the counter, in which somebody is signed in: Carl, unless somebody else is named."""
    client = Client()
    client.force_login(user or clerk())
    return client


def given(who: Member, key: str = "tea", **fields: Any) -> Grant:
    """An offer that is the member's since an hour ago."""
    terms = {"name": key.title(), "slot": key, **fields}
    [made] = granted(offer(key, **terms), who, now=clock.now() - timedelta(hours=1), step_key=key)
    return made


def address(who: Member, rest: str = "") -> str:
    """The address of a member's page, or of what lies behind it."""
    return f"/counter/members/{who.public_id}/{rest}"


def of_grant(grant: Grant, what: str) -> str:
    """The address of a deed with an offer."""
    return address(grant.member, f"offers/{grant.public_id}/{what}/")


def text(answer: Any) -> str:
    """What a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def tap(client: Client, path: str, key: str = "tap", *, htmx: bool = False, **values: Any) -> Any:
    """Send a form. Without htmx the answer is the page where it leads to."""
    if htmx:
        return client.post(path, {"key": key, **values}, headers={"HX-Request": "true"})
    return client.post(path, {"key": key, **values}, follow=True)


def path_of(answer: Any) -> str:
    """Where the browser stands after redirects."""
    return urlsplit(answer.redirect_chain[-1][0]).path if answer.redirect_chain else str(answer.request["PATH_INFO"])
