"""Tokens are made in the admin by their owners and by administrators, shown once, and revoked."""

import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from members import clock
from members.models import ApiToken, AuditEntry, User
from tests import cast
from tests.callers import Caller, caller
from tests.roles import signed_in

pytestmark = pytest.mark.django_db
LIST = "/admin/members/apitoken/"
ADD = f"{LIST}add/"


def at_work(role: str) -> User:
    """Whoever `signed_in` signs in."""
    return User.objects.get(username=f"{role}-at-work".lower().replace(" ", "-"))


def made(browser, **given):
    """Send the form and return the answer with the token that it shows, if it does."""
    answer = browser.post(ADD, {"name": "till 7", "days": 30, **given})
    found = re.search(r"chorale_[0-9a-f]{64}", answer.content.decode())
    return answer, found[0] if found else ""


def test_an_owner_makes_one_that_is_shown_once_and_works():
    browser = signed_in("Store clerk")
    clerk = at_work("Store clerk")
    assert 'value="members:read"' in browser.get(ADD).content.decode()
    answer, text = made(browser, user=clerk.pk, scopes=["members:read"])
    assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (200, True)
    kept = ApiToken.objects.get()
    assert (kept.user, kept.name, kept.scopes) == (clerk, "till 7", ["members:read"])
    assert 29 <= (kept.expiry - clock.now()).days <= 30
    assert Caller(text).post("events/", {"items": []}).status_code == 403
    for path in (LIST, f"{LIST}{kept.pk}/change/", ADD):
        assert text not in browser.get(path).content.decode()
    noted = AuditEntry.objects.get(deed="token_made")
    assert (noted.actor, noted.object_repr) == (clerk, "till 7")
    assert text not in str(AuditEntry.objects.values())


def test_an_owner_makes_none_for_others_and_none_beyond_the_role():
    browser = signed_in("Store clerk")
    clerk = at_work("Store clerk")
    other = cast.administrator()
    assert made(browser, user=other.pk, scopes=["members:read"])[1] == ""
    assert made(browser, user=clerk.pk, scopes=["facts:write"])[1] == ""
    assert "facts:write" not in browser.get(ADD).content.decode()
    assert not ApiToken.objects.exists()


def test_an_administrator_makes_one_for_somebody_within_that_ones_role():
    browser = signed_in("Administrator")
    clerk = cast.clerk()
    clerk.groups.set([Group.objects.get(name="Store clerk")])
    answer, text = made(browser, user=clerk.pk, scopes=["facts:write"])
    assert text == ""
    assert "The role of carl does not allow “facts:write”." in answer.content.decode()
    answer, text = made(browser, user=clerk.pk, scopes=["consents:write"])
    assert Caller(text).post("consents/", {"items": []}).status_code == 200


@pytest.mark.parametrize("days", ["0", "-1", "731", "x", "", "99999999999999999999"])
def test_days_that_cannot_be_are_refused(days):
    browser = signed_in("Administrator")
    answer, text = made(browser, user=at_work("Administrator").pk, scopes=["facts:write"], days=days)
    assert (answer.status_code, text) == (200, "")
    assert not ApiToken.objects.exists()


def test_the_list_holds_ones_own_and_all_for_administrators():
    theirs = caller()
    mine, boss = signed_in("Store clerk"), signed_in("Administrator")
    made(mine, user=at_work("Store clerk").pk, scopes=["members:read"], name="my own")
    assert "my own" in mine.get(LIST).content.decode()
    assert theirs.token.user.username not in mine.get(LIST).content.decode()
    assert {"my own", "tests"} <= set(re.findall(r"my own|tests", boss.get(LIST).content.decode()))
    for path in ("change", "revoke"):
        assert mine.get(f"{LIST}{theirs.token.pk}/{path}/").status_code in {302, 404}
    assert mine.post(f"{LIST}{theirs.token.pk}/revoke/").status_code == 404
    assert theirs.post("events/", {"items": []}).status_code == 200


@pytest.mark.parametrize("role", ["Store clerk", "Administrator"])
def test_it_is_revoked_by_its_owner_or_an_administrator(role):
    mine = signed_in("Store clerk")
    _answer, text = made(mine, user=at_work("Store clerk").pk, scopes=["consents:write"])
    browser, token = signed_in(role), ApiToken.objects.get()
    assert browser.get(f"{LIST}{token.pk}/revoke/").status_code == 200
    assert Caller(text).post("consents/", {"items": []}).status_code == 200
    for told in ("does nothing any more", "was over already"):
        assert told in browser.post(f"{LIST}{token.pk}/revoke/", follow=True).content.decode()
    assert Caller(text).post("consents/", {"items": []}).status_code == 401
    assert "revoked" in browser.get(LIST).content.decode()
    assert AuditEntry.objects.get(deed="token_revoked").actor == at_work(role)


def test_whoever_may_nothing_by_the_api_makes_no_token():
    browser = signed_in("")
    assert browser.get(ADD).status_code == 404
    assert browser.get(LIST).status_code == 403


def test_nobody_changes_or_deletes_one():
    browser, token = signed_in("Administrator"), caller().token
    assert browser.post(f"{LIST}{token.pk}/change/", {"name": "other"}).status_code == 403
    assert browser.post(f"{LIST}{token.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ApiToken.objects.get().name == "tests"


def test_for_those_who_do_not_open_the_admin_an_administrator_makes_and_revokes_them():
    clerk = cast.clerk()
    clerk.groups.set([Group.objects.get(name="Store clerk")])
    at_the_till, browser = Client(), signed_in("Administrator")
    at_the_till.force_login(clerk)
    assert at_the_till.get(ADD).headers["Location"].startswith("/admin/login/")
    _answer, text = made(browser, user=clerk.pk, scopes=["offers:read"])
    assert Caller(text).get("grants/", {"code": "X"}).status_code == 200
    browser.post(f"{LIST}{ApiToken.objects.get().pk}/revoke/", {"post": "yes"})
    assert Caller(text).get("grants/", {"code": "X"}).status_code == 401
