"""The sidebar and the overview show what a role may open, and every screen there is opens for an administrator."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import RequestFactory

from config import screens
from tests import cast
from tests.roles import signed_in

pytestmark = pytest.mark.django_db

LISTED = {**screens.MEMBERS, **screens.CONTENT, **screens.CHANNELS, **screens.JOURNEYS, **screens.PEOPLE}
SCREENS = list(admin.site._registry)
BESIDE = {"django_celery_beat.intervalschedule", "django_celery_beat.crontabschedule"}  # reached from the tasks


def links(role: str) -> list[str]:
    """The addresses in the sidebar."""
    request = RequestFactory().get("/admin/")
    request.user = cast.user(f"{role}-at-work".lower().replace(" ", "-"))
    return [item["link"] for group in screens.navigation(request) for item in group["items"]]


@pytest.mark.parametrize("role", ["Marketer", "Store clerk", "Administrator"])
def test_what_the_sidebar_shows_opens(role: str) -> None:
    client = signed_in(role)
    shown = links(role)
    answers = {link: client.get(link, follow=True).status_code for link in shown}
    assert set(answers.values()) == {200}, answers
    page = client.get("/admin/").content.decode()
    assert [link for link in shown if page.count(f'href="{link}"') < 2] == [], "in the sidebar and in the overview"


def test_a_clerk_sees_less_than_an_administrator() -> None:
    signed_in("Store clerk"), signed_in("Administrator")
    assert "/admin/members/member/" in links("Store clerk")
    assert "/admin/auth/group/" not in links("Store clerk")
    assert set(links("Store clerk")) < set(links("Administrator"))


def test_who_has_no_role_is_told_so() -> None:
    assert "Your role opens no screens here" in signed_in("").get("/admin/").content.decode()


def test_every_screen_stands_in_the_sidebar() -> None:
    assert {model._meta.label_lower for model in SCREENS} - LISTED.keys() == BESIDE


@pytest.mark.parametrize("model", SCREENS, ids=lambda model: model._meta.label_lower)
def test_every_list_and_every_empty_form_opens(model: type[Model]) -> None:
    client = signed_in("Administrator")
    place = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    assert client.get(place, follow=True).status_code == 200
    assert client.get(f"{place}?q=x", follow=True).status_code == 200
    assert client.get(f"{place}add/").status_code in (200, 403)
