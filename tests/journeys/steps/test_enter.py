"""Enter: a cohort is named for another journey."""

from __future__ import annotations

from typing import Any

import pytest

from journeys import publishing, wording
from journeys.models import Enrollment, Journey, Trace
from members.models import News
from tests import cast
from tests.cast import DAY, NOW
from tests.journeys.drawn import published, stands, tick, told

pytestmark = pytest.mark.django_db

WAIT: dict[str, Any] = {"key": "rest", "kind": "wait", "duration": {"days": 2}}
ENTER: dict[str, Any] = {"key": "other", "kind": "enter", "journey": "club"}
NEVER = {"fact": {"topic": "event", "name": "never"}}


def test_the_cohort_enters_the_other_journey_by_its_own_rules_and_everybody_goes_on() -> None:
    """Ben is quiet, Chidi is there already: both are told why in the club's trace."""
    club = published([WAIT], key="club", exit={"tag": {"name": "quiet"}})
    ada, ben, chidi = cast.ada(), cast.ben(), cast.chidi()
    cast.event(chidi, "go")
    tick(NOW)
    cast.tag(ben, "quiet")
    first = published([ENTER, WAIT], entry={"fact": {"topic": "event", "name": "come"}})
    for who in (ada, ben, chidi):
        cast.event(who, "come")
    tick(NOW)
    assert [stands(who, first) for who in (ada, ben, chidi)] == ["rest"] * 3
    assert [stands(who, club) for who in (ada, ben, chidi)] == ["rest", "nowhere", "rest"]
    of_club = Trace.objects.filter(journey=club, outcome="not_entered").order_by("id")
    assert sorted(of_club.values_list("member_id", "reason")) == sorted(
        [(ben.pk, "exit_rule"), (chidi.pk, "under_way")]
    )
    assert not News.objects.exists()


def test_what_the_entry_was_about_goes_along() -> None:
    """Two orders are two entries there, too."""
    club = published([WAIT], key="club", entry=NEVER)
    published([ENTER], entry={"fact": {"topic": "event", "name": "order", "key": "order_id"}})
    ada = cast.ada()
    for order in ("A-1", "A-2"):
        cast.event(ada, "order", order_id=order)
    tick(NOW)
    keys = Enrollment.objects.filter(journey=club).values_list("entry_key", flat=True)
    assert sorted(keys) == ["A-1", "A-2"]


def test_a_journey_that_takes_nobody_in_is_told_in_the_trace_of_the_step() -> None:
    """Stopped, and never published."""
    Journey.objects.create(key="draft", name="Draft", kind="greeting")
    club = published([WAIT], key="club", entry=NEVER)
    published([ENTER, {**ENTER, "key": "drawn", "journey": "draft"}, WAIT])
    publishing.stop(club, NOW)
    ada = cast.ada()
    cast.event(ada, "go")
    tick(NOW)
    assert told(ada)[1:3] == [("other", "next", "not_live"), ("drawn", "next", "not_live")]
    row = Trace.objects.filter(member=ada, step_key="other").get()
    assert wording.told(row).words == "Went on: The other journey is a draft or stopped, and takes nobody in."
    assert not News.objects.exists()


def test_a_paused_journey_tells_why_and_the_whole_chain_is_walked_in_one_look() -> None:
    """Three journeys at one instant, the last of them paused."""
    last = published([WAIT], key="last", entry=NEVER)
    club = published([{**ENTER, "journey": "last"}, WAIT], key="club", entry=NEVER)
    published([ENTER])
    publishing.pause(last, NOW)
    ada = cast.ada()
    cast.event(ada, "go")
    tick(NOW)
    assert (stands(ada, club), stands(ada, last)) == ("rest", "nowhere")
    assert Trace.objects.get(journey=last).reason == "paused"


def test_journeys_whose_older_versions_enter_one_another_come_to_rest() -> None:
    """The check looks at what is published; who is under way in an older version may still go back."""
    first = Journey.objects.create(key="first", name="First", kind="greeting")
    back = published([WAIT, {**ENTER, "journey": "first"}], key="club", entry=NEVER, re_entry="after_exit")
    ada = cast.ada()
    plain = {"key": "first", "name": "First", "kind": "greeting", "entry": {"fact": {"topic": "event", "name": "go"}}}
    publishing.publish(first, {**plain, "steps": [{"key": "out", "kind": "exit"}], "re_entry": "after_exit"}, NOW)
    feeder = published([ENTER], key="feeder", entry={"fact": {"topic": "event", "name": "come"}})
    cast.event(ada, "come")
    tick(NOW)
    assert (stands(ada, feeder), stands(ada, back)) == ("finished", "rest")
    publishing.publish(back, {**Journey.objects.get(key="club").draft, "steps": [WAIT]}, NOW)
    publishing.publish(first, {**plain, "steps": [ENTER], "re_entry": "after_exit"}, NOW)
    tick(NOW + 2 * DAY)
    assert (stands(ada, first), stands(ada, back)) == ("finished", "rest")


def test_the_same_instant_never_admits_a_member_again() -> None:
    """Whatever leads back, a look comes to its end."""
    journey = published([{"key": "out", "kind": "exit"}], re_entry="after_exit")
    ada = cast.ada()
    for _ in range(2):
        cast.event(ada, "go")
        tick(NOW)
    assert Enrollment.objects.filter(journey=journey).count() == 1
    assert told(ada)[-1] == ("", "not_entered", "not_again")
    cast.event(ada, "go", NOW + DAY)
    tick(NOW + DAY)
    assert Enrollment.objects.filter(journey=journey).count() == 2
