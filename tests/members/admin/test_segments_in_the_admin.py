"""Segments in the admin: a bad rule is told at its field, a good one is counted, asked and explained."""

from __future__ import annotations

import json
from html import unescape
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client

from channels.models import PressurePolicy
from members import clock, news, segments
from members.admin.counting import live
from members.admin.rule_field import written
from members.models import Listener, Segment
from tests import cast
from tests.roles import signed_in

VIP = {"tag": {"name": "vip"}}


def form(rule: Any, **fields: str) -> dict[str, str]:
    """What the browser sends."""
    text = rule if isinstance(rule, str) else json.dumps(rule)
    return {"name": "Regulars", "key": "regulars", "description": "", "active": "on", "rule": text, **fields}


def saved(key: str = "regulars", rule: Any = VIP, **fields: Any) -> Segment:
    return segments.save(Segment(key=key, name=key.title(), rule=rule, **fields))


@pytest.fixture
def client(db: None) -> Client:
    """A marketer's browser."""
    return signed_in("Marketer")


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ('{"tag": ', "Line 1, column 9 is not JSON: Expecting value."),
        ({"all": [VIP, {"tags": {}}]}, "rule.all[1].tags is neither one of"),
        ({"all": []}, "rule.all must be a list of at least one branch or leaf."),
        ({"segment": {"key": "nobody"}}, "rule.segment.key"),
        ({"segment": {"key": "regulars"}}, "rule.segment.key"),
        ("[]", "rule must be an object"),
        ("1" * 5000, "The text holds a number too long to be read"),
        ("[" * 100_000, "The text is nested too deep to be read"),
        ('{"all": [{"tag": {"name": "a"}}], "all": [{"tag": {"name": "b"}}]}', "“all” stands twice in one object"),
        ('{"\\ud800": 1, "\\ud800": 2}', "“\\ud800” stands twice in one object"),
        ('{"\\ud800": 1}', "rule.\\ud800 is neither one of"),
        ('{"points": {"measure": "\\ud800"}}', "rule.points.measure must be one of"),
        ('{"tag": {"name": NaN}}', "rule.tag.name must be a text; it is nan."),
    ],
)
def test_a_bad_rule_is_told_at_its_field_and_nothing_is_stored(client: Client, rule: Any, sentence: str) -> None:
    answer = client.post("/admin/members/segment/add/", form(rule))
    assert answer.status_code == 200
    assert [error for error in answer.context["adminform"].form.errors["rule"] if error.startswith(sentence)]
    assert sentence in unescape(answer.content.decode())
    assert not Segment.objects.exists()
    assert not Listener.objects.exists()


def test_what_was_typed_stays_as_it_was(client: Client) -> None:
    typed = '{"tag":\n     {"nam": "vip"}}'
    page = client.post("/admin/members/segment/add/", form(typed)).content.decode()
    assert typed in unescape(page).replace("\r\n", "\n")


def test_a_good_rule_is_stored_listened_for_and_asked_at_once(client: Client) -> None:
    cast.ada(tags=["vip"])
    cast.ben()
    assert client.post("/admin/members/segment/add/", form(VIP)).status_code == 302
    segment = Segment.objects.get()
    assert (segment.rule, segment.size, segment.active) == (VIP, 1, True)
    assert Listener.objects.filter(listener=f"segment:{segment.pk}", topic="tag").exists()


def test_switched_off_it_keeps_its_members_and_listens_no_more(client: Client) -> None:
    cast.ada(tags=["vip"])
    segment = saved()
    segments.refresh(segment, clock.now())
    fields = form(VIP)
    del fields["active"]
    assert client.post(f"/admin/members/segment/{segment.pk}/change/", fields).status_code == 302
    segment.refresh_from_db()
    assert (segment.active, segment.size) == (False, 1)
    assert not Listener.objects.filter(listener=f"segment:{segment.pk}").exists()


def test_a_key_that_another_rule_speaks_of_stays(client: Client) -> None:
    segment = saved()
    saved("friends", {"segment": {"key": "regulars"}})
    answer = client.post(f"/admin/members/segment/{segment.pk}/change/", form(VIP, key="regular-ones"))
    assert answer.context["adminform"].form.errors["key"] == [
        "key must stay as it is: the rule of “friends” speaks of this segment."
    ]


def counted(client: Client, text: str) -> dict[str, Any]:
    answer = client.post("/admin/members/segment/count/", {"rule": text})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_counts_while_it_is_typed(client: Client) -> None:
    cast.crowd(3, tags=["vip"])
    cast.ada()
    found = counted(client, json.dumps(VIP))
    assert (found["good"], found["count"], found["sentence"]) == (True, 3, "3 members now.")
    assert found["words"] == "Members for whom the tag “vip” is set."


