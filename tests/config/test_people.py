"""People in the admin: role, store and teams in one form, and nobody gives or takes over more than they have."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from channels.models import Team
from config import roles
from members import second_factor
from members.models import AuditEntry, GivenRight, User
from members.vocabulary import Deed
from tests import cast
from tests.members.signing_in import with_second_factor
from tests.roles import asked, signed_in

pytestmark = pytest.mark.django_db
PASSWORD = "tea-for-two-41"


def added(client: Client, **given: Any) -> Any:
    new = {"username": "carla", "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    return client.post("/admin/members/user/add/", {**new, **given})


def changed(client: Client, user: User, **given: Any) -> Any:
    return client.post(
        f"/admin/members/user/{user.pk}/change/", {"username": user.username, "is_active": "on", **given}
    )


def with_role(name: str, role: str, **fields: Any) -> User:
    user = cast.user(name, **fields)
    user.groups.set(Group.objects.filter(name=role))
    return user


# One form ------------------------------------------------------------------------------------------------------------


def test_a_clerk_is_made_with_the_store_in_one_form_and_is_no_staff() -> None:
    answer = added(signed_in("Administrator"), role="Store clerk", store=cast.berlin().pk, first_name="Carla")
    assert answer.status_code == 302
    carla = User.objects.get(username="carla")
    assert (carla.store, carla.first_name, carla.is_staff) == (cast.berlin(), "Carla", False)
    assert [group.name for group in carla.groups.all()] == ["Store clerk"]
    assert carla.check_password(PASSWORD)


def test_a_rep_is_made_with_teams_and_the_log_says_who_joined_which() -> None:
    team, other = (Team.objects.create(key=key, name=key.title()) for key in ("one", "two"))
    client = signed_in("Administrator")
    assert added(client, role="Sales rep", teams=[team.pk]).status_code == 302
    carla = User.objects.get(username="carla")
    assert list(carla.teams.all()) == [team]
    assert changed(client, carla, role="Sales rep", teams=[other.pk]).status_code == 302
    assert list(carla.teams.all()) == [other]
    told = [
        (entry.object_repr, entry.changes["users"]["operation"])
        for entry in AuditEntry.objects.filter(deed=Deed.CHANGED, changes__has_key="users").order_by("id")
    ]
    assert sorted(told[1:]) == [("One", "delete"), ("Two", "add")]


@pytest.mark.parametrize(("role", "sentence"), [("Store clerk", "choose it"), ("Sales rep", "choose at least one")])
def test_a_role_is_not_given_without_the_place_that_it_works_at(role: str, sentence: str) -> None:
    answer = added(signed_in("Administrator"), role=role)
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not User.objects.filter(username="carla").exists()


def test_staff_follows_from_the_role() -> None:
    client = signed_in("Administrator")
    added(client, role="Marketer")
    carla = User.objects.get(username="carla")
    assert carla.is_staff
    changed(client, carla, role="Store clerk", store=cast.berlin().pk)
    carla = User.objects.get(username="carla")
    assert not carla.is_staff
    browser = Client()
    browser.force_login(carla)
    assert browser.get("/admin/", follow=True).status_code == 403


def test_groups_of_the_operators_own_stay_when_the_role_changes() -> None:
    carla = with_role("carla", "Marketer", is_staff=True)
    own = Group.objects.create(name="Fire wardens")
    carla.groups.add(own)
    changed(signed_in("Administrator"), carla, role="Manager")
    assert {group.name for group in carla.groups.all()} == {"Manager", "Fire wardens"}


def test_the_list_says_role_store_and_teams_without_a_query_a_user() -> None:
    manager = signed_in("Manager")
    for number in range(3):
        with_role(f"clerk-{number}", "Store clerk", store=cast.berlin())
    asked(manager, "/admin/members/user/")
    few = len(asked(manager, "/admin/members/user/"))
    for number in range(3, 12):
        with_role(f"clerk-{number}", "Store clerk", store=cast.berlin())
    assert len(asked(manager, "/admin/members/user/")) == few


# Nobody gives or takes more than they have ---------------------------------------------------------------------------


@pytest.fixture
def staff_manager() -> Client:
    """A manager to whom the operator gave the right to manage users, and no more."""
    client = signed_in("Manager")
    manager = User.objects.get(username="manager-at-work")
    for verb in ("add", "change", "delete"):
        manager.user_permissions.add(Permission.objects.get(codename=f"{verb}_user"))
    return client


def test_nobody_gives_a_role_with_rights_that_they_lack(staff_manager: Client) -> None:
    assert added(staff_manager, role="Administrator").status_code == 200
    assert added(staff_manager, role="Marketer").status_code == 200
    assert not User.objects.filter(username="carla").exists()
    assert added(staff_manager, role="Store clerk", store=cast.berlin().pk).status_code == 302


def test_nobody_takes_over_a_user_with_more_rights(staff_manager: Client) -> None:
    for user in (cast.administrator(), with_role("adam", "Administrator", is_staff=True)):
        before = user.password
        assert changed(staff_manager, user, role="").status_code == 403
        new = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
        assert staff_manager.post(f"/admin/members/user/{user.pk}/password/", new).status_code == 403
        assert staff_manager.post(f"/admin/members/user/{user.pk}/delete/", {"post": "yes"}).status_code == 403
        assert staff_manager.post(f"/admin/members/user/{user.pk}/reset_second_factor/").status_code == 403
        user.refresh_from_db()
        assert user.password == before


def test_an_administrator_by_role_does_not_make_superusers() -> None:
    carla = with_role("carla", "Manager", is_staff=True)
    client = signed_in("Administrator")
    assert "is_superuser" not in client.get(f"/admin/members/user/{carla.pk}/change/").content.decode()
    changed(client, carla, role="Manager", is_superuser="on", is_staff="on", user_permissions=["1"])
    carla.refresh_from_db()
    assert not carla.is_superuser
    assert not carla.user_permissions.exists()


def test_nobody_locks_themselves_out() -> None:
    client = signed_in("Administrator")
    me = User.objects.get(username="administrator-at-work")
    for given in ({"role": "Marketer"}, {"role": "Administrator", "is_active": ""}):
        answer = changed(client, me, **given)
        assert "Ask another administrator" in answer.content.decode()
    assert changed(client, me, role="Administrator", first_name="Me").status_code == 302
    assert client.post(f"/admin/members/user/{me.pk}/delete/", {"post": "yes"}).status_code == 403


def test_an_administrator_resets_a_lost_second_factor_and_that_is_noted() -> None:
    rosa = cast.rep()
    with_second_factor(rosa)
    client = signed_in("Administrator")
    page = f"/admin/members/user/{rosa.pk}/reset_second_factor/"
    assert "make sure that it is really rosa" in client.get(page).content.decode()
    assert second_factor.is_set_up(rosa), "a GET only asks"
    assert client.post(page).status_code == 302
    assert (second_factor.is_set_up(rosa), second_factor.codes_left(rosa)) == (False, 0)
    entry = AuditEntry.objects.get(deed=Deed.SECOND_FACTOR_RESET)
    assert (entry.actor_name, entry.object_repr) == ("administrator-at-work", "rosa")
    assert "nothing to reset" in client.get(page).content.decode()


def test_a_new_password_by_an_administrator_is_noted_and_ends_the_users_sessions() -> None:
    rosa, browser = cast.rep(), Client()
    browser.force_login(rosa)
    client = signed_in("Administrator")
    new = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    assert client.post(f"/admin/members/user/{rosa.pk}/password/", new).status_code == 302
    assert AuditEntry.objects.get(deed=Deed.PASSWORD_CHANGED).object_repr == "rosa"
    assert browser.get("/account/").status_code == 302


def test_the_keys_of_devices_are_shown_to_nobody() -> None:
    client = Client()
    client.force_login(cast.administrator())
    for model in ("otp_totp/totpdevice", "otp_static/staticdevice", "axes/accessattempt"):
        assert client.get(f"/admin/{model}/").status_code == 404


# Rights of roles -----------------------------------------------------------------------------------------------------


def rights_of(role: str) -> set[str]:
    return set(Group.objects.get(name=role).permissions.values_list("codename", flat=True))


def test_a_right_that_a_role_needs_no_more_is_taken_away_and_what_an_operator_added_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clerk = Group.objects.get(name="Store clerk")
    clerk.permissions.add(Permission.objects.get(codename="view_segment"))
    without = {verbs: models.replace("standing ", "") for verbs, models in roles.ROLES["Store clerk"].items()}
    monkeypatch.setattr(roles, "ROLES", {**roles.ROLES, "Store clerk": without})
    assert "view_standing" in rights_of("Store clerk")
    roles.install()
    assert "view_standing" not in rights_of("Store clerk")
    assert "view_segment" in rights_of("Store clerk")
    assert not GivenRight.objects.filter(group=clerk, permission__codename="view_standing").exists()
    monkeypatch.undo()
    roles.install()
    assert "view_standing" in rights_of("Store clerk"), "a role that needs it again gets it again"


def test_a_right_that_an_operator_gave_first_stays_when_the_role_needs_it_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Group.objects.get(name="Store clerk").permissions.add(Permission.objects.get(codename="view_segment"))
    needs = {**roles.ROLES["Store clerk"], ("view", "export"): "segment"} | {("view",): "segment member"}
    needs.pop(("view", "export"))
    monkeypatch.setattr(roles, "ROLES", {**roles.ROLES, "Store clerk": needs})
    roles.install()
    monkeypatch.undo()
    roles.install()
    assert "view_segment" in rights_of("Store clerk")


def test_a_right_that_an_operator_took_away_is_not_given_again() -> None:
    Group.objects.get(name="Store clerk").permissions.remove(Permission.objects.get(codename="view_standing"))
    roles.install()
    assert "view_standing" not in rights_of("Store clerk")


def test_installing_again_changes_nothing_and_logs_nothing() -> None:
    before = {role: rights_of(role) for role in roles.ABOUT}
    entries = AuditEntry.objects.count()
    roles.install()
    assert {role: rights_of(role) for role in roles.ABOUT} == before
    assert AuditEntry.objects.count() == entries
