"""Tokens are made, listed and revoked at the machine."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from members import scopes
from members.models import ApiToken, AuditEntry
from tests import cast
from tests.callers import Caller, owner

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = StringIO()
    call_command("api_token", *arguments, stdout=out)
    return out.getvalue().strip()


def test_the_token_is_all_that_making_prints():
    person = owner("Administrator")
    text = run("make", person.username, "shop", "--scope", "facts:write", "--days", "7")
    assert Caller(text).post("events/", {"items": []}).status_code == 200
    assert Caller(text).post("members/", {"items": []}).status_code == 403
    noted = AuditEntry.objects.get(deed="token_made")
    assert (noted.through, noted.object_repr, noted.detail) == ("command", "shop", f"{person.username}: facts:write")


def test_without_scopes_it_gets_all_of_its_owners_role():
    run("make", owner("Store clerk").username, "till")
    assert ApiToken.objects.get().scopes == sorted(scope.key for scope in scopes.open_to(owner("Store clerk")))


def test_the_list_tells_of_tokens_but_not_the_tokens():
    text = run("make", owner("Administrator").username, "shop", "--scope", "facts:write")
    assert text not in run("list")
    assert "shop" in run("list")
    assert "never used" in run("list")
    assert run("list", "--owner", owner("").username) == ""


def test_it_is_revoked_once():
    text = run("make", owner("Administrator").username, "shop", "--scope", "facts:write")
    token = str(ApiToken.objects.get().pk)
    assert run("revoke", token) == "“shop” does nothing any more."
    assert Caller(text).post("events/", {"items": []}).status_code == 401
    with pytest.raises(CommandError, match="was over already"):
        run("revoke", token)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("make", "nobody", "shop"), "There is no user “nobody”."),
        (("make", "mara", "shop", "--scope", "everything"), "There is no scope “everything”"),
        (("make", "mara", "shop", "--scope", "facts:write"), "The role of mara does not allow “facts:write”."),
        (("make", "mara", "shop"), "A token without scopes can do nothing"),
        (("make", "alma", "shop", "--days", "-1"), "is over already"),
        (("make", "alma", "shop", "--days", "99999999"), "date value out of range"),
        (("revoke", "7"), "There is no token 7"),
    ],
)
def test_what_cannot_be_is_one_sentence(arguments, sentence):
    cast.marketer()
    cast.administrator()
    with pytest.raises(CommandError, match=sentence):
        run(*arguments)