def test_says_what_is_wrong_while_it_is_typed(client: Client) -> None:
    found = counted(client, '{"tag": {"nam": "vip"}}')
    assert (found["good"], found["count"]) == (False, None)
    assert found["sentence"].startswith("rule.tag")
    assert not Segment.objects.exists()


def test_only_those_who_may_see_segments_may_count(db: None) -> None:
    assert signed_in("Sales rep").post("/admin/members/segment/count/", {"rule": "{}"}).status_code == 403
    assert signed_in("Marketer").get("/admin/members/segment/count/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_a_count_that_takes_too_long_is_given_up() -> None:
    """Another session holds the table, so that the count would wait for ever."""
    place = connection.settings_dict
    there = {"host": place["HOST"], "port": place["PORT"] or None, "user": place["USER"], "password": place["PASSWORD"]}
    with psycopg.connect(dbname=place["NAME"], **there) as other:
        other.execute("LOCK TABLE members_member IN ACCESS EXCLUSIVE MODE")
        found = live(json.dumps({"profile": {"field": "locale", "op": "eq", "value": "en"}}), cast.NOW, seconds=0.2)
    assert (found.good, found.count) == (True, None)
    assert found.sentence == "Counting takes longer than 0.2 seconds; save, and the refresh will tell the number."
    assert live(json.dumps(VIP), cast.NOW).count == 0, "the connection goes on"


def test_refreshing_asks_first_and_tells_what_came_of_it(client: Client) -> None:
    cast.ada(tags=["vip"])
    segment = saved()
    path = f"/admin/members/segment/{segment.pk}/refresh/"
    assert client.get(path).status_code == 200
    segment.refresh_from_db()
    assert segment.refreshed_at is None
    answer = client.post(path, follow=True)
    assert "1 members: 1 joined, 0 left." in answer.content.decode()
    segment.refresh_from_db()
    assert segment.size == 1


def test_explains_leaf_by_leaf(client: Client) -> None:
    cast.ada(tags=["vip"])
    segment = saved(rule={"all": [VIP, {"none": [{"tag": {"name": "staff"}}]}]})
    page = unescape(client.get(f"/admin/members/segment/{segment.pk}/why/?member=M-ADA").content.decode())
    for seen in ("the rule holds now", "not in the segment as last refreshed", "rule.all[1].none[0].tag", "Not tagged"):
        assert seen in page, seen
    page = unescape(client.get(f"/admin/members/segment/{segment.pk}/why/?member=M-EVE").content.decode())
    assert "There is no member with the code “M-EVE”." in page


def test_is_not_switched_off_while_a_policy_or_a_journey_needs_it(client: Client) -> None:
    """Left as it is, it would say nothing about anybody any more, and nobody would see."""
    segment = saved()
    path = f"/admin/members/segment/{segment.pk}/change/"
    off = {"name": "Regulars", "key": "regulars", "description": "", "rule": json.dumps(VIP)}
    policy = PressurePolicy.objects.create(messages=1, days=7, segment=segment)
    page = unescape(client.post(path, off).content.decode())
    assert "at most 1 promotional in 7 days by all channels together" in page
    assert "holds for “Regulars”; switch it off first." in page
    policy.active = False
    policy.save()
    news.listen("journey:7", [f"segment.joined:{segment.pk}"])
    assert "A journey listens to who joins or leaves “Regulars”" in unescape(client.post(path, off).content.decode())
    news.unlisten("journey:7")
    assert client.post(path, off).status_code == 302
    segment.refresh_from_db()
    assert not segment.active


def test_goes_only_when_nothing_needs_it(client: Client) -> None:
    segment, friends = saved(), saved("friends", {"segment": {"key": "regulars"}})
    path = f"/admin/members/segment/{segment.pk}/delete/"
    page = client.post(path, {"post": "yes"})
    assert "the rule of “friends” speaks of this segment" in unescape(page.content.decode())
    assert client.post(f"/admin/members/segment/{friends.pk}/delete/", {"post": "yes"}).status_code == 302
    news.listen("journey:7", [f"segment.joined:{segment.pk}"])
    page = client.post(path, {"post": "yes"})
    assert "A journey listens to who joins or leaves “Regulars”; stop it first." in unescape(page.content.decode())
    news.unlisten("journey:7")
    assert client.post(path, {"post": "yes"}).status_code == 302
    assert not Segment.objects.exists()
    assert not Listener.objects.exists()


def test_a_rule_is_written_a_question_a_line() -> None:
    rule = {"all": [{"purchases": {"value": 3, "op": "gte", "measure": "count"}}, {"none": [VIP]}]}
    text = written(rule)
    assert text.splitlines() == [
        '{"all": [',
        '  {"purchases": {"measure": "count", "op": "gte", "value": 3}},',
        '  {"none": [',
        '    {"tag": {"name": "vip"}}',
        "  ]}",
        "]}",
    ]
    assert json.loads(text) == rule
