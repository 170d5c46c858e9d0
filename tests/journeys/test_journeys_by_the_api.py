"""Journeys by the API: listed with numbers, published as they were read, paused, resumed, stopped, and entered."""

import pytest

from journeys.models import Enrollment, Journey, Trace, Version
from members import clock
from members.models import AuditEntry
from tests import cast
from tests.callers import caller, refused
from tests.channels import outbox
from tests.content.at_once import at_once
from tests.journeys import shop
from tests.journeys.drawn import published, tick

pytestmark = pytest.mark.django_db
WAIT = {"key": "rest", "kind": "wait", "duration": {"days": 1}}


def live(**head):
    return published([WAIT], clock.now(), **head)


def enter(by, journey="first", who="M-ADA", **said):
    return by.post(f"journeys/{journey}/entries/", {"member": who, **said})


def test_they_are_listed_and_shown_with_their_numbers():
    live()
    live(key="second")
    cast.ada()
    by = caller()
    assert enter(by).status_code == 201
    first = by.get("journeys/", {"limit": "1"}).data
    second = by.get("journeys/", {"limit": "1", "cursor": first["next"]}).data
    assert [one["key"] for one in [*first["items"], *second["items"]]] == ["first", "second"]
    assert (first["items"][0]["numbers"]["entered"], second["items"][0]["numbers"]["entered"]) == (1, 0)
    shown = by.get("journeys/first/").data
    assert (shown["state"], shown["version"], shown["numbers"]["under_way"]) == ("live", 1, 1)
    assert [(step["key"], step["standing"]) for step in shown["steps"]] == [("rest", 1)]
    refused(by.get("journeys/nothing/"), 404, "not-found")


def test_a_draft_is_published_as_it_was_read_and_not_as_somebody_changed_it():
    shop.furnish()
    Journey.objects.create(key="first", name="First", kind="greeting", draft=shop.definition())
    by = caller()
    read = by.get("journeys/first/draft/")
    assert read.data["definition"] == shop.definition()
    assert by.get("journeys/first/draft/", If_None_Match=read["ETag"]).status_code == 304
    Journey.objects.update(draft=shop.definition(name="Other"))
    refused(by.post("journeys/first/publish/", If_Match=read["ETag"]), 412, "changed-meanwhile")
    assert not Version.objects.exists()
    again = by.get("journeys/first/draft/")["ETag"]
    done = by.post("journeys/first/publish/", If_Match=again)
    assert (done.status_code, done.data["state"], done.data["version"], done.data["name"]) == (200, "live", 1, "Other")
    assert by.post("journeys/first/publish/", If_Match="*").data["version"] == 2
    assert by.post("journeys/first/publish/").data["version"] == 3
    noted = AuditEntry.objects.filter(deed="published").order_by("pk").last()
    assert noted is not None
    assert (noted.actor, noted.token_name, noted.detail) == (by.token.user, "tests", "version 3")


def test_a_draft_that_is_wrong_is_refused_at_its_place():
    shop.furnish()
    wrong = shop.definition(shop.send(content="nothing"))
    Journey.objects.create(key="first", name="First", kind="greeting", draft=wrong)
    problem = refused(caller().post("journeys/first/publish/"), 422, "invalid")
    assert problem["errors"][0]["field"].startswith("definition.steps[0]")
    assert not Version.objects.exists()


def test_it_is_paused_resumed_and_stopped_as_its_state_allows():
    live()
    cast.ada()
    by = caller()
    enter(by)

    def said(deed):
        return by.post(f"journeys/first/{deed}/")

    refused(said("resume"), 409, "conflict")
    assert said("pause").data["state"] == "paused"
    refused(said("pause"), 409, "conflict")
    assert said("resume").data["state"] == "live"
    assert said("stop").data["state"] == "stopped"
    assert said("stop").data["state"] == "stopped"
    assert Enrollment.objects.get().end_reason == "stopped"
    refused(by.post("journeys/nothing/stop/"), 404, "not-found")
    assert set(AuditEntry.objects.values_list("deed", flat=True)) >= {"paused", "resumed", "stopped"}


def test_a_member_enters_once_and_the_same_entry_says_where_they_stand():
    live()
    cast.ada()
    by = caller()
    first, again = enter(by, entry_key="order-1"), enter(by, entry_key="order-1")
    assert (first.status_code, first.data["admitted"], first.data["reason"]) == (201, True, "")
    assert (again.status_code, again.data["admitted"], again.data["reason"]) == (200, False, "under_way")
    assert again.data["enrollment"] == first.data["enrollment"]
    assert (first.data["enrollment"]["step"], first.data["enrollment"]["state"]) == ("rest", "live")
    assert enter(by, entry_key="order-2").status_code == 201
    assert (Enrollment.objects.count(), Trace.objects.filter(outcome="not_entered").count()) == (2, 0)


def test_whoever_is_held_out_is_admitted_and_gets_nothing():
    live(holdout=0.9)
    for number in range(12):
        cast.member(f"M-{number}")
    states = {enter(caller(), who=f"M-{number}").data["enrollment"]["state"] for number in range(12)}
    assert "held_out" in states


