"""Loading a playbook in the admin, and the numbers that move on a journey's open page."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils.html import escape

from journeys.models import Journey
from journeys.playbooks import installing, library
from members.models import Segment
from tests.cast import NOW
from tests.roles import signed_in

pytestmark = pytest.mark.django_db


def address(client: Client) -> str:
    """The page that the list of journeys leads to."""
    page = client.get("/admin/journeys/journey/").content.decode()
    places: list[str] = re.findall(r'href="([^"]*playbooks[^"]*)"', page)
    return places[0]


def test_a_marketer_loads_a_playbook_and_loading_it_again_changes_nothing() -> None:
    client = signed_in("Marketer")
    place = address(client)
    page = client.get(place).content.decode()
    assert [key for key in library.shelf() if f'value="{key}"' not in page] == []
    assert not Journey.objects.exists(), "looking makes nothing"
    key = library.shelf()[0]
    loaded = client.post(place, {"key": key}, follow=True).content.decode()
    journey = Journey.objects.get()
    assert "is loaded:" in loaded
    assert journey.state == "draft"
    journey.name = "Mine"
    journey.save()
    again = client.post(place, {"key": key}, follow=True).content.decode()
    assert escape("Everything of “Mine” was there already; nothing was changed.") in again
    assert Journey.objects.get().name == "Mine"


def test_what_is_there_already_is_told_before_loading() -> None:
    books = [library.load(key) for key in library.shelf()]
    book = next(one for one in books if one.segments)
    kept = book.segments[0]
    Segment.objects.create(key=kept["key"], name=kept["name"], rule=kept["rule"])
    plan = installing.planned([book])[book.key]
    assert plan.journey is None
    assert [name for name in plan.keeps if kept["name"] in name]
    assert not [name for name in plan.makes if kept["name"] in name]


def test_a_playbook_that_is_not_there_and_a_role_that_may_not_add_are_refused() -> None:
    place = address(signed_in("Marketer"))
    assert signed_in("Marketer").post(place, {"key": "../../etc/passwd"}).status_code == 404
    assert signed_in("Manager").get(place).status_code == 403
    assert signed_in("Manager").post(place, {"key": library.shelf()[0]}).status_code == 403
    assert not Journey.objects.exists()


def test_an_open_page_hears_of_changed_numbers_and_of_nothing_else() -> None:
    client = signed_in("Marketer")
    journey = Journey.objects.create(key="one", name="One", kind="greeting", state="live", draft={})
    page = client.get(f"/admin/journeys/journey/{journey.pk}/change/").content.decode()
    live = f"/admin/journeys/journey/{journey.pk}/live/"
    assert f'hx-get="{live}"' in page
    [since] = re.findall(r'"since": "(\w+)"', page)
    assert client.get(live, {"since": since}).status_code == 204
    journey.counts.create(step_key="", outcome="entered", day=NOW.date(), count=12345)
    assert client.get(live, {"since": since}).status_code == 200
    assert "12,345" in client.get(f"/admin/journeys/journey/{journey.pk}/numbers/").content.decode()
