"""Live screens: one cheap question, answered with nothing while nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from channels import delivery, follow_ups, hand_offs, live
from channels.models import FollowUp, HandOff
from content import offers
from members import touchpoints
from members.models import Member, Touchpoint
from members.vocabulary import Channel
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.channels import outbox
from tests.channels.deliveries import granted, message
from tests.channels.hand_offs.promises import agreed
from tests.channels.test_desk import call, team

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Member:
    """Ada with an offer, a follow-up about it, and a store that expects her."""
    made, desk = cast.ada(), outbox.sender("desk")
    outbox.sender("email")
    grant = granted(made)
    call(made, team(), offer_id=grant.offer_id)
    delivery.deliver(desk, NOW)
    agreed(made, key="plain")
    return made


def redeem() -> None:
    offers.redeem(offers.current(Member.objects.get().pk, NOW)[0].pk, request_key="r", channel=Channel.COUNTER, now=NOW)


def note() -> None:
    who = Member.objects.get()
    touchpoints.record([Touchpoint(member=who, happened_at=NOW, channel="desk", direction="in", kind="note")], NOW)


CHANGES: dict[str, Callable[[], Any]] = {
    "redeemed": redeem,
    "taken": lambda: follow_ups.take(FollowUp.objects.get(), cast.rep(), NOW),
    "ended": lambda: hand_offs.end(
        HandOff.objects.get(), hand_offs.ENDS[0], who=cast.clerk(), request_key="tap", now=NOW
    ),
    "queued": lambda: message(Member.objects.get(), outbox.content(), channels=["email"], step_key="more"),
    "told": note,
    "withdrew": lambda: cast.consent(Member.objects.get(), "sms", granted=False),
    "moved": lambda: (
        cast.identity(cast.member("M-X"), "sms", "+4915550100002")
        and Member.objects.get(external_id="M-ADA").identities.filter(channel="sms").update(address="+4915550100002")
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_a_members_page_shows_changes_its_stamp(ada: Member, change: str) -> None:
    before = live.of_member(ada.pk, NOW)
    assert live.of_member(ada.pk, NOW) == before
    CHANGES[change]()
    assert live.of_member(ada.pk, NOW) != before


def test_so_does_time_alone_where_an_offer_ends_or_a_hand_off_is_overdue(ada: Member) -> None:
    stamps = [live.of_member(ada.pk, at) for at in (NOW, NOW + HOUR, NOW + DAY, NOW + 15 * DAY)]
    assert stamps[0] == stamps[1]
    assert len(set(stamps)) == 3


def test_what_happens_to_others_does_not(ada: Member) -> None:
    before = live.of_member(ada.pk, NOW)
    cast.consent(cast.ben(), "email")
    assert live.of_member(ada.pk, NOW) == before


@pytest.mark.parametrize("change", ["redeemed", "taken", "ended"])
def test_a_reps_first_page_knows_of_follow_ups_and_hand_offs(ada: Member, change: str) -> None:
    rosa = cast.rep()
    FollowUp.objects.get().team.users.add(rosa)
    before = live.of_desk(rosa)
    assert live.of_desk(rosa) == before
    CHANGES[change]()
    assert live.of_desk(rosa) != before


def test_nothing_is_said_while_nothing_changed() -> None:
    asked = RequestFactory().get("/live/", {"since": "abc"})
    quiet = live.answer(asked, "/live/", "abc")
    assert (quiet.status_code, quiet.content) == (204, b"")
    told = live.answer(asked, "/live/", "d-e")
    assert told.status_code == 200
    assert told.headers["HX-Trigger-After-Swap"] == "chorale:changed"
    assert r'hx-vals=\'{"since": "d\u002De"}\''.replace("\\'", "'") in told.content.decode()


def test_a_stamp_is_one_question(ada: Member) -> None:
    with CaptureQueriesContext(connection) as asked:
        live.of_member(ada.pk, NOW + timedelta(seconds=1))
    assert len(asked) == 1
