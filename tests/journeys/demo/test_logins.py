"""The demo's people: a login for each role, each with a door that opens and something behind it."""

from __future__ import annotations

import pytest
from django.test import Client

from channels import delivery, hand_offs
from channels.models import FollowUp
from journeys.demo import desk, shop
from journeys.demo.live import logins
from members.models import User
from tests import cast
from tests.cast import NOW
from tests.channels import outbox
from tests.channels.deliveries import granted
from tests.channels.test_desk import call, team
from tests.members.signing_in import password

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> dict[str, User]:
    """The stores and the people of the demo, and a team for the rep."""
    shop.open_stores()
    shop.set_up()
    team()
    shop.join_teams()
    return {user.username: user for user in User.objects.all()}


def test_there_is_one_for_each_role_and_every_door_opens(people: dict[str, User]) -> None:
    lines = logins()[1:]
    assert [line.split()[-2] for line in lines] == ["marketer", "rep", "clerk", "manager", "administrator"]
    for line in lines:
        name, address = line.split()[-2:]
        path = "/" + address.split("//")[1].partition("/")[2]
        client = Client()
        assert password(client, name, shop.PASSWORD).headers["Location"] == "/"
        assert client.get(path).status_code == 200, name
        assert client.get("/", follow=True).request["PATH_INFO"] == path


def test_rep_and_clerk_belong_somewhere_and_never_open_the_admin(people: dict[str, User]) -> None:
    assert people["clerk"].store is not None
    assert people["manager"].store == people["clerk"].store
    assert people["rep"].teams.exists()
    for name in ("rep", "clerk"):
        client = Client()
        client.force_login(people[name])
        assert client.get("/admin/", follow=True).status_code == 403


def test_the_clerks_store_expects_whom_the_rep_has_handed_over(people: dict[str, User]) -> None:
    ada, sender = cast.ada(), outbox.sender("desk")
    call(ada, people["rep"].teams.get(), offer_id=granted(ada).offer_id)
    delivery.deliver(sender, NOW)
    assert desk.hand_over(NOW) == 1
    assert people["clerk"].store is not None
    [expected] = hand_offs.of_store(people["clerk"].store.pk)
    assert (expected.member, expected.made_by) == (ada, people["rep"])
    assert FollowUp.objects.get().result == "handed_over"
    assert desk.hand_over(NOW) == 0, "somebody is expected already"
