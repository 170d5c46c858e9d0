"""A list of the admin that has nothing in it says why, and what to do."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.urls import reverse

from tests.roles import signed_in

pytestmark = pytest.mark.django_db
LISTS = sorted(model._meta.label_lower for model in admin.site._registry if model._meta.managed)


@pytest.mark.parametrize("label", LISTS)
def test_an_empty_list_says_what_fills_it_and_never_to_create_what_nobody_can(label: str) -> None:
    client = signed_in("Administrator")
    answer = client.get(reverse(f"admin:{label.replace('.', '_')}_changelist"), follow=True)
    said = answer.content.decode()
    assert answer.status_code == 200
    assert "This page yielded into no results" not in said
    if "Nothing here yet" in said:
        assert "can only look" not in said, "whoever may do everything is told what to do"


def test_a_search_that_finds_nothing_says_so_and_leads_back() -> None:
    said = signed_in("Administrator").get("/admin/channels/message/?q=nobody").content.decode()
    assert ("Nothing fits" in said, "Reset filters" in said, "Nothing here yet" in said) == (True, True, False)


def test_a_list_that_fills_by_itself_says_from_where() -> None:
    said = signed_in("Manager").get("/admin/channels/message/").content.decode()
    assert "publish a journey that sends" in said
