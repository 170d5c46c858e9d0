"""A rep opens with their follow-ups, takes one, works it, and agrees on the next contact by the member's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from channels import hand_offs
from channels.contacts import work as work_list
from channels.hand_offs import Agreed
from channels.models import FollowUp, HandOff, Team
from channels.vocabulary import HandOffState
from content import offers
from content.models import Grant
from members import clock, zones
from members.models import AuditEntry, Event, Touchpoint
from members.vocabulary import Channel
from tests import cast
from tests.channels.contacts.desk import browser, follow_up, given_offer, person, rep, team, text, to_follow_up
from tests.roles import asked

pytestmark = pytest.mark.django_db
SPRING = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)  # the night before the clocks go forward in Berlin


def work(client: Client, one: FollowUp, result: str, **said: Any) -> Any:
    values = {"key": "one", "number": one.contacts, "result": result, **said}
    return client.post(to_follow_up(one), values, follow=True)


def test_it_opens_with_what_is_due_and_why_and_at_which_price() -> None:
    ada = cast.ada()
    grant = given_offer(ada)
    follow_up(ada, offer_id=grant.offer_id)
    late = follow_up(cast.ben())
    FollowUp.objects.filter(pk=late.pk).update(due_at=clock.now() - timedelta(hours=1))
    shown = browser().get("/contacts/")
    said = text(shown)
    for words in (
        "My follow-ups",
        "Ada Berg",
        "First",
        "Tea, €10.00",
        "Europe/Berlin",
        "America/New_York",
        "for you",
        "Hello Ada, this is for you.",
        "Hello Ben, this is for you.",
    ):
        assert words in said
    assert said.index("Ben Cole") < said.index("Ada Berg"), "overdue first"
    assert "overdue" in said


def test_signing_in_leads_a_rep_there() -> None:
    rep()
    answer = Client().post("/login/", {"username": "rosa", "password": "rosa"}, follow=True)
    assert answer.redirect_chain[-1][0] == "/contacts/"


def test_an_empty_list_says_what_to_do() -> None:
    assert "find a member above" in text(browser().get("/contacts/"))
    assert "You are in no team yet" in text(browser(person("new", "Sales rep")).get("/contacts/"))


@pytest.mark.parametrize(
    ("show", "who"),
    [
        ("all", {"Ada", "Ben", "Dora"}),
        ("mine", {"Ben"}),
        ("promised", {"Dora"}),
        ("today", {"Ada"}),
        ("x\0", {"Ada", "Ben", "Dora"}),
    ],
)
def test_the_list_is_filtered(show: str, who: set[str]) -> None:
    rosa, now = rep(), clock.now()
    ada, ben, dora = (follow_up(one) for one in (cast.ada(), cast.ben(), cast.dora()))
    FollowUp.objects.filter(pk=ada.pk).update(due_at=now - timedelta(hours=1))
    FollowUp.objects.filter(pk=ben.pk).update(assignee=rosa)
    FollowUp.objects.filter(pk=dora.pk).update(promised=True)
    said = text(browser(rosa).get("/contacts/", {"show": show}))
    assert {name for name in ("Ada", "Ben", "Dora") if name in said} == who


def test_a_long_list_goes_on_page_by_page_with_and_without_htmx() -> None:
    people = cast.crowd(30)
    for member in people:
        follow_up(member)
    client = browser()
    first = client.get("/contacts/")
    link = first.content.decode().partition('href="/contacts/more/')[2].partition('"')[0].replace("&amp;", "&")
    assert link
    part = client.get(f"/contacts/more/{link}", headers={"HX-Request": "true"})
    whole = client.get(f"/contacts/more/{link}")
    assert "<html" not in part.content.decode()
    assert "<html" in whole.content.decode()
    seen = {one.external_id for one in people if str(one) in text(first)}
    rest = {one.external_id for one in people if str(one) in text(part)}
    assert (len(seen), len(rest), seen & rest) == (25, 5, set())
    assert client.get("/contacts/more/?after=nonsense~x").status_code == 200


def test_the_page_has_the_script_with_the_facts_as_of_now() -> None:
    ada = cast.ada()
    one = follow_up(ada)
    ada.first_name = "Adele"
    ada.save()
    said = text(browser().get(to_follow_up(one)))
    for words in ("Hello Adele, this is for you.", "+4915550100001", "Europe/Berlin", "nobody yet"):
        assert words in said


def test_two_reps_cannot_take_the_same_one() -> None:
    one, other = follow_up(cast.ada()), person("otto", "Sales rep")
    team().users.add(other)
    mine, theirs = browser(), browser(other)
    assert "It is yours." in text(mine.post(to_follow_up(one, "take/"), follow=True))
    assert "rosa has taken it" in text(theirs.post(to_follow_up(one, "take/"), follow=True))
    assert theirs.post(to_follow_up(one, "give-back/")).status_code == 403
    answer = work(theirs, one, "reached")
    assert (answer.status_code, "rosa has taken it" in text(answer)) == (409, True)
    assert "with the team again" in text(mine.post(to_follow_up(one, "give-back/"), follow=True))
    assert "It is yours." in text(theirs.post(to_follow_up(one, "take/"), follow=True))


def test_a_result_ends_it_and_is_a_fact_and_noted() -> None:
    one = follow_up(cast.ada())
    answer = work(browser(), one, "agreed", intent="hot", note="On Friday.")
    assert "Ada Berg: Agreed." in text(answer)
    one.refresh_from_db()
    assert (one.state, one.result, one.intent, one.note) == ("done", "agreed", "hot", "On Friday.")
    assert Event.objects.get().name == "follow_up.agreed"
    assert AuditEntry.objects.filter(deed="contacted").count() == 1


def test_the_last_contact_is_told_by_the_reps_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: SPRING)
    one, client = follow_up(cast.ada()), browser()
    work(client, one, "call_again", day="2026-03-29", time="09:00")
    assert "2026-03-28 13:00 (Europe/Berlin)" in text(client.get(to_follow_up(one)))


def test_a_tap_that_repeats_notes_one_call() -> None:
    one, client = follow_up(cast.ada()), browser()
    soon = clock.now() + timedelta(days=2)
    for _attempt in range(3):
        assert work(client, one, "not_reached", day=f"{soon:%Y-%m-%d}", time="10:00").status_code == 200
    assert Touchpoint.objects.filter(kind="call").count() == 1


@pytest.mark.parametrize(
    ("day", "time", "at"),
    [
        ("2026-03-29", "02:30", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),  # does not exist: the first instant after it
        ("2026-03-29", "09:00", datetime(2026, 3, 29, 7, 0, tzinfo=UTC)),
        ("2026-10-25", "02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # twice: the first
    ],
)
def test_the_next_contact_is_by_the_members_clock_whatever_the_season(
    monkeypatch: pytest.MonkeyPatch, day: str, time: str, at: datetime
) -> None:
    monkeypatch.setattr(clock, "now", lambda: SPRING)
    one = follow_up(cast.ada(), expires_at=SPRING + timedelta(days=1))
    answer = work(browser(), one, "call_again", day=day, time=time)
    one.refresh_from_db()
    assert (one.due_at, one.promised, one.state) == (at, True, "open")
    assert "Next contact" in text(answer)


def test_the_next_contact_is_told_in_the_reps_terms_as_well() -> None:
    soon = clock.now() + timedelta(days=2)
    one = follow_up(cast.ben())
    said = text(work(browser(), one, "call_again", day=f"{soon:%Y-%m-%d}", time="09:00"))
    assert "at 09:00 (America/New_York)" in said
    assert "(Europe/Berlin)" in said


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"result": ""}, "This field is required"),
        ({"result": "bought"}, "not one of the available choices"),
        ({"result": "handed_over"}, "not one of the available choices"),
        ({"result": "call_again"}, "say when"),
        ({"result": "reached", "day": "2999-01-01", "time": "10:00"}, "within a year"),
        ({"result": "reached", "day": "0001-01-01", "time": "10:00"}, "within a year"),
        ({"result": "reached", "day": "9999-12-31", "time": "23:59"}, "within a year"),
        ({"result": "reached", "day": "tomorrow"}, "Enter a valid date"),
        ({"result": "reached", "time": "10:00"}, "both the day and the time"),
        ({"result": "reached", "note": "x" * 501}, "at most 500"),
        ({"result": "reached", "number": "x"}, ""),
        ({"result": "reached", "key": ""}, ""),
        ({"result": "reached", "key": "k" * 65}, ""),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field_and_nothing_is_stored(said: dict[str, str], words: str) -> None:
    one = follow_up(cast.ada())
    answer = browser().post(to_follow_up(one), {"key": "one", "number": 0, **said})
    assert answer.status_code in {200, 409}
    assert words in text(answer)
    assert (FollowUp.objects.get().contacts, Event.objects.count()) == (0, 0)


def test_a_nul_in_a_note_is_dropped() -> None:
    one = follow_up(cast.ada())
    work(browser(), one, "reached", note="a\0b")
    assert FollowUp.objects.get(pk=one.pk).note == "ab"


def test_one_whose_offer_was_taken_says_so_and_asks_for_nothing() -> None:
    ada = cast.ada()
    grant = given_offer(ada)
    one, client = follow_up(ada, offer_id=grant.offer_id), browser()
    offers.redeem(grant.pk, request_key="r", channel=Channel.COUNTER, now=clock.now(), store=cast.lisbon())
    said = text(client.get(to_follow_up(one)))
    assert "its offer “Tea” ended (Redeemed). Do not call about it." in said
    assert "What came of it?" not in said
    assert "ended (Redeemed)" in text(work(client, one, "agreed"))
    assert "Ada Berg" not in text(client.get("/contacts/"))


def test_the_first_page_costs_a_bounded_number_of_queries() -> None:
    people, client = cast.crowd(12), browser()
    follow_up(people[0])
    few = len(asked(client, "/contacts/"))
    for member in people[1:]:
        follow_up(member)
    assert len(asked(client, "/contacts/")) <= few + 1


# Hand-offs ------------------------------------------------------------------------------------------------------------


def hand_over(client: Client, path: str, key: str = "hand", **said: Any) -> Any:
    day = clock.now() + timedelta(days=2)
    values = {"key": key, "number": 0, "store": "berlin", "day": f"{day:%Y-%m-%d}", "time": "15:30", **said}
    return client.post(path, values, follow=True)


def test_a_follow_up_is_handed_to_a_store_and_comes_back() -> None:
    ada = cast.ada()
    grant, client = given_offer(ada), browser()
    one = follow_up(ada, offer_id=grant.offer_id)
    shown = client.get(to_follow_up(one, "hand-over/")).content.decode()
    assert f'value="{grant.public_id}" selected' in shown
    for _attempt in range(2):
        answer = hand_over(client, to_follow_up(one, "hand-over/"), grant=str(grant.public_id), note="Gift wrap.")
    made = HandOff.objects.get()
    assert (made.grant, made.note, made.follow_up, made.content) == (grant, "Gift wrap.", one, one.message.content)
    assert "Chorale Berlin expects Ada Berg" in text(answer)
    assert "Chorale Berlin" in text(client.get("/contacts/")).partition("Handed over")[2]
    clerk = browser(person("carl", "Store clerk", cast.berlin()))
    clerk.post(f"/counter/hand-offs/{made.public_id}/done/", {"key": "came"})
    back = client.get("/contacts/")
    assert "Came back from the stores" in text(back)
    assert "Done: " in text(back)
    client.post(f"/contacts/hand-offs/{made.public_id}/seen/")
    assert "Came back" not in text(client.get("/contacts/"))


def test_the_time_is_the_stores() -> None:
    ada = cast.ada()
    lisbon = cast.lisbon()
    day = clock.now() + timedelta(days=2)
    hand_over(browser(), f"/contacts/members/{ada.public_id}/hand-over/", store="lisbon", time="15:30")
    made = HandOff.objects.get()
    wall = made.due_at.astimezone(zones.zone(lisbon.zone_id))
    assert (f"{wall:%Y-%m-%d %H:%M}") == f"{day:%Y-%m-%d} 15:30"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"store": "atlantis"}, "valid choice"),
        ({"store": "\0"}, "This field is required"),
        ({"day": "", "time": ""}, "Say when the member comes"),
        ({"day": "2020-01-01"}, "within a year"),
        ({"grant": "6f1f2a5e-0000-4000-8000-000000000000"}, "valid choice"),
        ({"grant": "nonsense"}, ""),
    ],
)
def test_a_hand_off_that_makes_no_sense_is_refused_at_its_field(said: dict[str, str], words: str) -> None:
    ada = cast.ada()
    answer = hand_over(browser(), f"/contacts/members/{ada.public_id}/hand-over/", **said)
    assert words in text(answer)
    assert not HandOff.objects.exists()


def test_a_rep_calls_off_the_own_one_and_nobody_elses() -> None:
    ada, client = cast.ada(), browser()
    hand_over(client, f"/contacts/members/{ada.public_id}/hand-over/")
    made = HandOff.objects.get()
    path = f"/contacts/hand-offs/{made.public_id}/call-off/"
    assert browser(person("otto", "Sales rep")).post(path, {"key": "x"}).status_code == 404
    assert "does not wait" in text(client.post(path, {"key": "x"}, follow=True))
    assert HandOff.objects.get().state == "called_off"


def test_those_of_other_teams_are_not_found() -> None:
    other = Team.objects.create(key="other", name="Other")
    foreign, client = follow_up(cast.ada(), other), browser()
    for rest in ("", "state/", "live/", "hand-over/"):
        assert client.get(to_follow_up(foreign, rest)).status_code == 404, rest
    for rest in ("", "take/", "give-back/", "hand-over/"):
        assert client.post(to_follow_up(foreign, rest), {"key": "x"}).status_code == 404, rest
    assert "Ada Berg" not in text(client.get("/contacts/"))


def test_what_came_back_is_not_crowded_out_by_what_is_under_way() -> None:
    rosa, now = rep(), clock.now()
    for number, member in enumerate(cast.crowd(work_list.HANDED + 2)):
        plan = Agreed(member, cast.berlin(), now + timedelta(hours=1 + number), team=team())
        last = hand_offs.agree(plan, who=rosa, request_key="one", now=now)
    hand_offs.end(last, HandOffState.DONE, who=cast.clerk(), request_key="came", now=now)
    said = text(browser(rosa).get("/contacts/"))
    assert str(last.member) in said.partition("Came back from the stores")[2]
    assert "These are the 50 that are due first." in said


def test_a_rep_with_a_very_long_name_hands_over_and_notes_calls() -> None:
    rosa = rep()
    rosa.first_name, rosa.last_name = "Rosalinde" * 16, "Adelheid" * 18
    rosa.save()
    ada, client = cast.ada(), browser(rosa)
    one = follow_up(ada)
    assert hand_over(client, to_follow_up(one, "hand-over/")).status_code == 200
    made = HandOff.objects.get()
    assert made.made_by_name == rosa.get_full_name()[:150]
    assert f"/contacts/hand-offs/{made.public_id}/call-off/" in client.get("/contacts/").content.decode()
    assert client.post(f"/contacts/hand-offs/{made.public_id}/call-off/", {"key": "x"}).status_code == 303
    assert Touchpoint.objects.get(kind="call").who_name == made.made_by_name


def test_line_ends_count_once_as_the_browser_counted_them() -> None:
    one = follow_up(cast.ada())
    note = "\r\n".join(["word"] * 100)  # 499 characters where it was typed, 598 on the wire
    assert "Ada Berg: Reached" in text(work(browser(), one, "reached", note=note))
    assert FollowUp.objects.get(pk=one.pk).note == note.replace("\r", "")


def test_an_offer_that_is_over_is_never_called_live() -> None:
    ada, now = cast.ada(), clock.now()
    grant = given_offer(ada)
    one, client = follow_up(ada, offer_id=grant.offer_id), browser()
    span = f"[{now - timedelta(days=9)},{now - timedelta(days=2)})"
    Grant.objects.filter(pk=grant.pk).update(validity=span)  # nobody has booked its end yet
    for path in ("/contacts/", to_follow_up(one), to_follow_up(one, "state/"), f"/contacts/members/{ada.public_id}/"):
        said = text(client.get(path)).partition("Tea")[2]
        assert "Expired" in said, path
        assert "Live" not in said, path
        assert "until" not in said, path
