"""Follow-ups in the admin: the open ones first, with the script, and a result that ends them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from channels import delivery
from channels.models import FollowUp, Sender, Team
from members.models import Event, Member, User
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.channels import outbox
from tests.channels.deliveries import granted
from tests.channels.test_desk import call, team
from tests.roles import signed_in

pytestmark = pytest.mark.django_db
LIST = "/admin/channels/followup/"


def given(who: Member, **fields: Any) -> FollowUp:
    """A follow-up that lies with the team in Berlin."""
    desk = Sender.objects.filter(channel="desk").first() or outbox.sender("desk")
    call(who, Team.objects.filter(key="recovery").first() or team(store=cast.berlin()), **fields)
    delivery.deliver(desk, NOW)
    return FollowUp.objects.get(member=who)


def page(one: FollowUp) -> str:
    return f"{LIST}{one.pk}/change/"


def listed(client: Client, query: str = "") -> list[int]:
    return [one.pk for one in client.get(LIST + query).context["cl"].result_list]


def test_open_ones_come_by_their_due_time_and_the_rest_on_demand() -> None:
    later = given(cast.ada(), expires_at=NOW + 2 * DAY)
    sooner = given(cast.dora(), expires_at=NOW + DAY)
    done = given(cast.ben(), expires_at=NOW + HOUR)
    FollowUp.objects.filter(pk=done.pk).update(state="done", result="reached")
    client = signed_in("Sales rep")
    assert listed(client) == [sooner.pk, later.pk]
    assert listed(client, "?state=done") == [done.pk]
    assert listed(client, "?state=all") == [done.pk, sooner.pk, later.pk]
    assert listed(client, f"?team={later.team_id}&q=M-ADA") == [later.pk]


def test_reps_see_their_own_teams_first() -> None:
    mine = given(cast.ada())
    other = given(cast.dora())
    FollowUp.objects.filter(pk=other.pk).update(team=team(key="vip"))
    client = signed_in("Sales rep")
    assert listed(client) == [mine.pk, other.pk], "in no team"
    mine.team.users.add(User.objects.get(username="sales-rep-at-work"))
    assert listed(client) == [mine.pk]
    assert listed(client, f"?team={FollowUp.objects.get(pk=other.pk).team_id}") == [other.pk]
    assert listed(client, "?team=all") == [mine.pk, other.pk]
    assert listed(client, "?team=nonsense") == [mine.pk]


def test_the_page_has_the_script_the_offer_and_the_price() -> None:
    ada = cast.ada()
    grant = granted(ada)
    one = given(ada, offer_id=grant.offer_id)
    shown = signed_in("Sales rep").get(page(one)).content.decode()
    for words in ("Hello", "Tea at ten", "10.00 EUR", "+4915550100001", f"/admin/members/member/{ada.pk}/change/"):
        assert words in shown


def test_a_result_ends_it() -> None:
    one = given(cast.ada())
    client = signed_in("Sales rep")
    assert client.post(page(one), {"result": "agreed", "note": "On Friday."}).status_code == 302
    one.refresh_from_db()
    assert (one.state, one.result, one.note) == ("done", "agreed", "On Friday.")
    assert one.assignee is not None
    assert one.assignee.username == "sales-rep-at-work"
    assert Event.objects.get().name == "follow_up.agreed"
    shown = client.get(page(one)).content.decode()
    assert 'name="result"' not in shown
    assert "On Friday." in shown


def test_a_result_is_asked_for() -> None:
    one = given(cast.ada())
    answer = signed_in("Sales rep").post(page(one), {"result": "", "note": "x"})
    assert answer.status_code == 200
    assert "This field is required." in answer.content.decode()
    assert FollowUp.objects.get().state == "open"


def test_who_comes_second_is_told_so() -> None:
    one = given(cast.ada())
    client = signed_in("Sales rep")
    client.post(page(one), {"result": "reached", "note": ""})
    answer = client.post(page(one), {"result": "agreed", "note": ""})
    assert answer.status_code == 409
    assert "sales-rep-at-work noted a result" in answer.content.decode()
    assert Event.objects.count() == 1


@pytest.mark.parametrize(("role", "status"), [("Marketer", 403), ("Manager", 302), ("Store clerk", 403)])
def test_results_are_noted_by_those_who_may(role: str, status: int) -> None:
    one = given(cast.ada())
    assert signed_in(role).post(page(one), {"result": "reached", "note": ""}).status_code == status


def test_the_members_page_shows_them() -> None:
    one = given(cast.ada())
    shown = signed_in("Sales rep").get(f"/admin/members/member/{one.member_id}/change/").content.decode()
    assert page(one) in shown.partition('id="follow-ups"')[2].partition("</section>")[0]
