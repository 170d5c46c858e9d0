"""Signing in leads to the first door that opens; the header shows no other one."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory

from members import doors
from tests import cast
from tests.roles import signed_in

pytestmark = pytest.mark.django_db


def test_nobody_is_led_to_the_page_to_sign_in() -> None:
    assert Client().get("/").headers["Location"] == "/login/?next=/"
    assert "Chorale" in Client().get("/login/").content.decode()


def test_signing_in_leads_on_and_signing_out_leads_back() -> None:
    cast.marketer()
    client = Client()
    answer = client.post("/login/", {"username": "mara", "password": "mara"}, follow=True)
    assert answer.redirect_chain == [("/", 302), ("/admin/", 302)]
    assert client.post("/logout/").headers["Location"] == "/login/"
    assert client.get("/").status_code == 302


def test_a_clerk_who_is_no_staff_signs_in() -> None:
    cast.clerk()
    client = Client()
    client.post("/login/", {"username": "carl", "password": "carl"})
    assert client.session.get("_auth_user_id") == str(cast.clerk().pk)


def test_whoever_is_not_active_any_more_does_not_sign_in() -> None:
    cast.user("gone", is_active=False)
    client = Client()
    page = client.post("/login/", {"username": "gone", "password": "gone"}).content.decode()
    assert "correct username and password" in page
    assert "_auth_user_id" not in client.session


def test_a_wrong_password_is_told_without_saying_which_part_was_wrong() -> None:
    cast.marketer()
    page = Client().post("/login/", {"username": "mara", "password": "wrong"}).content.decode()
    assert "correct username and password" in page


def test_whoever_has_no_role_is_told_so_instead_of_being_sent_in_circles() -> None:
    cast.user("new")
    client = Client()
    client.force_login(cast.user("new"))
    answer = client.get("/")
    assert (answer.status_code, "You have no role yet" in answer.content.decode()) == (403, True)


def test_the_admin_opens_to_staff_only() -> None:
    request = RequestFactory().get("/")
    for user, opened in ((cast.marketer(), True), (cast.user("new"), False), (AnonymousUser(), False)):
        request.user = user
        assert ("admin" in [door.key for door in doors.open_to(request)]) is opened
    assert signed_in("Marketer").get("/", follow=True).status_code == 200


def behind(user: object, **headers: str) -> HttpResponseBase:
    """Come to a view that opens to those who may work at the contacts."""
    request = RequestFactory().get("/contacts/?a=b", headers=headers)
    request.user = user  # type: ignore[assignment]
    view = doors.behind("channels.open_contacts")(lambda _request: HttpResponse("in"))
    return view(request)


def test_a_view_behind_a_door_opens_to_those_with_the_permission() -> None:
    assert behind(cast.administrator()).status_code == 200
    with pytest.raises(PermissionDenied):
        behind(cast.clerk())


def test_a_view_behind_a_door_leads_nobody_to_the_page_to_sign_in() -> None:
    assert behind(AnonymousUser()).headers["Location"] == "/login/?next=/contacts/%3Fa%3Db"


def test_a_part_of_a_page_sends_the_whole_page_there_and_never_to_another_site() -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "https://evil.example/contacts/members/1/"}
    led = behind(AnonymousUser(), **headers)
    assert led.status_code == 204
    assert led.headers["HX-Redirect"] == "/login/?next=%2Fcontacts%2Fmembers%2F1%2F"


def test_a_rep_who_asks_for_the_home_is_refused_and_not_sent_in_circles() -> None:
    rep, colleague = Client(), signed_in("Marketer")
    rep.force_login(cast.rep())
    for part in ("/home/alarms/", "/home/customers/"):
        assert rep.get(part).status_code == 403
        assert colleague.get(part).status_code == 200
    assert Client().get("/home/alarms/").headers["Location"] == "/login/?next=/home/alarms/"
