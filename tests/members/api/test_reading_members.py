"""Members by the API: found by any identity, shown with all that is known, their contacts page by page."""

from datetime import timedelta
from uuid import uuid4

import pytest

from members import touchpoints
from members.models import AuditEntry, Identity, Member, Standing, Touchpoint
from tests import cast
from tests.callers import caller, refused

pytestmark = pytest.mark.django_db
NOW = cast.NOW


def contact(who, minutes=0, **fields):
    known = {"channel": "sms", "direction": "out", "kind": "message", "text": "Hello"}
    at = NOW - timedelta(minutes=minutes)
    touchpoints.record([Touchpoint(member=who, happened_at=at, **{**known, **fields})], NOW)


def codes(answer):
    assert answer.status_code == 200, answer.data
    return [item["external_id"] for item in answer.data["items"]]


@pytest.mark.parametrize(
    "query",
    [
        {"external_id": "M-ADA"},
        {"email": " ADA@Example.com "},
        {"phone": "+49 (155) 50100001"},
        {"phone": "0155 50100001", "region": "DE"},
        {"chat": "1001"},
    ],
)
def test_a_member_is_found_by_any_identity(query):
    cast.ada()
    cast.ben()
    assert codes(caller().get("members/", query)) == ["M-ADA"]


def test_all_who_share_a_number_are_found_page_by_page():
    for number in range(5):
        cast.member(f"M-{number}", sms="+4915550100001")
    by, query = caller(), {"phone": "+4915550100001", "limit": "2"}
    first = by.get("members/", query)
    second = by.get("members/", {**query, "cursor": first.data["next"]})
    third = by.get("members/", {**query, "cursor": second.data["next"]})
    assert codes(first) + codes(second) + codes(third) == [f"M-{number}" for number in range(5)]
    assert third.data["next"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "external_id"),
        ({"external_id": "M-ADA", "email": "ada@example.com"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"phone": "0155 50100001"}, "phone"),
        ({"email": "no address"}, "email"),
        ({"external_id": "a\0b"}, "external_id"),
        ({"external_id": ""}, "external_id"),
        ({"name": "Ada"}, "name"),
        ({"external_id": "M-ADA", "limit": "0"}, "limit"),
        ({"external_id": "M-ADA", "limit": "201"}, "limit"),
        ({"external_id": "M-ADA", "limit": "9" * 30}, "limit"),
        ({"external_id": "M-ADA", "limit": "٣"}, "limit"),
        ({"external_id": ["M-ADA", "M-BEN"]}, "external_id"),
    ],
)
def test_a_query_that_cannot_be_read_is_refused_at_its_field(query, field):
    problem = refused(caller().get("members/", query), 422, "invalid")
    assert field in [error["field"] for error in problem["errors"]]


def test_a_member_is_shown_whole():
    ada = cast.ada(tags=("vip",), attributes={"shoe": 38})
    Standing.objects.create(member=ada, as_of=NOW, tier="gold", spend="1234.50", points=70)
    shown = caller().get(f"members/{ada.public_id}/").data
    assert (shown["public_id"], shown["external_id"], shown["first_name"]) == (str(ada.public_id), "M-ADA", "Ada")
    assert (shown["birthday"], shown["zone"], shown["home_store"]) == ("1990-03-14", "Europe/Berlin", "berlin")
    assert {"channel": "sms", "address": "+4915550100001", "verified": True} in shown["addresses"]
    assert (shown["tags"], shown["attributes"]) == (["vip"], {"shoe": 38})
    assert {name: shown["standing"][name] for name in ("tier", "spend", "currency", "points")} == {
        "tier": "gold",
        "spend": "1234.50",
        "currency": "EUR",
        "points": 70,
    }
    assert caller().get(f"members/{cast.dora().public_id}/").data["standing"] is None


def test_whoever_has_it_already_is_sent_nothing_until_it_changes():
    ada, by = cast.ada(), caller()
    tag = by.get(f"members/{ada.public_id}/")["ETag"]
    again = by.get(f"members/{ada.public_id}/", If_None_Match=tag)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    Member.objects.update(first_name="Adele")
    changed = by.get(f"members/{ada.public_id}/", If_None_Match=tag)
    assert (changed.status_code, changed.data["first_name"]) == (200, "Adele")


def test_a_page_that_is_followed_by_others_has_its_etag_too():
    by, query = caller(), {"phone": "+4915550100001", "limit": "2"}
    for number in range(3):
        cast.member(f"M-{number}", sms="+4915550100001")
    first = by.get("members/", query)
    assert first.data["next"]
    assert by.get("members/", query, If_None_Match=first["ETag"]).status_code == 304


def test_a_plus_that_was_not_escaped_in_an_address_finds_all_the_same():
    ada = cast.ada()
    Identity.objects.filter(member=ada, channel="email").update(address="ada+shop@example.com")
    for query in ("phone=+4915550100001", "phone=+49%20155%2050100001", "email=ada+shop@example.com"):
        assert codes(caller().call("GET", f"members/?{query}")) == ["M-ADA"], query


@pytest.mark.parametrize("header", [{"If_Match": '"x"'}, {"If_Unmodified_Since": "Sat, 01 Jan 2000 00:00:00 GMT"}])
def test_whoever_asks_for_a_state_that_it_has_no_more_is_told_so_by_a_problem(header):
    ada = cast.ada()
    refused(caller().get(f"members/{ada.public_id}/", **header), 412, "changed-meanwhile")


