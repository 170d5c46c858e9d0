"""Hand-offs end once: by the first who says so, or by themselves with their offer; the rep is told how."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from channels import hand_offs
from channels.hand_offs import CannotEnd, CannotHandOff
from channels.models import HandOff
from channels.vocabulary import HandOffState
from content import offers
from content.offers import AlreadyRedeemed
from members.models import AuditEntry, Event, Touchpoint, User
from members.vocabulary import Channel
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.channels.deliveries import granted
from tests.channels.hand_offs.promises import agreed
from tests.channels.test_desk import team

pytestmark = pytest.mark.django_db
DONE, NO_SHOW, CALLED_OFF = hand_offs.ENDS
LATER = NOW + DAY + HOUR


def ended(
    one: HandOff, state: HandOffState = DONE, who: User | None = None, key: str = "tap", **said: object
) -> HandOff:
    given = {"now": LATER, "answer": "", **said}
    return hand_offs.end(one, state, who=who or cast.clerk(), request_key=key, **given)  # type: ignore[arg-type]


def mine(who: User) -> list[HandOff]:
    return list(hand_offs.of_rep(who, []))


def test_done_comes_back_to_the_rep_with_who_where_when() -> None:
    one = agreed(cast.ada())
    ended(one, answer="Took two.")
    [told] = mine(cast.rep())
    assert (told.state, told.answer, told.ended_by_name, told.ended_at) == ("done", "Took two.", "Carl", LATER)
    assert hand_offs.how_ended(told) == "Done: 2026-03-11 13:00 (Europe/Berlin), Carl."
    assert hand_offs.seen([told.pk], LATER) == 1
    assert mine(cast.rep()) == []
    assert not hand_offs.of_store(cast.berlin().pk).exists()


@pytest.mark.parametrize(("state", "kind"), [(DONE, "visit"), (NO_SHOW, "hand_off"), (CALLED_OFF, "hand_off")])
def test_each_end_stands_in_the_history_and_is_a_fact(state: HandOffState, kind: str) -> None:
    ada = cast.ada()
    one = agreed(ada, grant=granted(ada))
    ended(one, state, answer="Words.")
    told = Touchpoint.objects.latest("id")
    assert (told.kind, told.outcome, told.channel, told.text) == (kind, state.value, "counter", "Words.")
    assert (told.who_name, told.store, told.offer_name) == ("Carl", cast.berlin(), "Tea at ten")
    assert Event.objects.latest("id").name == f"hand_off.{state.value}"


@pytest.mark.parametrize("state", hand_offs.ENDS)
def test_who_ended_it_and_how_is_in_the_audit_log_once_however_often_the_tap_comes(state: HandOffState) -> None:
    ada = cast.ada()
    one = agreed(ada)
    for _tap in range(2):
        ended(one, state)
    noted = AuditEntry.objects.filter(deed="handed_off").latest("id")
    assert (noted.actor, noted.detail, noted.member_id) == (cast.clerk(), state.value, ada.pk)
    assert AuditEntry.objects.filter(deed="handed_off", detail=state.value).count() == 1


def test_a_tap_that_repeats_changes_nothing() -> None:
    one = agreed(cast.ada())
    first = ended(one, answer="First.")
    again = ended(one, NO_SHOW, answer="Second.", now=LATER + HOUR)
    assert (again.state, again.answer, again.ended_at) == (first.state, "First.", LATER)
    assert Touchpoint.objects.filter(outcome="done").count() == 1


def test_who_comes_second_is_told_how_it_ended() -> None:
    one = agreed(cast.ada())
    ended(one)
    with pytest.raises(CannotEnd, match=r"Done: 2026-03-11 13:00 \(Europe/Berlin\), Carl"):
        ended(one, CALLED_OFF, who=cast.rep(), key="other")
    assert HandOff.objects.get().state == "done"


def test_a_no_show_is_none_before_the_time() -> None:
    one = agreed(cast.ada())
    with pytest.raises(CannotEnd, match=r"expected at 2026-03-11 12:00"):
        ended(one, NO_SHOW, now=NOW + DAY - timedelta(minutes=1))
    assert HandOff.objects.get().state == "agreed"
    assert ended(one, NO_SHOW, now=NOW + DAY).state == "no_show"


def test_past_its_time_it_is_overdue_until_somebody_says_what_became_of_it() -> None:
    one = agreed(cast.ada())
    assert [one.is_overdue(at) for at in (NOW, NOW + DAY, NOW + 30 * DAY)] == [False, True, True]
    ended(one, NO_SHOW, now=NOW + 30 * DAY)
    assert not HandOff.objects.get().is_overdue(NOW + 31 * DAY)


def test_who_calls_off_the_own_one_is_not_told_of_it() -> None:
    one = agreed(cast.ada())
    ended(one, CALLED_OFF, who=cast.rep(), now=NOW)
    assert mine(cast.rep()) == []


def test_it_comes_back_to_the_team_as_well() -> None:
    theirs, one = team(), agreed(cast.ada())
    assert list(hand_offs.of_rep(cast.administrator(), [theirs.pk])) == []
    HandOff.objects.update(team=theirs)
    assert list(hand_offs.of_rep(cast.administrator(), [theirs.pk])) == [one]


def test_an_open_one_cannot_be_put_away() -> None:
    one = agreed(cast.ada())
    assert hand_offs.seen([one.pk], NOW) == 0
    assert mine(cast.rep()) == [one]


def test_a_grant_redeemed_elsewhere_closes_it_with_the_reason() -> None:
    ada = cast.ada()
    grant = granted(ada)
    one = agreed(ada, grant=grant)
    offers.redeem(grant.pk, request_key="r", channel=Channel.COUNTER, now=NOW + HOUR, who=cast.clerk(cast.lisbon()))
    [told] = mine(cast.rep())
    assert (told.state, told.reason, told.ended_at) == ("closed", "redeemed", NOW + HOUR)
    assert hand_offs.how_ended(told) == "The offer was redeemed: 2026-03-10 13:00 (Europe/Berlin)."
    fact = Event.objects.get(name="hand_off.closed")
    assert fact.properties == {"store": "berlin", "offer": "Tea at ten", "reason": "redeemed"}
    with pytest.raises(CannotEnd, match="The offer was redeemed"):
        ended(one)


def test_every_end_of_a_grant_closes_it() -> None:
    ada, ben, chidi = cast.ada(), cast.ben(), cast.chidi()
    reasons = {}
    for who, close in ((ada, offers.withdraw), (ben, offers.decline)):
        grant = granted(who, key=who.external_id.lower())
        one = agreed(who, grant=grant)
        close([grant.pk], NOW + HOUR)
        reasons[who] = HandOff.objects.get(pk=one.pk).reason
    over = agreed(chidi, grant=granted(chidi, key="over", valid_days=2))
    assert offers.expire(NOW + 2 * DAY) == 1
    over.refresh_from_db()
    assert (*reasons.values(), over.reason) == ("withdrawn", "declined", "expired")


def test_one_without_an_offer_is_closed_by_nothing() -> None:
    ada = cast.ada()
    grant, plain = granted(ada), agreed(ada)
    offers.withdraw([grant.pk], NOW)
    plain.refresh_from_db()
    assert plain.state == "agreed"


@pytest.mark.django_db(transaction=True)
def test_of_many_who_end_it_at_once_one_does() -> None:
    one, clerk = agreed(cast.ada()), cast.clerk()
    start = threading.Barrier(6)

    def tap(number: int) -> str:
        try:
            start.wait()
            return ended(one, who=clerk, key=f"tap {number}").ending_key
        except CannotEnd:
            return ""
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(tap, range(6)))
    assert sorted(map(bool, answers)) == [False] * 5 + [True]
    assert Touchpoint.objects.filter(outcome="done").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_hand_off_and_a_redemption_that_meet_leave_none_open_about_a_dead_grant() -> None:
    clerk, rosa, store = cast.clerk(), cast.rep(), cast.berlin()
    for number in range(8):
        who = cast.member(f"M-{number}")
        grant = granted(who, key=f"offer-{number}")
        start = threading.Barrier(2)

        def redeem(grant_id: int = grant.pk, start: threading.Barrier = start) -> None:
            start.wait()
            offers.redeem(grant_id, request_key="r", channel=Channel.COUNTER, now=NOW, who=clerk, store=store)
            connection.close()

        def hand_over(who=who, grant=grant, start=start) -> None:
            start.wait()
            try:
                agreed(who, grant=grant, rep=rosa, key="k")
            except CannotHandOff:
                pass
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            for doing in [pool.submit(redeem), pool.submit(hand_over)]:
                doing.result()
    assert not HandOff.objects.filter(state="agreed").exists()
    with pytest.raises(AlreadyRedeemed):
        offers.redeem(grant.pk, request_key="x", channel=Channel.COUNTER, now=NOW)


def test_undoing_the_redemption_has_the_store_expect_them_again() -> None:
    ada = cast.ada()
    grant = granted(ada)
    one, clerk = agreed(ada, grant=grant), cast.clerk()
    taken = offers.redeem(grant.pk, request_key="r", channel=Channel.COUNTER, now=NOW + HOUR, who=clerk)
    hand_offs.seen([one.pk], NOW + HOUR)
    offers.undo(taken.pk, request_key="u", now=NOW + HOUR + timedelta(minutes=1), who=clerk)
    [open_again] = hand_offs.of_store(cast.berlin().pk)
    assert (open_again, open_again.ended_at, open_again.due_at) == (one, None, one.due_at)
    assert mine(cast.rep()) == [one]
    offers.redeem(grant.pk, request_key="r2", channel=Channel.COUNTER, now=NOW + 2 * HOUR, who=clerk)
    assert Event.objects.filter(name="hand_off.closed").count() == 2


def test_undoing_reopens_none_that_ended_otherwise() -> None:
    ada = cast.ada()
    grant = granted(ada)
    one, clerk = agreed(ada, grant=grant), cast.clerk()
    ended(one, CALLED_OFF, now=NOW)
    taken = offers.redeem(grant.pk, request_key="r", channel=Channel.COUNTER, now=NOW, who=clerk)
    offers.undo(taken.pk, request_key="u", now=NOW + timedelta(minutes=1), who=clerk)
    assert HandOff.objects.get().state == "called_off"
