"""The page of a member: panels by right, and a timeline that goes back to the first contact."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape

import pytest
from django.http import HttpRequest
from django.test import Client

from members import facts, panels, touchpoints
from members.models import Member, Touchpoint
from members.overview.timeline import SIZE
from members.panels import Panel
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.roles import signed_in

pytestmark = pytest.mark.django_db


def page(client: Client, member: Member, query: str = "") -> str:
    """The page as text."""
    answer = client.get(f"/admin/members/member/{member.pk}/change/{query}")
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def contact(member: Member, at: datetime, text: str, **fields: object) -> Touchpoint:
    known = {"channel": "email", "direction": "out", "kind": "message"}
    return Touchpoint(member=member, happened_at=at, text=text, **{**known, **fields})


def test_tells_who_they_are_what_they_allow_and_what_they_did() -> None:
    ada = cast.ada(tags=["vip"], attributes={"likes": "green tea"})
    cast.consent(ada, "sms", granted=False)
    cast.purchase(ada, NOW - DAY, "12.50")
    cast.event(ada, "app_opened", NOW - DAY, version="7")
    cast.points(ada, 120, NOW - DAY)
    text = page(signed_in("Sales rep"), ada)
    for seen in ("M-ADA", "1990-03-14", "green tea", "ada@example.com", "+4915550100001", "Promotional by SMS",
                 "withdrawn", "vip", "12.50", "EUR", "tea-100", "app_opened", "version: 7", "120"):  # fmt: skip
        assert seen in text, seen


def test_the_timeline_shows_all_channels_and_directions_newest_first_as_stored() -> None:
    ada = cast.ada()
    said = [
        contact(
            ada, NOW - 3 * HOUR, "Dear <Ada>", journey_name="Win back", offer_name="Tea", price="9.50", currency="EUR"
        ),
        contact(ada, NOW - 2 * HOUR, "Who is this?", channel="sms", direction="in", kind="replied"),
        contact(ada, NOW - HOUR, "Talked about tea", channel="desk", kind="call", who_name="Rosa", outcome="reached"),
    ]
    touchpoints.record(said, NOW)
    text = page(signed_in("Store clerk"), ada)
    places = [text.index(words) for words in ("Talked about tea", "Who is this?", "Dear <Ada>")]
    assert places == sorted(places)
    for seen in ("SMS, from the member", "Desk, to the member, Rosa", "reached", "journey Win back", "Tea, 9.50 EUR"):
        assert seen in text, seen
    assert "Dear <Ada>" not in signed_in("Manager").get(f"/admin/members/member/{ada.pk}/change/").content.decode()


def test_older_leads_to_every_contact_once() -> None:
    """Also where several happened at the same instant."""
    ada, ben = cast.ada(), cast.ben()
    total = 2 * SIZE + 3
    touchpoints.record([contact(ada, NOW - (number // 7) * HOUR, f"No {number}.") for number in range(total)], NOW)
    touchpoints.record([contact(ben, NOW, "Not hers")], NOW)
    client, query, seen = signed_in("Marketer"), "", []
    for _page in range(3):
        text = page(client, ada, query)
        seen += re.findall(r"No (\d+)\.", text)
        assert "Not hers" not in text
        older = re.search(r'rel="next" href="(\?contacts=[^"#]+)#timeline"', text)
        query = older[1] if older else ""
    assert query == ""
    assert sorted(map(int, seen)) == list(range(total))


@pytest.mark.parametrize(
    "cursor", ["", "x", "~", "2026-01-01~5", "2026-13-01T00:00:00+00:00~1", "2026-01-01T00:00:00+00:00~" + "9" * 30]
)
def test_a_cursor_that_nobody_made_shows_the_newest(cursor: str) -> None:
    ada = cast.ada()
    touchpoints.record([contact(ada, NOW, "The newest")], NOW)
    assert "The newest" in page(signed_in("Marketer"), ada, f"?contacts={cursor}")


def test_a_role_sees_the_panels_that_it_may() -> None:
    ada = cast.ada()
    clerk, rep = page(signed_in("Store clerk"), ada), page(signed_in("Sales rep"), ada)
    assert 'id="facts"' in rep
    assert 'id="facts"' not in clerk


def test_layers_above_add_panels_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels, "_panels", dict(panels._panels))

    def load(member: Member, request: HttpRequest, now: datetime) -> dict[str, object]:
        return {}

    panels.register(Panel("late", "Late", 99, "members/panels/groups.html", load, "content.view_grant"))
    panels.register(Panel("early", "Early", 1, "members/panels/groups.html", load))
    text = page(signed_in("Marketer"), cast.ada())
    assert text.index('id="early"') < text.index('id="profile"') < text.index('id="late"')


def test_a_member_without_anything_has_a_page() -> None:
    dora = cast.dora()
    text = page(signed_in("Store clerk"), dora)
    assert "No address: only people at the desk and the counter can reach this member." in text
    assert "No contact yet, in any channel." in text


def test_nobody_changes_a_member_by_hand() -> None:
    ada = cast.ada()
    client = signed_in("Administrator")
    client.post(f"/admin/members/member/{ada.pk}/change/", {"first_name": "Eve"})
    ada.refresh_from_db()
    assert ada.first_name == "Ada"


def test_facts_come_in_pages_too() -> None:
    ada = cast.ada()
    facts.record([facts.EventFact(ada.pk, NOW - n * HOUR, "t", f"k{n}", f"event-{n}-", {}) for n in range(12)], NOW)
    client = signed_in("Marketer")
    first = page(client, ada)
    older = re.search(r'href="(\?events=[^"#]+)#facts"', first)
    assert older
    assert re.findall(r"event-(\d+)-", first + page(client, ada, older[1])) == [str(n) for n in range(12)]
