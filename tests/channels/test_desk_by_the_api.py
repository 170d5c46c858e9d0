"""Follow-ups, hand-offs and messages by the API: one's own teams and store alone, each contact once."""

from datetime import timedelta
from uuid import uuid4

import pytest

from channels.models import FollowUp, HandOff, Message, Team
from channels.vocabulary import HandOffState
from members import clock
from members.models import AuditEntry, Touchpoint
from tests import cast
from tests.callers import caller, owner, refused
from tests.channels import outbox
from tests.channels.counter.till import given

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    """The time by the clock that the API reads."""
    return clock.now()


def team(key="recovery"):
    return Team.objects.get_or_create(key=key, defaults={"name": key.title()})[0]


def follow_up(who, now, of=None, **fields):
    """An open follow-up of a team about an offer of the member's."""
    script = outbox.content(f"script-{FollowUp.objects.count()}", channels=("desk",))
    carrier = outbox.sender("desk")
    message = Message.objects.create(
        member=who, channel="desk", purpose="service", language="en", content=script, sender=carrier,
        grant=fields.pop("grant", None), origin_kind="rep", origin_id=FollowUp.objects.count() + 1, step_key="call",
        visit=1, planned_day=now.date(), state="sent", queued_at=now, planned_at=now, due_at=now,
        expires_at=now + cast.DAY,
    )  # fmt: skip
    known = {"due_at": now, "created_at": now, "given_on": now.date()}
    return FollowUp.objects.create(message=message, member=who, team=of or team(), **{**known, **fields})


def rep(of=None):
    """A rep's program."""
    person = owner("Sales rep", first_name="Rosa")
    (of or team()).users.add(person)
    return caller(by=person)


def contact(by, one, key="tap-1", **said):
    path = f"follow-ups/{one.public_id}/contacts/"
    return by.post(path, {"result": "reached", **said}, Idempotency_Key=key)


def test_reps_see_the_follow_ups_of_their_teams_by_when_they_are_due(now):
    later = follow_up(cast.ada(), now, due_at=now + cast.HOUR)
    sooner = follow_up(cast.ben(), now, due_at=now - cast.HOUR)
    theirs = follow_up(cast.chidi(), now, of=team("others"))
    by = rep()
    first = by.get("follow-ups/", {"limit": "1"}).data
    second = by.get("follow-ups/", {"limit": "1", "cursor": first["next"]}).data
    seen = [one["public_id"] for one in [*first["items"], *second["items"]]]
    assert seen == [str(sooner.public_id), str(later.public_id)]
    assert second["next"] is None
    assert by.get("follow-ups/", {"asked": "mine"}).data["items"] == []
    assert by.get("follow-ups/", {"state": "done"}).data["items"] == []
    refused(by.get("follow-ups/", {"state": "done", "asked": "mine"}), 422, "invalid")
    for path in (f"follow-ups/{theirs.public_id}/", f"follow-ups/{uuid4()}/"):
        refused(by.get(path), 404, "not-found")
    refused(contact(by, theirs), 404, "not-found")


def test_one_is_shown_with_its_script(now):
    ada = cast.ada()
    one = follow_up(ada, now)
    shown = rep().get(f"follow-ups/{one.public_id}/").data
    assert (shown["script"], shown["external_id"], shown["team"], shown["state"]) == (
        "Hello",
        "M-ADA",
        "recovery",
        "open",
    )


def test_a_contact_is_noted_once_and_told_to_the_history(now):
    ada = cast.ada()
    one, by = follow_up(ada, now), rep()
    first, again = (contact(by, one, note="will come", intent="hot") for _ in range(2))
    assert (first.status_code, first.data) == (200, again.data)
    assert (first.data["state"], first.data["result"], first.data["contacts"]) == ("done", "reached", 1)
    assert Touchpoint.objects.filter(member=ada, kind="call").count() == 1
    assert "noted a result" in refused(contact(by, one, "tap-2"), 409, "conflict")["detail"]


def test_a_next_contact_keeps_it_open_and_whoever_missed_it_is_told(now):
    one, by, other = follow_up(cast.ada(), now), rep(), rep()
    at = (now + cast.DAY).isoformat()
    assert contact(by, one, result="call_again", next_at=at).data["state"] == "open"
    refused(contact(other, one, "tap-2"), 409, "conflict")
    assert contact(by, one, "tap-3", contacts=1).data["contacts"] == 2


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"result": "call_again"}, "next_at"),
        ({"next_at": "2020-01-01T00:00:00Z"}, "next_at"),
        ({"next_at": "2026-12-24T10:00:00"}, "next_at"),
        ({"result": "handed_over"}, "result"),
        ({"result": "bought a boat"}, "result"),
        ({"note": "a\0b"}, "note"),
        ({"note": "n" * 2001}, "note"),
        ({"contacts": -1}, "contacts"),
        ({"mood": "fine"}, "mood"),
    ],
)
def test_a_contact_that_cannot_be_is_refused_at_its_field(now, said, field):
    one = follow_up(cast.ada(), now)
    problem = refused(contact(rep(), one, **said), 422, "invalid")
    assert [error["field"] for error in problem["errors"]] == [field]
    one.refresh_from_db()
    assert (one.state, one.contacts) == ("open", 0)


