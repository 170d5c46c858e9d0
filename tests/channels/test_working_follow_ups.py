"""Follow-ups worked: a result once, in the history, and as a fact that journeys wait for."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from channels import delivery, follow_ups, hand_offs
from channels.follow_ups import Asked, BadContact, Contact, NotOpen
from channels.hand_offs import Agreed, CannotHandOff
from channels.models import FollowUp, HandOff, Sender, Team
from channels.vocabulary import FollowUpResult
from content import offers
from members.models import Event, Touchpoint, User
from members.vocabulary import Channel
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.channels import outbox
from tests.channels.deliveries import granted
from tests.channels.test_desk import call, team

pytestmark = pytest.mark.django_db


@pytest.fixture
def given() -> FollowUp:
    """A call to Ada about an offer, which lies with the team in Berlin."""
    desk, ada = outbox.sender("desk"), cast.ada()
    grant = granted(ada)
    call(ada, team(store=cast.berlin()), offer_id=grant.offer_id)
    assert delivery.deliver(desk, NOW).sent == 1
    return FollowUp.objects.get()


def worked(
    one: FollowUp, result: str, note: str = "", *, who: User | None = None, now: datetime = NOW, **fields: Any
) -> FollowUp:
    key = fields.pop("key", f"request {result}")
    contact = Contact(FollowUpResult(result), note=note, **fields)
    return follow_ups.work(one, contact, who=who or cast.rep(), request_key=key, now=now)


def test_a_result_makes_it_done_and_a_call_in_the_members_history(given: FollowUp) -> None:
    rosa = cast.rep()
    worked(given, "agreed", "Comes on Friday.", who=rosa, now=NOW + HOUR)
    given.refresh_from_db()
    assert (given.state, given.result, given.note) == ("done", "agreed", "Comes on Friday.")
    assert (given.assignee, given.closed_at) == (rosa, NOW + HOUR)
    told = Touchpoint.objects.get(kind="call")
    assert (told.channel, told.direction, told.outcome, told.text) == ("desk", "out", "agreed", "Comes on Friday.")
    assert (told.who, told.who_name, told.store, told.message_id) == (rosa, "Rosa", cast.berlin(), given.message_id)
    assert (told.journey_name, told.offer_name, told.price) == ("First", "Tea at ten", Decimal("10.00"))


def test_a_result_is_a_fact_that_journeys_wait_for(given: FollowUp) -> None:
    worked(given, "not_reached", intent="warm")
    fact = Event.objects.get()
    assert (fact.name, fact.member, fact.happened_at) == ("follow_up.not_reached", given.member, NOW)
    assert fact.properties == {
        "team": "recovery",
        "journey": "First",
        "step": "mail",
        "content": "Call",
        "offer": "Tea at ten",
        "intent": "warm",
    }


def test_who_comes_second_is_told_who_was_first(given: FollowUp) -> None:
    again = FollowUp.objects.get()
    worked(given, "reached")
    with pytest.raises(NotOpen, match="rosa noted a result at 2026-03-10 11:00 UTC"):
        worked(again, "agreed", who=cast.administrator(), now=NOW + HOUR)
    assert FollowUp.objects.get().result == "reached"
    assert Touchpoint.objects.filter(kind="call").count() == 1


def test_one_whose_offer_was_taken_meanwhile_is_over(given: FollowUp) -> None:
    stale = FollowUp.objects.get()
    assert stale.message.grant is not None
    offers.withdraw([stale.message.grant.pk], NOW)
    with pytest.raises(NotOpen, match=r"closed at 2026-03-10 11:00 UTC: its offer “Tea at ten” ended \(Withdrawn\)"):
        worked(stale, "agreed", now=NOW + HOUR)
    assert not Event.objects.exists()


# Next contacts --------------------------------------------------------------------------------------------------------


def test_a_next_contact_keeps_it_open_promised_and_due_then(given: FollowUp) -> None:
    later = worked(given, "call_again", "After work.", next_at=NOW + DAY)
    assert (later.state, later.promised, later.due_at, later.assignee) == ("open", True, NOW + DAY, cast.rep())
    assert (later.result, later.contacts, later.contacted_at, later.closed_at) == ("call_again", 1, NOW, None)
    assert Touchpoint.objects.get(kind="call").text == "After work."
    fact = Event.objects.get()
    assert (fact.name, fact.properties["next_contact"]) == ("follow_up.call_again", "2026-03-11T11:00:00+00:00")


def test_each_contact_is_told_and_the_last_one_ends_it(given: FollowUp) -> None:
    worked(given, "not_reached", next_at=NOW + HOUR)
    worked(given, "call_again", next_at=NOW + DAY, number=1, now=NOW + HOUR)
    done = worked(given, "agreed", number=2, now=NOW + DAY)
    assert (done.state, done.promised, done.contacts) == ("done", False, 3)
    told = list(Event.objects.order_by("id").values_list("name", flat=True))
    assert told == ["follow_up.not_reached", "follow_up.call_again", "follow_up.agreed"]
    assert Touchpoint.objects.filter(kind="call").count() == 3


def test_a_request_that_repeats_notes_no_second_call(given: FollowUp) -> None:
    worked(given, "not_reached", next_at=NOW + HOUR, key="one")
    again = worked(given, "not_reached", next_at=NOW + HOUR, key="one", now=NOW + timedelta(minutes=1))
    assert (again.contacts, again.contacted_at) == (1, NOW)
    worked(given, "agreed", number=1, key="two")
    assert worked(given, "agreed", number=1, key="two").state == "done"
    assert Touchpoint.objects.filter(kind="call").count() == 2


def test_who_has_not_seen_the_last_contact_is_told_of_it(given: FollowUp) -> None:
    worked(given, "not_reached", next_at=NOW + HOUR)
    with pytest.raises(NotOpen, match="rosa noted a result at 2026-03-10 11:00 UTC already"):
        worked(given, "reached", number=0, key="stale")


@pytest.mark.parametrize(
    ("result", "next_in", "words"),
    [
        ("call_again", None, "say when"),
        ("agreed", DAY, "ends the follow-up"),
        ("wrong_number", DAY, "ends the follow-up"),
        ("not_reached", -HOUR, "lies in the past"),
        ("not_reached", timedelta(), "lies in the past"),
        ("not_reached", 30 * DAY, "offer is over by then"),
        ("not_reached", 400 * DAY, "within a year"),
    ],
)
def test_a_next_contact_that_makes_no_sense_is_refused(
    given: FollowUp, result: str, next_in: timedelta | None, words: str
) -> None:
    with pytest.raises(BadContact, match=words):
        worked(given, result, next_at=NOW + next_in if next_in is not None else None)
    assert FollowUp.objects.get().contacts == 0


def test_undoing_the_redemption_that_closed_it_opens_it_again(given: FollowUp) -> None:
    assert given.message.grant is not None
    clerk, grant = cast.clerk(), given.message.grant.pk
    taken = offers.redeem(grant, request_key="r", channel=Channel.COUNTER, now=NOW + HOUR, who=clerk)
    assert FollowUp.objects.get().state == "closed"
    offers.undo(taken.pk, request_key="u", now=NOW + HOUR + timedelta(minutes=1), who=clerk)
    given.refresh_from_db()
    assert (given.state, given.closed_at) == ("open", None)


def test_undoing_opens_none_whose_member_left_the_journey_before(given: FollowUp) -> None:
    assert given.message.grant is not None
    FollowUp.objects.update(state="closed", closed_at=NOW)
    clerk, grant = cast.clerk(), given.message.grant.pk
    taken = offers.redeem(grant, request_key="r", channel=Channel.COUNTER, now=NOW + HOUR, who=clerk)
    offers.undo(taken.pk, request_key="u", now=NOW + HOUR + timedelta(minutes=1), who=clerk)
    assert FollowUp.objects.get().state == "closed"


# Taking ---------------------------------------------------------------------------------------------------------------


def test_one_rep_takes_it_and_others_are_told_who(given: FollowUp) -> None:
    rosa, alma = cast.rep(), cast.administrator()
    follow_ups.take(given, rosa, NOW)
    follow_ups.take(given, rosa, NOW)
    for attempt in (lambda: follow_ups.take(given, alma, NOW), lambda: worked(given, "reached", who=alma)):
        with pytest.raises(NotOpen, match="rosa has taken it"):
            attempt()
    follow_ups.give_back(given, rosa)
    follow_ups.take(given, alma, NOW)
    with pytest.raises(NotOpen, match="alma has taken it"):
        follow_ups.give_back(given, rosa)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_it_at_once_one_has_it(given: FollowUp) -> None:
    start = threading.Barrier(4)

    def reach(who: User) -> bool:
        start.wait()
        try:
            follow_ups.take(given, who, NOW)
        except NotOpen:
            return False
        finally:
            connection.close()
        return True

    people = [cast.user(f"rep-{number}") for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(reach, people)) == [False, False, False, True]


@pytest.mark.django_db(transaction=True)
def test_of_requests_that_repeat_at_once_one_notes_the_call(given: FollowUp) -> None:
    start, rosa = threading.Barrier(4), cast.rep()

    def note(_number: int) -> str:
        start.wait()
        try:
            return worked(given, "not_reached", who=rosa, next_at=NOW + HOUR, key="same").result
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(note, range(4))) == ["not_reached"] * 4
    assert (FollowUp.objects.get().contacts, Touchpoint.objects.filter(kind="call").count()) == (1, 1)


# Handing over ---------------------------------------------------------------------------------------------------------


def handed(one: FollowUp, **fields: Any) -> HandOff:
    agreed = Agreed(one.member, cast.berlin(), NOW + DAY, grant=one.message.grant, **fields)
    contact = Contact(FollowUpResult.HANDED_OVER, intent="hot")
    return follow_ups.hand_over(one, agreed, contact, who=cast.rep(), request_key="hand", now=NOW)


def test_handing_over_ends_it_and_leaves_it_to_the_store(given: FollowUp) -> None:
    made = handed(given, note="Gift wrap.")
    given.refresh_from_db()
    assert (given.state, given.result, given.intent) == ("done", "handed_over", "hot")
    assert (made.follow_up, made.team, made.store) == (given, given.team, cast.berlin())
    assert handed(given) == made, "repeated"
    told = sorted(Event.objects.values_list("name", flat=True))
    assert told == ["follow_up.handed_over", "hand_off.agreed"]


def test_a_hand_off_that_cannot_be_leaves_the_follow_up_open(given: FollowUp) -> None:
    assert given.message.grant is not None
    hand_offs.agree(
        Agreed(given.member, cast.lisbon(), NOW + DAY, grant=given.message.grant),
        who=cast.administrator(),
        request_key="other",
        now=NOW,
    )
    with pytest.raises(CannotHandOff, match="waits in Chorale Lisbon"):
        handed(given)
    assert FollowUp.objects.get().state == "open"


def test_one_that_somebody_else_has_is_not_handed_over(given: FollowUp) -> None:
    follow_ups.take(given, cast.administrator(), NOW)
    with pytest.raises(NotOpen, match="alma has taken it"):
        handed(given)
    assert not HandOff.objects.exists()


# Whose they are -------------------------------------------------------------------------------------------------------


def follow_up(who: str, whom: Team, due_in: timedelta) -> FollowUp:
    desk = Sender.objects.filter(channel="desk").first() or outbox.sender("desk")
    call(cast.member(who), whom, expires_at=NOW + 3 * DAY)
    delivery.deliver(desk, NOW)
    made = FollowUp.objects.latest("id")
    FollowUp.objects.filter(pk=made.pk).update(due_at=NOW + due_in)
    made.refresh_from_db()
    return made


def test_reps_see_those_of_their_teams_and_their_own_by_when_they_are_due() -> None:
    rosa, mine, other = cast.rep(), team(key="mine"), team(key="other")
    mine.users.add(rosa)
    later, overdue = follow_up("M-1", mine, 2 * DAY), follow_up("M-2", mine, -DAY)
    foreign, given_to_me = follow_up("M-3", other, HOUR), follow_up("M-4", other, HOUR)
    follow_ups.take(given_to_me, rosa, NOW)
    assert list(follow_ups.listed(rosa, Asked.ALL, NOW)) == [overdue, given_to_me, later]
    assert list(follow_ups.listed(rosa, Asked.MINE, NOW)) == [given_to_me]
    assert list(follow_ups.listed(rosa, Asked.TODAY, NOW)) == [overdue, given_to_me]
    assert list(follow_ups.listed(rosa, Asked.PROMISED, NOW)) == []
    assert foreign in follow_ups.listed(cast.administrator(), Asked.ALL, NOW)
    assert vars(follow_ups.counted(rosa, NOW)) == {"all": 3, "mine": 1, "today": 2, "promised": 0}
    after = follow_ups.listed(rosa, Asked.ALL, NOW, after=(given_to_me.due_at, given_to_me.pk))
    assert list(after) == [later]


def test_today_ends_at_midnight_where_the_rep_works() -> None:
    rosa, mine = cast.user("rosa", store=cast.store("tokyo", zone="Asia/Tokyo")), team(key="mine")
    mine.users.add(rosa)
    tonight, tomorrow = follow_up("M-1", mine, 4 * HOUR - timedelta(seconds=1)), follow_up("M-2", mine, 4 * HOUR)
    assert list(follow_ups.listed(rosa, Asked.TODAY, NOW)) == [tonight], tomorrow


def test_managers_see_those_of_their_stores_teams(given: FollowUp) -> None:
    boss = cast.user("max", store=cast.berlin())
    assert not follow_ups.shown_to(boss).exists()
    boss.groups.set([Group.objects.get(name="Manager")])
    assert list(follow_ups.shown_to(User.objects.get(pk=boss.pk))) == [given]
