"""Contact pressure: policies hold all at once, the most important message comes first, and a loser takes no room."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from channels.models import Message, PressurePolicy
from channels.queueing import Verdict
from channels.vocabulary import Reason
from members.models import Member, Membership, Segment
from tests import cast
from tests.cast import DAY, NOW
from tests.channels.outbox import ask, at_most, candidate, content, sender

pytestmark = pytest.mark.django_db
LATE = NOW + 60 * DAY


@pytest.fixture(autouse=True)
def senders(db: None) -> None:
    """A sender for every channel of addresses."""
    for channel in ("email", "sms", "chat"):
        sender(channel)


def segment_of(*members: Member) -> Segment:
    """A segment that holds these members."""
    made = Segment.objects.create(key="chosen", name="Chosen", rule={"tag": {"name": "chosen"}})
    Membership.objects.bulk_create(Membership(segment=made, member=who, since=NOW - 90 * DAY) for who in members)
    return made


def reasons(found: Sequence[Verdict]) -> list[str]:
    return [verdict.reason for verdict in found]


def test_a_policy_counts_its_channel_and_purpose_and_its_members_alone() -> None:
    """What another policy stops takes no room, and what no policy counts needs none."""
    ada, eve = cast.ada(), cast.member("M-EVE", email="eve@example.com", sms="+4915550100009", agreed=["email", "sms"])
    hello, bill = content(), content("bill", purpose="transactional")
    at_most(1, 7, channel="sms")
    at_most(1, 7, purpose="transactional")
    at_most(2, 7, segment=segment_of(ada), purpose="")
    sms, mail = {"channels": ["sms"]}, {"channels": ["email"]}
    asked = [{**sms, "priority": 1}, {**sms, "priority": 2}, {**mail, "priority": 3}, {**mail, "priority": 4}]
    for who, told in ((ada, ["", "lost", "", "lost"]), (eve, ["", "lost", "", ""])):
        found = ask(*(candidate(who, hello, origin_id=n, once_key=None, **one) for n, one in enumerate(asked)))
        assert reasons(found) == told
    # Ada has no room for anything; Eve has had no bill yet.
    bills = [candidate(who, bill, step_key="bill", channels=["email"]) for who in (ada, eve)]
    assert reasons(ask(*bills)) == ["capped", ""]
    assert reasons(ask(candidate(eve, bill, step_key="reminder", channels=["email"]))) == ["capped"]


def test_a_policy_that_is_switched_off_or_of_others_stops_nobody() -> None:
    ada, hello = cast.ada(), content()
    at_most(0, 7, segment=segment_of(cast.ben()))
    PressurePolicy.objects.create(messages=0, days=7, active=False)
    assert reasons(ask(candidate(ada, hello))) == [""]


def test_who_is_capped_hears_by_which_messages_and_the_policy_that_takes_longest() -> None:
    """Of two policies without room the one that makes room last says when to ask again."""
    short, long = at_most(1, 2), at_most(2, 14, channel="email")
    ada, hello = cast.ada(), content()
    ids = []
    for number, days in enumerate((9, 3)):
        [sent] = ask(candidate(ada, hello, step_key=f"s{number}"), now=NOW - days * DAY)
        ids.append(sent.message_id)
    [capped] = ask(candidate(ada, hello, expires_at=LATE))
    assert (capped.reason, capped.policy, list(capped.counted)) == (Reason.CAPPED, long, ids[::-1])
    assert capped.retry_at == NOW + 5 * DAY
    [sms] = ask(candidate(ada, hello, step_key="sms", channels=["sms"], expires_at=LATE))
    [again] = ask(candidate(ada, hello, step_key="again", channels=["sms"], expires_at=LATE))
    assert (again.reason, again.policy, list(again.counted)) == (Reason.CAPPED, short, [sms.message_id])
    assert again.retry_at == NOW + 2 * DAY


def test_no_room_at_all_is_never_asked_again() -> None:
    """Nought messages in so many days: there will never be room."""
    at_most(0, 7)
    [never] = ask(candidate(cast.ada(), content(), expires_at=LATE))
    assert (never.reason, never.retry_at, list(never.counted)) == (Reason.CAPPED, None, [])


def test_tests_and_what_members_asked_for_are_no_pressure() -> None:
    """They take no room and need none."""
    at_most(1, 7, purpose="")
    ada, hello = cast.ada(), content()
    for kind in ("test", "counter", "opt_in"):
        given = {"purpose_given": "transactional", "journey_id": None, "once_key": None}
        assert reasons(ask(candidate(ada, hello, origin_kind=kind, **given))) == [""]
    assert reasons(ask(candidate(ada, hello))) == [""]


def test_a_message_that_is_known_already_takes_no_second_place() -> None:
    """A lost answer is asked again together with something new."""
    at_most(2, 7)
    ada, hello = cast.ada(), content()
    [first] = ask(candidate(ada, hello, origin_id=1))
    again, new, more = ask(*(candidate(ada, hello, origin_id=n, journey_name=f"J{n}") for n in (1, 2, 3)))
    assert (again.message_id, again.reason, new.reason) == (first.message_id, "", "")
    assert (more.reason, more.winner, more.winner_id) == (Reason.LOST, "J2", new.message_id)


def test_a_winner_whose_address_another_member_came_to_first_leaves_its_room_to_the_next() -> None:
    """Two members share an address and one of them has a second message: each gets one."""
    at_most(1, 7)
    hello = content()
    one, two = (cast.member(f"S-{n}", email="both@example.com", agreed=["email"]) for n in (1, 2))
    found = ask(
        candidate(one, hello, origin_id=1, priority=1),
        candidate(two, hello, origin_id=2, priority=1),
        candidate(two, content("other"), origin_id=3, priority=2, step_key="other"),
        candidate(one, content("third"), origin_id=4, priority=2, step_key="third"),
    )
    sent = dict(Message.objects.values_list("member__external_id", "step_key"))
    assert sorted(sent.values()) in (["mail", "other"], ["mail", "third"])
    assert sorted(reasons(found)) == ["", "", "lost", "shared_address"]


@pytest.mark.parametrize("seed", range(4))
def test_any_policies_and_candidates_are_judged_as_one_by_one(seed: int) -> None:
    """Held against a naive reading: the most important first, each asked whether it fits under every policy."""
    draw = random.Random(seed)
    crowd = [_reachable(number) for number in range(8)]
    chosen = segment_of(*crowd[::2])
    kinds = {purpose: content(purpose, purpose=purpose) for purpose in ("promotional", "service")}
    before = [_asked(draw, who, kinds, number) for number in range(5) for who in crowd]
    for one in before:
        ask({**one, "origin_kind": "rep"}, now=NOW - draw.randint(1, 200) * timedelta(hours=1))
    for _ in range(draw.randint(1, 4)):
        PressurePolicy.objects.create(
            messages=draw.randint(1, 4),
            days=draw.choice([1, 3, 7]),
            purpose=draw.choice(["promotional", "service", ""]),
            channel=draw.choice(["email", "sms", "", ""]),
            segment=draw.choice([chosen, None, None]),
        )
    known: list[Any] = list(Message.objects.values("member_id", "channel", "purpose", "planned_at"))
    wanted = [_asked(draw, who, kinds, 10 + number) for number in range(draw.randint(1, 6)) for who in crowd]
    found = {(one.origin_id, one.step_key): one for one in ask(*wanted)}
    told = {key: (one.reason, one.winner) for key, one in found.items()}
    assert told == {key: answer for who in crowd for key, answer in _one_by_one(who, wanted, known).items()}


def _reachable(number: int) -> Member:
    return cast.member(
        f"R-{number}", email=f"r{number}@example.com", sms=f"+49155502000{number:02}", agreed=["email", "sms"]
    )


def _asked(draw: random.Random, who: Member, kinds: dict[str, Any], number: int) -> dict[str, Any]:
    what = draw.choice(["promotional", "service"])
    rank = {"priority": draw.randint(1, 3), "expires_at": LATE + draw.randint(0, 2) * DAY}
    place = {"channels": [draw.choice(["email", "sms"])], "origin_id": who.pk * 100 + number, "step_key": what}
    return candidate(who, kinds[what], **place, **rank, journey_id=number, journey_name=f"J{number}", once_key=None)


def _one_by_one(who: Member, wanted: list[dict[str, Any]], known: list[dict[str, Any]]) -> dict[Any, tuple[str, str]]:
    said: dict[Any, tuple[str, str]] = {}
    policies = [one for one in PressurePolicy.objects.order_by("pk") if _holds(one, who)]
    sent: dict[int, list[dict[str, Any]]] = {one.pk: [] for one in policies}
    mine = [one for one in wanted if one["member_id"] == who.pk]
    for one in sorted(mine, key=lambda one: (one["priority"], one["expires_at"], one["origin_id"], one["step_key"])):
        counted = [policy for policy in policies if _counts(policy, one["channels"][0], one["step_key"])]
        room = {policy.pk: policy.messages - _before(policy, who, known) for policy in counted}
        full = [pk for pk, free in room.items() if free <= len(sent[pk])]
        answer = ("lost", sent[full[0]][0]["journey_name"]) if full and min(room.values()) > 0 else ("", "")
        said[one["origin_id"], one["step_key"]] = ("capped", "") if room and min(room.values()) <= 0 else answer
        for policy in counted if not full else ():
            sent[policy.pk].append(one)
    return said


def _holds(policy: PressurePolicy, who: Member) -> bool:
    return policy.segment_id is None or Membership.objects.filter(segment=policy.segment_id, member=who).exists()


def _counts(policy: PressurePolicy, channel: str, purpose: str) -> bool:
    return policy.channel in ("", channel) and policy.purpose in ("", purpose)


def _before(policy: PressurePolicy, who: Member, known: list[dict[str, Any]]) -> int:
    span = timedelta(days=policy.days)
    return sum(
        one["member_id"] == who.pk
        and _counts(policy, one["channel"], one["purpose"])
        and NOW - span < one["planned_at"] < NOW + span
        for one in known
    )
