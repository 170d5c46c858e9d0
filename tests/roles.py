"""People signed in to the admin, by role."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import cast

ROLES = ("Marketer", "Sales rep", "Store clerk", "Manager", "Administrator")


def signed_in(role: str) -> Client:
    """Return a browser in which somebody of this role (and staff) is signed in; "" is staff without a role."""
    person = cast.user(f"{role or 'nobody'}-at-work".lower().replace(" ", "-"), is_staff=True)
    if role:
        person.groups.set([Group.objects.get(name=role)])
    client = Client()
    client.force_login(person)
    return client


def asked(client: Client, path: str) -> list[str]:
    """Open a page, which must answer 200, and return the statements that it took."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    return [query["sql"] for query in captured.captured_queries]