@pytest.mark.parametrize("path", ["members/{}/", "members/{}/timeline/", "members/{}/consents/"])
def test_a_guessed_member_is_not_there(path):
    cast.ada()
    refused(caller().get(path.format(uuid4())), 404, "not-found")
    refused(caller().get(path.format(Member.objects.get().pk)), 404, "not-found")


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        ("members:read", "members/{}/"),
        ("timeline:read", "members/{}/timeline/"),
        ("consents:read", "members/{}/consents/"),
    ],
)
def test_each_part_needs_its_own_scope(scope, path):
    address = path.format(cast.ada().public_id)
    assert caller(scope).get(address).status_code == 200
    assert scope in refused(caller("facts:write").get(address), 403, "not-allowed")["detail"]


def test_a_clerk_sees_members_but_not_what_they_allow():
    ada, clerk = cast.ada(), caller(role="Store clerk")
    assert clerk.get(f"members/{ada.public_id}/").status_code == 200
    refused(clerk.get(f"members/{ada.public_id}/consents/"), 403, "not-allowed")


def test_who_looked_whom_up_by_which_token_is_in_the_audit_log():
    ada, by = cast.ada(), caller()
    by.get(f"members/{ada.public_id}/")
    by.get("members/", {"external_id": "M-ADA"})
    noted = AuditEntry.objects.filter(deed="looked_up")
    assert [(one.actor, one.token_name, one.through, one.object_repr) for one in noted] == [
        (by.token.user, "tests", "api", "M-ADA")
    ] * 2


@pytest.mark.parametrize("part", ["timeline/", "consents/"])
def test_a_program_that_reads_a_members_history_has_looked_them_up(part):
    ada, by = cast.ada(), caller()
    for _page in range(2):
        assert by.get(f"members/{ada.public_id}/{part}").status_code == 200
    assert AuditEntry.objects.get(deed="looked_up").object_repr == "M-ADA"


def test_what_a_member_allows_is_the_latest_decision_of_each_kind():
    ada = cast.ada(agreed=())
    cast.consent(ada, "email", at=NOW - 2 * cast.DAY)
    cast.consent(ada, "email", granted=False, at=NOW - cast.DAY)
    cast.consent(ada, "sms", at=NOW - cast.DAY)
    shown = caller().get(f"members/{ada.public_id}/consents/").data["items"]
    assert [(one["channel"], one["granted"]) for one in shown] == [("email", False), ("sms", True)]


def test_contacts_come_newest_first_and_are_filtered():
    ada, by = cast.ada(), caller()
    contact(ada, 30, text="first", journey_name="Welcome")
    contact(ada, 20, channel="email", text="second", offer_name="Tea")
    contact(ada, 10, direction="in", kind="replied", text="third")
    contact(cast.ben(), 5, text="not hers")
    path = f"members/{ada.public_id}/timeline/"

    def texts(**query):
        return [item["text"] for item in by.get(path, query).data["items"]]

    assert texts() == ["third", "second", "first"]
    assert texts(channel="email") == ["second"]
    assert texts(direction="in") == texts(kind="replied") == ["third"]
    assert texts(journey="Welcome") == ["first"]
    assert texts(offer="Tea") == ["second"]
    assert texts(since=(NOW - timedelta(minutes=20)).isoformat()) == ["third", "second"]
    assert texts(until=(NOW - timedelta(minutes=20)).isoformat()) == ["first"]
    refused(by.get(path, {"channel": "pigeon"}), 422, "invalid")
    refused(by.get(path, {"since": "2026-03-10T12:00:00"}), 422, "invalid")


def test_pages_neither_repeat_nor_hide_a_contact_while_new_ones_come():
    ada, by = cast.ada(), caller()
    for number in range(7):
        contact(ada, 10, text=str(number))  # all at the same instant: only the id tells them apart
    path, read, cursor = f"members/{ada.public_id}/timeline/", [], None
    while True:
        answer = by.get(path, {"limit": "3", **({"cursor": cursor} if cursor else {})}).data
        read += [item["text"] for item in answer["items"]]
        contact(ada, 0, text="new")
        cursor = answer["next"]
        if cursor is None:
            break
    assert read == ["6", "5", "4", "3", "2", "1", "0"]


def test_a_cursor_is_good_for_its_own_list_alone_and_says_nothing():
    ada, ben, by = cast.ada(), cast.ben(), caller()
    for _ in range(3):
        contact(ada)
        contact(ben)
    path = f"members/{ada.public_id}/timeline/"
    cursor = by.get(path, {"limit": "1"}).data["next"]
    assert str(Touchpoint.objects.latest("pk").pk) not in cursor
    assert by.get(path, {"limit": "2", "cursor": cursor}).status_code == 200
    for elsewhere, query in [
        (f"members/{ben.public_id}/timeline/", {"cursor": cursor}),
        (path, {"cursor": cursor, "channel": "sms"}),
        (path, {"cursor": cursor[:-2] + "AA"}),
        (path, {"cursor": "AAAA"}),
        (path, {"cursor": "===="}),
        (path, {"cursor": "no cursor"}),
    ]:
        problem = refused(by.get(elsewhere, query), 422, "invalid")
        assert problem["errors"][0]["field"] == "cursor"


def test_a_page_asks_so_many_statements_however_long_it_is(django_assert_max_num_queries):
    for number in range(60):
        cast.member(f"M-{number:02}", sms="+4915550100001", tags=("vip",))
    by = caller()
    with django_assert_max_num_queries(10):
        assert len(by.get("members/", {"phone": "+4915550100001"}).data["items"]) == 50
