"""Who may call: a token does what both its scopes and its owner's role allow, until it expires or is revoked."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from members import clock, tokens
from members.models import ApiToken, Event
from tests import cast
from tests.callers import Caller, allowed, caller, nobody, owner, refused
from tests.roles import signed_in

pytestmark = pytest.mark.django_db
EMPTY: dict[str, list[object]] = {"items": []}


def test_nobody_is_asked_for_a_token():
    answer = nobody().post("events/", EMPTY)
    refused(answer, 401, "not-authenticated")
    assert answer["WWW-Authenticate"] == 'Bearer realm="Chorale"'


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer chorale_0123456789",
        "Bearer two words",
        "Bearer \xff\xfe",
        "Token {text}",
        "Basic {text}",
        "Bearer {text}x",
        "Bearer x{text}",
        "bearer{text}",
    ],
)
def test_what_is_no_token_is_refused(header):
    text = caller().text
    answer = nobody().post("events/", EMPTY, Authorization=header.format(text=text))
    refused(answer, 401, "not-authenticated")


def test_the_word_bearer_is_written_in_any_case():
    assert nobody().post("events/", EMPTY, Authorization=f"bEARER {caller().text}").status_code == 200


def test_a_token_without_the_scope_is_told_which_one_it_lacks():
    problem = refused(caller("members:write").post("events/", EMPTY), 403, "not-allowed")
    assert problem["detail"] == "The token “tests” lacks the scope facts:write."


def test_a_token_can_do_no_more_than_its_owner_may_today():
    person = owner("Administrator")
    by = caller("facts:write", by=person)
    assert by.post("events/", EMPTY).status_code == 200
    person.groups.set([Group.objects.get(name="Store clerk")])
    problem = refused(by.post("events/", EMPTY), 403, "not-allowed")
    assert problem["detail"] == f"The role of {person.username} does not allow facts:write."


def test_rights_can_be_given_to_one_user_without_a_role():
    rights = ["members.add_event", "members.add_purchase", "members.add_pointsentry"]
    by = caller("facts:write", by=allowed(owner(""), *rights))
    assert by.post("events/", EMPTY).status_code == 200
    refused(by.post("members/", EMPTY), 403, "not-allowed")


@pytest.mark.parametrize("end", ["expired", "revoked", "owner is inactive", "owner is gone"])
def test_a_token_that_has_ended_is_no_token(end):
    by = caller()
    token = by.token
    if end == "expired":
        ApiToken.objects.update(expiry=clock.now() - timedelta(seconds=1))
    elif end == "revoked":
        assert tokens.revoke(token, clock.now())
        assert not tokens.revoke(token, clock.now())
    elif end == "owner is inactive":
        type(token.user).objects.update(is_active=False)
    else:
        token.user.delete()
    refused(by.post("events/", EMPTY), 401, "not-authenticated")


def used() -> datetime:
    """When the one token was used last."""
    found = ApiToken.objects.get().last_used_at
    assert found is not None
    return found


def test_the_last_use_is_kept_to_the_minute():
    by = caller()
    assert ApiToken.objects.filter(last_used_at=None).exists()
    by.post("events/", EMPTY)
    first = used()
    assert clock.now() - first < timedelta(minutes=1)
    by.post("events/", EMPTY)
    assert used() == first
    ApiToken.objects.update(last_used_at=first - timedelta(seconds=61))
    by.post("events/", EMPTY)
    assert used() > first


def test_of_a_token_only_the_digest_is_kept():
    by = caller()
    kept = ApiToken.objects.values().get()
    assert by.text.startswith("chorale_")
    assert len(by.text) >= 64
    assert not any(by.text in str(value) for value in kept.values())
    assert by.text.startswith(kept["token_key"])
    assert len(kept["token_key"]) <= 15


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "n" * 101}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"scopes": ["facts:write"]}, "scopes"),
        ({"expires_at": cast.NOW}, "expiry"),
    ],
)
def test_a_token_that_cannot_be_is_refused_with_a_sentence(changes, field):
    clerk = owner("Store clerk")
    given = {"name": "till", "scopes": ["members:read"], "expires_at": cast.NOW + cast.DAY, **changes}
    with pytest.raises(tokens.BadToken, match=r"[.]$") as raised:
        tokens.make(clerk, now=cast.NOW, **given)
    assert raised.value.field == field
    assert not ApiToken.objects.exists()


def test_whoever_is_signed_in_may_try_calls_with_the_proof_that_their_browser_sent_it():
    browser = signed_in("Administrator")
    path, body = "/api/v1/events/", '{"items": []}'
    assert browser.post(path, body, content_type="application/json").status_code == 200
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    strict.cookies = browser.cookies
    answer = strict.post(path, body, content_type="application/json")
    refused(Caller._told(answer), 403, "not-allowed")


def test_a_role_that_may_not_is_refused_in_the_browser_too():
    answer = signed_in("Store clerk").post("/api/v1/events/", '{"items": []}', content_type="application/json")
    refused(Caller._told(answer), 403, "not-allowed")
    assert not Event.objects.exists()
