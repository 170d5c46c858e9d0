"""A share of all members to whom no journey writes."""

from __future__ import annotations

from typing import Any

import pytest

from channels.models import Message
from journeys import audit, comparison, reports
from journeys.models import Enrollment, HoldoutPolicy
from members.models import Member
from tests import cast
from tests.cast import DAY, NOW
from tests.channels.outbox import content, sender
from tests.journeys.drawn import published, tick
from tests.roles import signed_in

pytestmark = pytest.mark.django_db

SEND: dict[str, Any] = {"key": "mail", "kind": "send", "content": "hello", "channels": ["email"]}
SCREEN = "/admin/journeys/holdoutpolicy/"


@pytest.fixture(autouse=True)
def _house(db: None) -> None:
    sender("email")
    content("hello")


def over_all(share: str) -> None:
    HoldoutPolicy.objects.update_or_create(pk=1, defaults={"share": share})


def invite(crowd: list[Member], now: Any = NOW) -> None:
    for who in crowd:
        cast.event(who, "go", now)
    tick(now)


def held(**of: Any) -> set[int]:
    return set(Enrollment.objects.filter(held_out=True, **of).values_list("member_id", flat=True))


def test_no_journey_writes_to_the_same_members_and_each_journey_draws_its_own_besides() -> None:
    """Independently: some are held out by one, some by the other, some by both."""
    over_all("0.4")
    plain, own = published([SEND], key="plain"), published([SEND], key="own", holdout=0.4)
    crowd = cast.crowd(150)
    invite(crowd)
    of_all, of_both = held(journey=plain), held(journey=own)
    assert 30 <= len(of_all) <= 90
    assert of_all < of_both
    among, outside = len(crowd) - len(of_all), len(of_both - of_all)
    assert 0.15 <= outside / among <= 0.65, "the journey's own lot does not follow that over all"
    assert not Message.objects.filter(journey_id=plain.pk, member_id__in=of_all).exists()
    assert not Message.objects.filter(journey_id=own.pk, member_id__in=of_both).exists()
    assert [finding.name for finding in audit.run(NOW) if finding.count and finding.name == "holdout"] == []


def test_a_larger_share_adds_members_a_smaller_one_keeps_the_first_and_what_was_drawn_stays() -> None:
    """Enrollments keep what was drawn for them."""
    published([SEND], re_entry="after_exit")
    crowd = cast.crowd(80)
    found = []
    for number, share in enumerate(("0", "0.3", "0.6", "0.3")):
        now = NOW + number * 40 * DAY
        over_all(share)
        tick(now)
        invite(crowd, now)
        found.append(held(entered_at=now))
    none, some, more, again = found
    assert none == set()
    assert set() < some < more
    assert again == some
    over_all("0")
    assert held(entered_at=NOW + 120 * DAY) == some


def test_both_holdouts_count_alike_in_the_comparison_of_a_journey() -> None:
    over_all("0.3")
    journey = published([SEND], holdout=0.3)
    invite(cast.crowd(60))
    numbers = reports.journey(journey)
    assert (numbers.held_out, numbers.entered) == (len(held()), 60 - len(held()))
    assert comparison.difference(0, numbers.entered, 0, numbers.held_out) is not None


def test_the_share_is_set_by_administrators_and_seen_by_marketers() -> None:
    """There is one row; its list is its page."""
    client = signed_in("Administrator")
    assert client.get(SCREEN).headers["Location"] == SCREEN + "add/"
    assert client.post(SCREEN + "add/", {"share": "0.95"}).status_code == 200
    assert not HoldoutPolicy.objects.exists()
    assert client.post(SCREEN + "add/", {"share": "0.05"}).status_code == 302
    assert str(HoldoutPolicy.objects.get(pk=1).share) == "0.050"
    assert client.get(SCREEN).headers["Location"] == SCREEN + "1/change/"
    assert client.get(SCREEN + "add/").status_code == 403
    assert client.post(SCREEN + "1/delete/", {"post": "yes"}).status_code == 403
    marketer = signed_in("Marketer")
    assert marketer.get(SCREEN + "1/change/").status_code == 200
    assert marketer.post(SCREEN + "1/change/", {"share": "0.5"}).status_code == 403
