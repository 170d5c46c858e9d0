"""What keeps messages decent, in the admin: holds, quiet hours, the contact pressure policy and teams."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from channels import holds
from channels.models import Hold, PressurePolicy, QuietHours, Team
from members import clock
from members.models import Segment
from tests import cast
from tests.cast import NOW
from tests.channels import departed, outbox
from tests.roles import signed_in

pytestmark = pytest.mark.django_db
HOLDS = "/admin/channels/hold/"
POLICY = "/admin/channels/pressurepolicy/"


def test_holds_are_placed_with_who_and_why() -> None:
    mail, client = outbox.sender("email"), signed_in("Marketer")
    for given in (
        {"scope": "all", "channel": "sms", "sender": ""},
        {"scope": "channel", "channel": "sms", "sender": ""},
        {"scope": "sender", "channel": "sms", "sender": mail.pk},
    ):
        assert client.post(HOLDS + "add/", {**given, "reason": "Moving."}).status_code == 302
    placed = {(one.scope, one.scope_id, one.reason, one.who and one.who.username) for one in Hold.objects.all()}
    who = "marketer-at-work"
    assert placed == {
        ("all", "", "Moving.", who),
        ("channel", "sms", "Moving.", who),
        ("sender", str(mail.pk), "Moving.", who),
    }
    assert "Moving." in client.get(HOLDS).content.decode()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"scope": "channel", "channel": "email"}, "held since 2026-03-10 11:00 UTC already: The first."),
        ({"scope": "sender", "channel": "email"}, "Choose the sender to hold."),
        ({"scope": "journey", "channel": "email"}, "not one of the available choices"),
        ({"scope": "all", "channel": "email", "reason": ""}, "This field is required."),
    ],
)
def test_what_cannot_be_held_is_a_sentence(given: dict[str, str], sentence: str) -> None:
    holds.place(Hold.Scope.CHANNEL, "email", "The first.", NOW)
    answer = signed_in("Marketer").post(HOLDS + "add/", {"sender": "", "reason": "Again.", **given})
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert Hold.objects.get().reason == "The first."


def test_a_hold_is_lifted_after_a_question() -> None:
    held = holds.place(Hold.Scope.CHANNEL, "email", "Moving.", NOW)
    client = signed_in("Marketer")
    assert "A channel: E-mail" in client.get(f"{HOLDS}{held.pk}/delete/").content.decode()
    assert Hold.objects.exists()
    assert client.post(f"{HOLDS}{held.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Hold.objects.exists()


def test_the_hold_of_a_journey_is_lifted_by_resuming_alone() -> None:
    departed.message(cast.ada(), outbox.sender("email"))  # of journey 7, Win back
    held = holds.place(Hold.Scope.JOURNEY, "7", "The journey is paused.", NOW)
    client = signed_in("Administrator")
    shown = client.get(f"{HOLDS}{held.pk}/change/").content.decode()
    assert "A journey: Win back" in shown
    assert "ends when the journey is resumed" in shown
    assert client.post(f"{HOLDS}{held.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Hold.objects.exists()


def test_a_changed_policy_says_since_when_it_holds(at_noon: datetime) -> None:
    policy, client = outbox.at_most(3, 7), signed_in("Administrator")
    page, given = (
        f"{POLICY}{policy.pk}/change/",
        {"messages": "3", "days": "7", "purpose": "promotional", "active": "on"},
    )
    assert client.post(page, given).status_code == 302
    assert PressurePolicy.objects.get().since is None, "nothing was changed"
    client.post(page, {**given, "messages": "2"})
    policy = PressurePolicy.objects.get()
    assert (policy.messages, policy.since) == (2, at_noon)


def test_policies_say_in_the_list_what_is_left_open(at_noon: datetime) -> None:
    gold = Segment.objects.create(key="gold", name="Gold", rule={"tag": {"name": "gold"}})
    Segment.objects.create(key="old", name="Outdated", rule={"tag": {"name": "old"}}, active=False)
    client = signed_in("Administrator")
    assert "Without a policy nothing is capped." in client.get(POLICY).content.decode()
    form = client.get(POLICY + "add/").content.decode()
    assert all(words in form for words in ("Any purpose", "All channels together", "Everybody", "Gold"))
    assert "Outdated" not in form
    for given in ({"purpose": "promotional", "channel": "sms", "segment": gold.pk}, {"purpose": "", "channel": ""}):
        sent = {"messages": "2", "days": "7", "active": "on", **given}
        assert client.post(POLICY + "add/", sent).status_code == 302
    assert set(PressurePolicy.objects.values_list("since", flat=True)) == {at_noon}
    listed = signed_in("Marketer").get(POLICY).content.decode()
    assert all(words in listed for words in ("2 in 7 days", "SMS", "Gold", "Any purpose", "Everybody"))
    refused = client.post(POLICY + "add/", {"messages": "2", "days": "0", "active": "on"}).content.decode()
    assert "greater than or equal to 1" in refused


@pytest.fixture
def at_noon(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The clock of views stands at NOW."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return NOW


def test_quiet_hours_keep_their_channel() -> None:
    client = signed_in("Administrator")
    given = {"channel": "sms", "opens": "09:00", "closes": "20:00"}
    assert client.post("/admin/channels/quiethours/add/", given).status_code == 302
    made = QuietHours.objects.get()
    again = client.post("/admin/channels/quiethours/add/", given)
    assert "already exists" in again.content.decode()
    client.post(f"/admin/channels/quiethours/{made.pk}/change/", {**given, "channel": "email", "closes": "21:00"})
    made.refresh_from_db()
    assert (made.channel, made.opens, made.closes) == ("sms", time(9), time(21))


def test_a_country_has_quiet_hours_beside_those_everywhere_else() -> None:
    client = signed_in("Administrator")
    page, given = "/admin/channels/quiethours/", {"channel": "sms", "opens": "09:00", "closes": "20:00"}
    for country in ("", "FR"):
        assert client.post(page + "add/", {**given, "country": country}).status_code == 302
    assert "already exists" in client.post(page + "add/", {**given, "country": "FR"}).content.decode()
    assert "not one of the available choices" in client.post(page + "add/", {**given, "country": "ZZ"}).content.decode()
    listed = client.get(page).content.decode()
    assert "Everywhere else" in listed
    assert "France" in listed
    french = QuietHours.objects.get(country="FR")
    assert "France" in client.get(f"{page}{french.pk}/change/").content.decode()
    client.post(f"{page}{french.pk}/change/", {**given, "country": "DE", "closes": "21:00"})
    french.refresh_from_db()
    assert (french.country, french.closes) == ("FR", time(21))


def test_a_manager_sets_a_teams_day_and_its_people() -> None:
    team, rosa = Team.objects.create(key="recovery", name="Recovery", daily_capacity=5), cast.rep()
    given = {
        "key": "recovery",
        "name": "Recovery",
        "store": cast.berlin().pk,
        "daily_capacity": "9",
        "users": [rosa.pk],
    }
    assert signed_in("Manager").post(f"/admin/channels/team/{team.pk}/change/", given).status_code == 302
    team.refresh_from_db()
    assert (team.daily_capacity, team.store, list(team.users.all())) == (9, cast.berlin(), [rosa])