def test_a_member_is_handed_over_to_a_store_which_says_that_they_came(now):
    ada = cast.ada()
    one, by = follow_up(ada, now, grant=given(ada)), rep()
    told = {"store": "berlin", "due_at": (now + cast.HOUR).isoformat(), "note": "size 38"}
    path = f"follow-ups/{one.public_id}/hand-off/"
    first, again = (by.post(path, told, Idempotency_Key="hand-1") for _ in range(2))
    assert (first.status_code, first.data) == (200, again.data)
    assert (first.data["store"], first.data["state"], first.data["note"]) == ("berlin", "agreed", "size 38")
    assert HandOff.objects.count() == 1

    store, elsewhere = (caller(by=owner("Store clerk", store=at)) for at in (cast.berlin(), cast.lisbon()))
    mine = f"hand-offs/{first.data['public_id']}/"
    assert [item["public_id"] for item in store.get("hand-offs/").data["items"]] == [first.data["public_id"]]
    assert elsewhere.get("hand-offs/").data["items"] == []
    refused(elsewhere.get(mine), 404, "not-found")
    refused(elsewhere.post(f"{mine}end/", {"state": "done"}, Idempotency_Key="e"), 404, "not-found")
    assert (
        "expected at"
        in refused(store.post(f"{mine}end/", {"state": "no_show"}, Idempotency_Key="e"), 409, "conflict")["detail"]
    )
    done = store.post(f"{mine}end/", {"state": "done", "answer": "bought"}, Idempotency_Key="e")
    assert (done.status_code, done.data["state"], done.data["answer"]) == (200, "done", "bought")
    assert by.get(mine).data == done.data
    refused(store.post(f"{mine}end/", {"state": "called_off"}, Idempotency_Key="other"), 409, "conflict")
    noted = AuditEntry.objects.filter(deed="handed_off").order_by("pk")
    assert [(entry.actor, entry.detail, entry.token_name, entry.through) for entry in noted] == [
        (by.token.user, "agreed", by.token.name, "api"),
        (store.token.user, "done", store.token.name, "api"),
    ]


def test_only_the_store_says_who_came_and_the_rep_may_call_it_off(now):
    ada = cast.ada()
    one = follow_up(ada, now)
    person = owner("Manager")
    team().users.add(person)
    by = caller(by=person)
    told = {"store": "berlin", "due_at": (now + cast.HOUR).isoformat()}
    administrator = caller()
    handed = administrator.post(f"follow-ups/{one.public_id}/hand-off/", told, Idempotency_Key="h").data
    HandOff.objects.update(team=team())
    refused(by.post(f"hand-offs/{handed['public_id']}/end/", {"state": "done"}, Idempotency_Key="e"), 404, "not-found")
    ended = by.post(f"hand-offs/{handed['public_id']}/end/", {"state": "called_off"}, Idempotency_Key="e")
    assert ended.data["state"] == HandOffState.CALLED_OFF


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"store": "nowhere"}, 422), ({"due_at": "2020-01-01T00:00:00Z"}, 409), ({"due_at": "tomorrow"}, 422)],
)
def test_a_hand_off_that_cannot_be_agreed_leaves_the_follow_up_open(now, changed, status):
    cast.berlin()
    one = follow_up(cast.ada(), now)
    told = {"store": "berlin", "due_at": (now + cast.HOUR).isoformat(), **changed}
    assert rep().post(f"follow-ups/{one.public_id}/hand-off/", told, Idempotency_Key="h").status_code == status
    one.refresh_from_db()
    assert (one.state, HandOff.objects.count()) == ("open", 0)


def message(who, now, number, **fields):
    """A message to a member."""
    known = {"channel": "sms", "purpose": "promotional", "language": "en", "state": "sent", "origin_kind": "rep"}
    at = now - timedelta(minutes=number)
    return Message.objects.create(
        member=who, content=outbox.content(f"words-{number}"), sender=outbox.sender("sms"), origin_id=number,
        step_key="mail", visit=1, planned_day=now.date(), queued_at=at, planned_at=at, due_at=at,
        expires_at=now + cast.DAY, **{**known, **fields},
    )  # fmt: skip


def test_the_messages_of_a_member_are_listed_with_their_reasons(now):
    ada, by = cast.ada(), caller()
    message(ada, now, 1, state="cancelled", reason="no_consent")
    message(ada, now, 2, journey_name="Welcome", channel="email")
    message(ada, now, 3, origin_kind="test")
    message(cast.ben(), now, 4)
    query = {"member": str(ada.public_id)}
    first = by.get("messages/", {**query, "limit": "1"}).data
    second = by.get("messages/", {**query, "limit": "1", "cursor": first["next"]}).data
    assert (first["items"][0]["reason"], second["next"]) == ("no_consent", None)
    assert first["items"][0]["sentence"] == "The member has not agreed to it on any channel at hand."
    assert [one["journey"] for one in by.get("messages/", {**query, "state": "sent"}).data["items"]] == ["Welcome"]
    assert by.get("messages/", {**query, "journey": "Welcome"}).data["items"] == second["items"]
    assert by.get("messages/", {**query, "channel": "chat"}).data["items"] == []
    refused(by.get("messages/"), 422, "invalid")
    refused(by.get("messages/", {"member": str(uuid4())}), 404, "not-found")
    refused(by.get("messages/", {**query, "state": "lost"}), 422, "invalid")


def test_a_message_is_shown_as_the_member_saw_it(now):
    from channels.models import Rendering

    by, one = caller(), message(cast.ada(), now, 1)
    assert by.get(f"messages/{one.public_id}/").data["seen"] is None
    Rendering.objects.create(message=one, subject="Hello", text="Hello Ada", html="<p>Hello Ada</p>")
    shown = by.get(f"messages/{one.public_id}/").data["seen"]
    assert shown == {"subject": "Hello", "text": "Hello Ada", "html": "<p>Hello Ada</p>"}
    refused(by.get(f"messages/{uuid4()}/"), 404, "not-found")
    refused(by.get(f"messages/{message(cast.ben(), now, 2, origin_kind='test').public_id}/"), 404, "not-found")
