"""Lists over tables that grow without end count nothing, and ask as much for many rows as for few."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.db.models import Model

from members.admin.base import MOST_PAGES, BigTableAdmin
from members.models import Member
from tests import cast
from tests.roles import asked, signed_in

pytestmark = pytest.mark.django_db

BIG = [admin_of.model for admin_of in admin.site._registry.values() if isinstance(admin_of, BigTableAdmin)]
COUNTED = re.compile(r"SELECT COUNT\(", re.IGNORECASE)


def address(model: type[Model]) -> str:
    """The list of a model."""
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def test_the_tables_that_grow_are_among_them() -> None:
    names = {model._meta.label for model in BIG}
    assert {"members.Member", "members.Consent", "members.Suppression", "content.Grant", "content.Redemption"} <= names


@pytest.mark.parametrize("model", BIG, ids=lambda model: model._meta.label)
def test_a_list_counts_nothing(model: type[Model]) -> None:
    cast.ada()
    client = signed_in("Administrator")
    for query in ("", "?q=ada", "?p=2"):
        assert [sql for sql in asked(client, address(model) + query) if COUNTED.search(sql)] == []


def test_a_page_of_members_takes_as_many_queries_as_one_member() -> None:
    client = signed_in("Manager")
    cast.ada()
    asked(client, address(Member))  # what is cached from now on
    few = len(asked(client, address(Member)))
    cast.crowd(30, home_store=cast.berlin())
    assert len(asked(client, address(Member))) == few
    assert few <= 12


def test_a_members_page_takes_a_bounded_number_of_queries() -> None:
    ada = cast.ada(tags=["a", "b"])
    client = signed_in("Administrator")
    path = f"/admin/members/member/{ada.pk}/change/"
    few = len(asked(client, path))
    for day in range(12):
        cast.purchase(ada, cast.NOW - day * cast.DAY)
        cast.event(ada, "visit", cast.NOW - day * cast.DAY)
        cast.consent(ada, "sms", granted=bool(day % 2), at=cast.NOW - day * cast.DAY)
    queries = asked(client, path)
    assert len(queries) <= few + 1, "the lines of all purchases at once"
    assert [sql for sql in queries if COUNTED.search(sql)] == []


def test_nobody_pages_to_the_end_of_the_world() -> None:
    """A page is reached by reading all before it; beyond the last one that can be, the list begins anew."""
    client = signed_in("Manager")
    answer = client.get(f"{address(Member)}?p={MOST_PAGES + 1}")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{address(Member)}?e=1")
