"""Clerks and managers work at the counter; others are led away, and guessed addresses lead nowhere."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import get_resolver

from channels.counter.urls import urlpatterns
from content.models import Grant
from members.models import Event
from tests import cast
from tests.channels.counter.till import address, browser, given, of_grant, person, tap

pytestmark = pytest.mark.django_db
INSIDE = {"Store clerk": True, "Manager": True, "Administrator": True, "Marketer": False, "Sales rep": False, "": False}
MEMBER = ("", "live/", "present/", "care/")
NOBODY = "6f1f2a5e-0000-4000-8000-000000000000"
DEEDS = ("call/", "phone/", "consent/")


@pytest.mark.parametrize("role", INSIDE)
def test_the_counter_opens_to_those_who_work_there(role: str) -> None:
    ada = cast.ada()
    user = person("somebody", role, cast.berlin()) if role else cast.user("somebody")
    for path in ("/counter/", "/counter/live/", "/counter/expected/", *(address(ada, rest) for rest in MEMBER)):
        assert browser(user).get(path).status_code == (200 if INSIDE[role] else 403), path
    assert browser(user).post("/counter/find/", {"q": "M-ADA"}).status_code == (303 if INSIDE[role] else 403)


@pytest.mark.parametrize("role", INSIDE)
def test_only_they_do_anything_there(role: str) -> None:
    grant = given(cast.ada())
    user = person("somebody", role, cast.berlin()) if role else cast.user("somebody")
    answer = tap(browser(user), of_grant(grant, "redeem"))
    assert answer.status_code == (200 if INSIDE[role] else 403)
    assert Grant.objects.get().state == ("redeemed" if INSIDE[role] else "live")


def test_nobody_is_led_to_sign_in_and_does_nothing() -> None:
    grant = given(cast.ada())
    for path in ("/counter/", address(grant.member)):
        assert Client().get(path).headers["Location"].startswith("/login/")
    for what in ("redeem", "undo", "decline"):
        assert Client().post(of_grant(grant, what), {"key": "x"}).headers["Location"].startswith("/login/")
    for what in DEEDS:
        assert Client().post(address(grant.member, what), {"key": "x"}).headers["Location"].startswith("/login/")
    assert (Grant.objects.get().state, Event.objects.count()) == ("live", 0)


@pytest.mark.parametrize("rest", [*MEMBER, *DEEDS, f"offers/{NOBODY}/redeem/"])
def test_a_member_who_is_not_there_is_not_found(rest: str) -> None:
    client, path = browser(), f"/counter/members/{NOBODY}/{rest}"
    answer = client.get(path) if rest in MEMBER else client.post(path, {"key": "x"})
    assert answer.status_code == 404


def test_a_right_that_was_taken_away_is_missing_on_the_page_and_behind_it() -> None:
    grant = given(cast.ada())
    user = cast.user("bare", store=cast.berlin())
    user.user_permissions.set([Permission.objects.get(codename="open_counter")])
    client = browser(user)
    page = client.get(address(grant.member)).content.decode()
    assert "/redeem/" not in page
    assert "/phone/" not in page
    assert tap(client, of_grant(grant, "redeem")).status_code == 403
    for what in DEEDS:
        assert tap(client, address(grant.member, what)).status_code == 403


def test_no_address_of_the_counter_counts_members_up() -> None:
    patterns = [str(one.pattern) for one in urlpatterns]
    assert not [one for one in patterns if "<int:" in one or "<str:" in one]
    assert get_resolver().resolve("/counter/").url_name == "counter"


def test_a_form_without_its_token_does_nothing() -> None:
    grant = given(cast.ada())
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("carla", at=cast.berlin()))
    assert client.post(of_grant(grant, "redeem"), {"key": "x"}).status_code == 403
    assert Grant.objects.get().state == "live"


def test_nothing_of_the_counter_is_kept_by_browsers() -> None:
    for path in ("/counter/", address(cast.ada())):
        assert "no-store" in browser().get(path).headers["Cache-Control"]
