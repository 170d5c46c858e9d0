"""The members of a segment as a file: for those who may, noted, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from members import exporting, segments
from members.models import AuditEntry, Segment
from members.vocabulary import Deed
from tests import cast
from tests.roles import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def regulars() -> Segment:
    for name in ("ada", "ben"):
        cast.tag(getattr(cast, name)(), "regular")
    cast.tag(cast.member("M-EVE", first_name='=HYPERLINK("x")', last_name="+1"), "regular")
    cast.chidi()
    made = segments.save(Segment(key="regulars", name="Regulars", rule={"tag": {"name": "regular"}}))
    segments.refresh(made, cast.NOW)
    return made


def test_a_get_asks_and_a_post_sends_the_members_and_notes_how_many(regulars: Segment) -> None:
    client = signed_in("Marketer")
    page = f"/admin/members/segment/{regulars.pk}/export/"
    assert "3 when it was last refreshed" in client.get(page).content.decode()
    assert not AuditEntry.objects.filter(deed=Deed.EXPORTED).exists()
    answer = client.post(page)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="regulars.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert [row["member_code"] for row in rows] == ["M-ADA", "M-BEN", "M-EVE"]
    assert (rows[0]["first_name"], rows[0]["home_store"]) == ("Ada", "berlin")
    assert (rows[2]["first_name"], rows[2]["last_name"]) == ('\'=HYPERLINK("x")', "'+1")
    entry = AuditEntry.objects.get(deed=Deed.EXPORTED)
    assert (entry.actor_name, entry.object_repr, entry.detail) == ("marketer-at-work", "Regulars", "3 members")


def test_no_address_is_in_it(regulars: Segment) -> None:
    sent = signed_in("Marketer").post(f"/admin/members/segment/{regulars.pk}/export/").getvalue().decode()
    assert "@" not in sent
    assert "+49" not in sent


@pytest.mark.parametrize("role", ["Manager", "Sales rep", "Store clerk", ""])
def test_others_do_not_even_see_the_button(role: str, regulars: Segment) -> None:
    client = signed_in(role)
    for answer in (client.get, client.post):
        assert answer(f"/admin/members/segment/{regulars.pk}/export/").status_code == 403
    if role == "Manager":
        assert "/export/" not in client.get(f"/admin/members/segment/{regulars.pk}/change/").content.decode()


def test_it_is_read_in_pieces_without_a_query_a_member(regulars: Segment) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert len(list(exporting.lines(regulars))) == 4
    assert len(captured.captured_queries) == 1