@pytest.mark.parametrize("why", ["paused", "entry_rule", "exit_rule", "not_again"])
def test_whoever_is_not_admitted_is_told_why(why):
    rule = {"tag": {"name": "vip"}}
    entry = {"fact": {"topic": "event", "name": "go", **({"rule": rule} if why == "entry_rule" else {})}}
    journey = live(entry=entry, **({"exit": {"none": [rule]}} if why == "exit_rule" else {}))
    cast.ada()
    by = caller()
    if why == "paused":
        by.post("journeys/first/pause/")
    if why == "not_again":
        enter(by)
        by.post("journeys/first/stop/")
        Journey.objects.filter(pk=journey.pk).update(state="live")
    answer = enter(by)
    assert (answer.status_code, answer.data["admitted"], answer.data["reason"]) == (200, False, why)
    assert answer.data["sentence"].endswith(".")
    assert (answer.data["enrollment"] is None) == (why != "not_again")


@pytest.mark.django_db(transaction=True)
def test_of_many_entries_at_once_one_is_admitted():
    live()
    cast.ada()
    by = [caller() for _ in range(4)]
    assert sorted(at_once(4, lambda place: enter(by[place]).status_code)) == [200, 200, 200, 201]
    assert Enrollment.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"member": "M-NOBODY"}, "member"),
        ({}, "member"),
        ({"member": "M-ADA", "entry_key": "k" * 129}, "entry_key"),
        ({"member": "M-ADA", "entry_key": "a\0b"}, "entry_key"),
        ({"member": "M-ADA", "why": "so"}, "why"),
    ],
)
def test_an_entry_that_cannot_be_read_is_refused_at_its_field(body, field):
    live()
    cast.ada()
    problem = refused(caller().post("journeys/first/entries/", body), 422, "invalid")
    assert [error["field"] for error in problem["errors"]] == [field]


def test_nobody_enters_what_was_never_published_or_is_stopped():
    Journey.objects.create(key="draft", name="Draft", kind="greeting")
    live()
    cast.ada()
    by = caller()
    refused(enter(by, "draft"), 409, "conflict")
    by.post("journeys/first/stop/")
    refused(enter(by), 409, "conflict")
    refused(enter(by, "nothing"), 404, "not-found")


def test_reading_publishing_and_entering_need_scopes_of_their_own():
    live()
    cast.ada()
    for scope, call in {
        "journeys:read": lambda by: by.get("journeys/first/"),
        "journeys:publish": lambda by: by.post("journeys/first/pause/"),
        "journeys:enter": enter,
        "messages:read": lambda by: by.get("journeys/first/messages/"),
    }.items():
        assert call(caller(scope)).status_code in {200, 201}
        assert scope in refused(call(caller("facts:write")), 403, "not-allowed")["detail"]
        assert call(caller(role="Store clerk")).status_code == 403


def test_the_plan_comes_first_and_publishing_takes_its_mapping():
    live()
    cast.ada()
    by = caller()
    enter(by)
    Journey.objects.update(draft={**Journey.objects.get().draft, "steps": [{**WAIT, "key": "other"}]})
    plan = by.post("journeys/first/plan/", {"mapping": {"rest": "other"}}).data
    (step,) = plan["steps"]
    assert (plan["stay"], plan["move"], plan["end"]) == (0, 1, 0)
    assert (step["key"], step["members"], step["versions"]) == ("rest", 1, {"1": 1})
    assert (step["kept"], step["to"]) == (False, "other")
    assert (plan["forecast"]["under_way"], plan["forecast"]["messages"], plan["daily_maximum"]) == (1, 0, None)
    for path in ("plan", "publish"):
        for mapping, says in (({"*": ":same"}, "1 member stands at `rest`"), ({"rest": 1}, "mapped to a text")):
            problem = refused(by.post(f"journeys/first/{path}/", {"mapping": mapping}), 422, "invalid")
            assert [error["field"] for error in problem["errors"]] == ["mapping"]
            assert says in str(problem["errors"])
    done = by.post("journeys/first/publish/", {"mapping": {"rest": "other"}, "daily_maximum": 7})
    assert done.data["daily_maximum"] == 7
    assert enter(by).data["enrollment"]["step"] == "other"
    back = by.post("journeys/first/publish/", {"version": 1, "mapping": {"other": ":end"}})
    assert (back.data["version"], Enrollment.objects.get().end_reason) == (3, "new_version")
    assert by.post("journeys/first/publish/", b"").status_code == 200
    refused(by.post("journeys/first/publish/", {"version": 9}), 409, "conflict")


def test_what_a_circuit_breaker_holds_is_shown_and_released():
    outbox.sender("email")
    outbox.content("hello")
    mail = {"key": "mail", "kind": "send", "content": "hello", "channels": ["email"]}
    published([mail], clock.now(), daily_maximum=1)
    by = caller()
    for who in cast.crowd(2):
        enter(by, who=who.external_id)
    for _ in range(2):
        tick(clock.now())
    held = by.get("journeys/first/").data["held"]
    assert (held["kind"], held["sentence"][:14]) == ("maximum", "It would send ")
    assert by.post("journeys/first/release/", {"most_today": 5}).data["held"] is None
    refused(by.post("journeys/first/release/"), 409, "conflict")
