"""Segments by the API: listed, counted by any rule, and their members read page by page."""

from typing import Any

import pytest

from members import segments
from members.models import AuditEntry
from members.sql import rows
from tests import cast
from tests.callers import caller, refused
from tests.journeys.drawn import segment

pytestmark = pytest.mark.django_db
VIP = {"tag": {"name": "vip"}}


def test_they_are_listed_by_key_and_shown_with_their_rule():
    cast.ada(tags=("vip",))
    segment("vips", VIP)
    segment("all", {"none": [VIP]})
    by = caller()
    first = by.get("segments/", {"limit": "1"}).data
    second = by.get("segments/", {"limit": "1", "cursor": first["next"]}).data
    assert [one["key"] for one in [*first["items"], *second["items"]]] == ["all", "vips"]
    shown = by.get("segments/vips/").data
    assert (shown["rule"], shown["members"], shown["active"]) == (VIP, 1, True)
    refused(by.get("segments/nothing/"), 404, "not-found")


def test_a_rule_is_counted_live_and_so_is_a_stored_one():
    segment("vips", VIP)
    cast.ada(tags=("vip",))
    by = caller()
    counted = by.post("rules/count/", {"rule": VIP}).data
    assert (counted["members"], counted["words"][:16]) == (1, "Members for whom")
    assert by.get("segments/vips/count/").data["members"] == 1
    assert by.get("segments/vips/").data["members"] == 0


def test_a_count_that_takes_too_long_says_so(monkeypatch):
    monkeypatch.setattr(segments, "count", lambda *_: rows("SELECT pg_sleep(5)", {}))
    monkeypatch.setattr(segments.count_within, "__defaults__", (0.05,))
    assert caller().post("rules/count/", {"rule": VIP}).data["members"] is None


DEEP: Any = VIP
for _ in range(150):
    DEEP = {"all": [DEEP]}


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"tag": {"name": "vip"}, "more": 1},
        {"tag": {"name": "a\u0000b"}},
        {"tag": {"name": "\ud800"}},
        {"segment": {"key": "nothing"}},
        {"all": "vip"},
        {"purchases": {"measure": "count", "op": "gte", "value": 10**400}},
        {"attribute": {"name": "x", "op": "eq", "value": 1e308}},
        {"all": [{}] * 2000},
    ],
)
def test_a_rule_that_cannot_be_asked_is_refused_at_its_place(rule):
    answer = caller().post("rules/count/", {"rule": rule})
    if answer.status_code != 200:
        assert refused(answer, 422, "invalid")["errors"][0]["field"].startswith("rule")


def test_a_rule_that_is_nested_too_deep_is_refused():
    assert caller().post("rules/count/", {"rule": DEEP}).status_code in {200, 400, 422}


def test_members_of_a_segment_are_read_page_by_page_and_the_audit_log_says_who_did():
    for who in cast.crowd(5, tags=("vip",)):
        assert who.pk
    kept, by = segment("vips", VIP), caller()
    read, query = [], {"limit": "2"}
    while True:
        answer = by.get("segments/vips/members/", query).data
        read += [one["external_id"] for one in answer["items"]]
        if answer["next"] is None:
            break
        query = {"limit": "2", "cursor": answer["next"]}
    assert read == [f"M-000{number}" for number in range(1, 6)]
    noted = AuditEntry.objects.get(deed="exported")
    assert (noted.object_repr, noted.detail, noted.token_name) == (str(kept), "5 members", "tests")


def test_reading_members_needs_a_scope_of_its_own():
    segment("vips", VIP)
    refused(caller("segments:read").get("segments/vips/members/"), 403, "not-allowed")
    refused(caller(role="Store clerk").get("segments/"), 403, "not-allowed")
    assert caller("segments:export").get("segments/vips/members/").status_code == 200
