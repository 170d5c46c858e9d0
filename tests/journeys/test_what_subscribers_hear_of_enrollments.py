"""What subscribers hear of enrollments: entered, held out, converted and ended, each once, whatever moved them."""

from __future__ import annotations

from typing import Any

import pytest

from channels.models import Message, Sender
from journeys import audit, engine, publishing
from journeys.models import Enrollment
from members.models import Touchpoint
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.channels import outbox
from tests.channels.webhook.receiver import subscription, webhooks
from tests.journeys.drawn import published, tick

pytestmark = pytest.mark.django_db
REST: dict[str, Any] = {"key": "rest", "kind": "wait", "duration": {"days": 2}}
BOUGHT: dict[str, Any] = {"purchases": {"measure": "count", "op": "gte", "value": 1}}
GOAL: dict[str, Any] = {"goal": {"rule": BOUGHT, "within_days": 10}}
EVENTS = ["enrollment.entered", "enrollment.held_out", "enrollment.converted", "enrollment.ended"]


@pytest.fixture(autouse=True)
def shop() -> Sender:
    """Somebody who wants to hear of enrollments."""
    return subscription("http://127.0.0.1:9999/hooks", *EVENTS)


def heard() -> list[tuple[str, str]]:
    """What subscribers hear, as (type, reason), in the order in which it was queued."""
    told = [one.payload or {} for one in webhooks()]
    return [(each["type"].removeprefix("enrollment."), each["data"]["reason"]) for each in told]


def test_entering_and_reaching_the_end_are_told_once_each_however_often_time_passes() -> None:
    published([REST])
    ada = cast.ada()
    cast.event(ada, "go", NOW)
    for hours in range(0, 60, 10):
        tick(NOW + hours * HOUR)
        tick(NOW + hours * HOUR)
    assert heard() == [("entered", ""), ("ended", "finished")]
    [entered, ended] = [(one.payload or {})["data"] for one in webhooks()]
    assert entered == {
        "member": str(ada.public_id),
        "external_id": "M-ADA",
        "journey": "first",
        "journey_name": "First",
        "version": 1,
        "entry_key": "",
        "entered_at": NOW.isoformat(),
        "held_out": False,
        "converted_at": None,
        "ended_at": None,
        "reason": "",
    }
    assert ended == {**entered, "reason": "finished", "ended_at": ended["ended_at"]}
    assert ended["ended_at"] > (NOW + 2 * DAY).isoformat()


def test_an_exit_step_is_an_end_with_its_reason() -> None:
    published([{"key": "out", "kind": "exit"}])
    cast.event(cast.ada(), "go", NOW)
    tick(NOW)
    assert heard() == [("entered", ""), ("ended", "exit_step")]


def test_reaching_the_goal_under_way_is_a_conversion_and_an_end() -> None:
    published([REST], **GOAL)
    ada = cast.ada()
    cast.event(ada, "go", NOW)
    tick(NOW)
    cast.purchase(ada, NOW + HOUR)
    tick(NOW + HOUR)
    tick(NOW + HOUR)
    assert heard() == [("entered", ""), ("converted", "goal"), ("ended", "goal")]


def test_reaching_the_goal_after_the_end_is_a_conversion_alone() -> None:
    published([{**REST, "duration": {"hours": 1}}], **GOAL)
    ada = cast.ada()
    cast.event(ada, "go", NOW)
    tick(NOW)
    tick(NOW + 2 * HOUR)
    cast.purchase(ada, NOW + DAY)
    tick(NOW + DAY)
    assert heard() == [("entered", ""), ("ended", "finished"), ("converted", "finished")]


def test_an_exit_rule_is_an_end_once_also_where_it_only_keeps_back_a_message() -> None:
    outbox.sender("email")
    outbox.content("hello", ("email",))
    send = {"key": "mail", "kind": "send", "content": "hello", "channels": ["email"]}
    published([send], exit=BOUGHT)
    ada = cast.ada()
    cast.event(ada, "go", NOW)
    tick(NOW)
    assert heard() == [("entered", ""), ("ended", "finished")]
    cast.purchase(ada, NOW + HOUR)
    tick(NOW + HOUR)
    assert heard() == [("entered", ""), ("ended", "finished")]
    assert Message.objects.to_members().get().state == "cancelled"


def test_the_holdout_is_told_of_when_it_is_drawn_converts_and_ends() -> None:
    published([REST], holdout=0.5, **GOAL)
    crowd = cast.crowd(40)
    for who in crowd:
        cast.event(who, "go", NOW)
    tick(NOW)
    held_out = set(Enrollment.objects.filter(held_out=True).values_list("member_id", flat=True))
    drawn = {one.member_id for one in webhooks() if (one.payload or {})["type"] == "enrollment.held_out"}
    assert 0 < len(held_out) < 40
    assert drawn == held_out
    assert len(webhooks()) == 40
    lucky = next(who for who in crowd if who.pk in held_out)
    cast.purchase(lucky, NOW + HOUR)
    tick(NOW + HOUR)
    about = [(one.payload or {})["data"] for one in webhooks(member=lucky)]
    assert [(each["held_out"], each["reason"]) for each in about] == [(True, ""), (True, "goal"), (True, "goal")]
    tick(NOW + 11 * DAY)
    ends = [reason for event, reason in heard() if event == "ended"]
    assert ends.count("held_out") == len(held_out) - 1
    assert ends.count("finished") == 40 - len(held_out)


def test_stopping_a_journey_ends_everybody_once() -> None:
    journey = published([REST])
    for who in cast.crowd(3):
        cast.event(who, "go", NOW)
    tick(NOW)
    publishing.stop(journey, NOW)
    engine.end_journey(journey.pk, NOW)
    engine.end_journey(journey.pk, NOW)
    assert heard() == [("entered", "")] * 3 + [("ended", "stopped")] * 3


def test_whoever_is_not_admitted_is_not_told_of() -> None:
    published([REST])
    ada = cast.ada()
    for _again in range(2):
        cast.event(ada, "go", NOW)
        tick(NOW)
    assert heard() == [("entered", "")]


def test_a_batch_that_fails_undoes_what_was_told_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    published([REST])
    cast.event(cast.ada(), "go", NOW)

    def fail(*_anything: object) -> None:
        assert heard() == [("entered", "")]
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr("journeys.engine._leave_early", fail)
        with pytest.raises(RuntimeError):
            tick(NOW)
    assert heard() == []
    tick(NOW)
    assert heard() == [("entered", "")]


def test_a_journey_with_subscribers_keeps_every_promise_and_meets_nobody() -> None:
    published([REST], **GOAL)
    for who in cast.crowd(5):
        cast.event(who, "go", NOW)
    tick(NOW)
    assert {finding.name: finding.count for finding in audit.run(NOW) if finding.count} == {}
    assert not Touchpoint.objects.exists()
