"""What people type finds the member, and an index finds the row."""

from __future__ import annotations

import pytest
from django.db import connection

from members import search, segments
from members.models import Member, Segment
from tests import cast
from tests.roles import signed_in

pytestmark = pytest.mark.django_db


def found(typed: str) -> set[str]:
    """The codes of the members that are found."""
    return set(Member.objects.filter(search.found_by(typed)).values_list("external_id", flat=True))


@pytest.mark.parametrize(
    "typed",
    ["M-ADA", " M-ADA ", "Ada", "ada", "ADA B", "berg", "Ber", "ada berg", "Berg, Ada", "berg a", "ada@example.com",
     "ADA@Example.com", "+4915550100001", "+49 15550 100001", "015550 100001", "01555/0100001"],
)  # fmt: skip
def test_finds_ada(typed: str) -> None:
    cast.ada()
    cast.ben()
    cast.chidi()
    assert found(typed) == {"M-ADA"}


@pytest.mark.parametrize(
    "typed", ["M-AD", "da", "erg", "ada berg cole", "@example.com", "15550100001x", "%", "_da", "0"]
)
def test_finds_nobody(typed: str) -> None:
    """No part of a word but its beginning, and no wildcards."""
    cast.ada()
    assert found(typed) == set()


def test_an_address_that_members_share_finds_them_all() -> None:
    cast.ada()
    cast.member("M-BEA", first_name="Bea", email="ada@example.com")
    assert found("ada@example.com") == {"M-ADA", "M-BEA"}


@pytest.mark.parametrize("typed", ["M-0003", "berg", "ada berg", "m-0003@example.com", "+4915550100001"])
def test_reads_no_table_from_end_to_end(typed: str) -> None:
    cast.ada()
    cast.crowd(20)
    with connection.cursor() as cursor:
        # The table is small; without this the planner would rightly read it whole.
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Member.objects.filter(search.found_by(typed)).order_by().explain()
    assert "Seq Scan" not in plan
    assert "Index Scan" in plan


def test_the_list_searches_and_filters() -> None:
    cast.ada(tags=["vip"])
    cast.ben()
    client = signed_in("Sales rep")

    def listed(query: str) -> list[str]:
        page = client.get(f"/admin/members/member/?{query}").content.decode()
        return [code for code in ("M-ADA", "M-BEN") if code in page]

    assert listed("") == ["M-ADA", "M-BEN"]
    assert listed("q=cole") == ["M-BEN"]
    assert listed("tag=vip") == ["M-ADA"]
    assert listed(f"home_store__id__exact={cast.berlin().pk}") == ["M-ADA"]


@pytest.mark.parametrize(
    "path",
    [
        "members/member/?tag=%00",
        "members/member/?standing__tier__exact=%00",
        "members/member/?q=%00",
        "members/consent/?channel__exact=%00",
        "members/segment/{segment}/why/?member=%00",
        "members/segment/?active__exact=%00",
    ],
)
def test_a_nul_in_the_address_of_a_page_finds_nothing_and_breaks_nothing(path: str) -> None:
    segment = segments.save(Segment(key="vips", name="vips", rule={"tag": {"name": "vip"}}))
    path = path.format(segment=segment.pk)
    assert signed_in("Administrator").get(f"/admin/{path}", follow=True).status_code == 200
