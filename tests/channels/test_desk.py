"""Follow-ups: a team gets as many a day as it can take on, the most important first, and nobody twice."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from channels import delivery
from channels.models import FollowUp, Message, Sender, Team
from content.models import Content
from members.models import Member, Touchpoint
from tests import cast
from tests.cast import DAY, NOW
from tests.channels import outbox
from tests.channels.deliveries import message, states

pytestmark = pytest.mark.django_db
TOMORROW_IN_BERLIN = datetime(2026, 3, 10, 23, 0, tzinfo=UTC)


@pytest.fixture
def desk() -> Sender:
    return outbox.sender("desk")


def team(capacity: int = 50, key: str = "recovery", **fields: Any) -> Team:
    return Team.objects.create(key=key, name=key.title(), daily_capacity=capacity, **fields)


def call(who: Member, whom: Team | None, what: Content | None = None, **fields: Any) -> Message:
    script = what or Content.objects.filter(key="call").first() or outbox.content("call", ("desk",))
    return message(who, script, channels=["desk"], team_id=whom.pk if whom else None, **fields)


def test_a_message_to_people_becomes_a_follow_up_that_is_due_at_its_deadline(desk: Sender) -> None:
    berlin, dora = team(store=cast.berlin()), cast.dora()
    given = call(dora, berlin)
    assert delivery.deliver(desk, NOW).sent == 1
    follow_up = FollowUp.objects.get()
    assert (follow_up.message, follow_up.member, follow_up.team) == (given, dora, berlin)
    assert (follow_up.state, follow_up.assignee, follow_up.result) == ("open", None, "")
    assert (follow_up.given_on, follow_up.created_at) == (date(2026, 3, 10), NOW)
    assert follow_up.due_at == given.expires_at
    assert Message.objects.get().carrier_id == str(follow_up.public_id)
    assert Touchpoint.objects.get(member=dora).kind == "follow_up"


def test_a_full_day_lets_the_least_important_wait_until_the_next_one_opens(desk: Sender) -> None:
    small = team(2, store=cast.berlin())
    outbox.quiet("desk", "09:00", "18:00")
    calls = [call(who, small, priority=priority) for who, priority in zip(cast.crowd(4), (9, 1, 5, 3), strict=True)]
    done = delivery.deliver(desk, NOW)
    assert (done.sent, done.queued) == (2, 2)
    assert states(*calls) == [("queued", "over_capacity"), ("sent", ""), ("queued", "over_capacity"), ("sent", "")]
    waiting = Message.objects.get(pk=calls[0].pk)
    assert waiting.words == "The team has its 2 follow-ups for 2026-03-10."
    assert (waiting.due_at, waiting.attempts) == (TOMORROW_IN_BERLIN + timedelta(hours=9), 0)
    assert delivery.deliver(desk, waiting.due_at - timedelta(seconds=1)).claimed == 0
    assert delivery.deliver(desk, waiting.due_at).sent == 2
    assert states(*calls) == [("sent", "")] * 4
    assert Sender.objects.get().failing_since is None


def test_without_hours_the_next_day_opens_with_its_first_minute(desk: Sender) -> None:
    full = team(0, store=cast.berlin())
    call(cast.ada(), full)
    delivery.deliver(desk, NOW)
    assert Message.objects.get().due_at == TOMORROW_IN_BERLIN


def test_what_finds_no_place_before_its_deadline_ends_as_over_capacity(desk: Sender) -> None:
    full = team(0)
    waiting = call(cast.ada(), full, expires_at=NOW + timedelta(hours=2))
    delivery.deliver(desk, NOW)
    assert states(waiting) == [("queued", "over_capacity")]
    delivery.expire(NOW + timedelta(hours=2))
    assert states(waiting) == [("cancelled", "over_capacity")]


def test_each_team_has_its_own_day(desk: Sender) -> None:
    berlin, lisbon = team(1, "berlin", store=cast.berlin()), team(1, "lisbon", store=cast.lisbon())
    # Half past eleven in the evening in Lisbon is half past midnight in Berlin.
    late = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)
    first = [call(who, whom) for who, whom in zip(cast.crowd(2), (berlin, lisbon), strict=True)]
    delivery.deliver(desk, NOW)
    second = [call(who, whom) for who, whom in zip(cast.crowd(2, "N-"), (berlin, lisbon), strict=True)]
    delivery.deliver(desk, late)
    assert states(*first, *second) == [("sent", "")] * 3 + [("queued", "over_capacity")]
    assert [follow_up.given_on.day for follow_up in FollowUp.objects.order_by("pk")] == [10, 10, 11]


def test_a_follow_up_that_is_done_has_used_its_place_all_the_same(desk: Sender) -> None:
    small = team(1)
    first, second = (call(who, small) for who in cast.crowd(2))
    delivery.deliver(desk, NOW, limit=1)
    FollowUp.objects.update(state="done")
    delivery.deliver(desk, NOW)
    assert states(first, second) == [("sent", ""), ("queued", "over_capacity")]


def test_a_message_without_a_team_is_refused(desk: Sender) -> None:
    nobodys = call(cast.ada(), None)
    delivery.deliver(desk, NOW)
    assert states(nobodys) == [("refused", "carrier_refused")]
    assert Message.objects.get().words == "The message names no team that exists."


def test_a_worker_that_died_after_giving_gives_nobody_a_second_call(desk: Sender) -> None:
    small = team(1)
    given = call(cast.ada(), small)
    delivery.deliver(desk, NOW)
    # As if the worker had been killed before it wrote down that the follow-up was given.
    Message.objects.update(
        state="handed", lease_token="3f0e6a52-7f0f-4a54-9a4e-0c2f6d7b8a91", lease_until=NOW, carrier_id=""
    )
    assert delivery.recover(NOW) == (0, 1)
    assert delivery.deliver(desk, NOW).sent == 1
    assert states(given) == [("sent", "")]
    assert FollowUp.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_exceed_a_teams_capacity() -> None:
    desk, small = outbox.sender("desk"), team(3)
    for who in cast.crowd(8):
        call(who, small)
    together = threading.Barrier(2)

    def work() -> int:
        together.wait(30)
        try:
            return sum(delivery.deliver(desk, NOW + DAY * 0, limit=1).sent for _ in range(4))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        sent = [job.result() for job in [pool.submit(work), pool.submit(work)]]
    assert sum(sent) == 3
    assert FollowUp.objects.count() == 3
    assert Message.objects.filter(reason="over_capacity").count() == 5
