"""Publishing, pausing, resuming and stopping a journey."""

from datetime import datetime
from typing import Any

import pytest

from channels import batches, delivery, handover
from channels.models import Hold, Message
from journeys import publishing
from journeys.definitions import BadDefinition
from journeys.models import Edge, Journey, Version
from journeys.publishing import NotPossible
from members import segments
from members.models import Listener, Segment
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.channels import deliveries
from tests.channels.deliveries import Script, script
from tests.channels.outbox import sender
from tests.journeys.drawn import messages, published, segment, stands, tick, told
from tests.journeys.shop import TAGGED, definition, furnish, path, send, step, wait

__all__ = ["script"]
pytestmark = pytest.mark.django_db
GO = {"fact": {"topic": "event", "name": "go"}}


@pytest.fixture(autouse=True)
def shop() -> None:
    furnish()


def journey(key: str = "first") -> Journey:
    found, _new = Journey.objects.get_or_create(key=key, defaults={"name": key, "kind": "greeting"})
    return found


def publish(*steps: dict[str, Any], now: datetime = NOW, **head: Any) -> Version:
    return publishing.publish(journey(), definition(*steps, **head), now)


def topics(of: Journey) -> set[str]:
    """What the journey listens to, apart from being named directly, or again."""
    found = Listener.objects.filter(listener=f"journey:{of.pk}").values_list("topic", flat=True)
    return set(found) - {f"{word}:{of.pk}" for word in ("entry", "existing", "ramp", "again")}


def test_publishing_stores_the_version_its_steps_and_its_ways() -> None:
    branch = step("branch", paths=[path("vip", send(), when=TAGGED)])
    version = publishing.publish(
        journey(), definition(branch, wait(), name="Hi", kind="upgrade", priority=7, holdout=0.1), NOW, cast.marketer()
    )
    assert (version.number, version.priority, float(version.holdout)) == (1, 7, 0.1)
    assert (version.published_at, version.published_by) == (NOW, cast.marketer())
    assert list(version.steps.values_list("key", "position", "depth")) == [
        ("branch", 0, 0),
        ("mail", 1, 1),
        ("rest", 2, 0),
    ]
    edges = Edge.objects.filter(step__version=version).values_list("step__key", "outcome", "target__key", "again")
    assert set(edges) == {
        ("branch", "vip", "mail", False),
        ("branch", "otherwise", "rest", False),
        ("mail", "queued", "rest", False),
        ("mail", "not_sent", "rest", False),
        ("rest", "next", None, False),
    }
    found = journey()
    assert (found.state, found.name, found.kind, found.current) == ("live", "Hi", "upgrade", version)


def test_a_second_version_takes_the_next_number_and_becomes_current() -> None:
    first, second = publish(), publish(wait())
    assert (first.number, second.number, journey().current) == (1, 2, second)


def test_a_published_version_never_changes() -> None:
    version = publish()
    for row in (version, version.steps.get(), Edge.objects.filter(step__version=version)[0]):
        with pytest.raises(TypeError, match="is part of a published version and never changes"):
            row.save()


def test_a_definition_with_a_mistake_publishes_nothing() -> None:
    with pytest.raises(BadDefinition):
        publish(send(content="helo"))
    assert not Version.objects.exists()
    assert journey().state == "draft"


def test_a_definition_of_another_journey_is_refused() -> None:
    with pytest.raises(BadDefinition, match="key: the journey is called `first`; keep its key"):
        publishing.publish(journey(), definition(key="second"), NOW)
    assert not Version.objects.exists()


def test_who_is_under_way_stays_on_the_version_of_entry() -> None:
    publish(wait("old"), entry=GO)
    ada = cast.ada()
    cast.event(ada, "go")
    tick(NOW)
    publish(wait("new"), entry=GO, now=NOW + HOUR)
    ben = cast.ben()
    cast.event(ben, "go", NOW + 2 * HOUR)
    tick(NOW + 2 * HOUR)
    assert (stands(ada), stands(ben)) == ("old", "new")
    tick(NOW + 3 * DAY)
    assert (stands(ada), stands(ben)) == ("finished", "finished")


def test_a_live_journey_listens_to_its_entry_its_waits_its_exit_and_its_goal() -> None:
    waiting = step("wait_for", fact={"topic": "event", "name": "call"}, timeout={"days": 1})
    publish(waiting, entry=GO, exit=TAGGED, goal={"rule": {"purchases": {"measure": "count", "op": "gt", "value": 0}}})
    assert topics(journey()) == {"event:go", "event:call", "tag", "purchase"}


def test_a_version_with_somebody_under_way_is_still_listened_for() -> None:
    publish(step("wait_for", fact={"topic": "points"}, timeout={"days": 1}), entry=GO)
    cast.event(cast.ada(), "go")
    tick(NOW)
    publish(wait(), entry={"date": {"of": "birthday"}}, now=NOW + HOUR)
    assert topics(journey()) == {"points"}
    tick(NOW + 40 * DAY)
    publish(wait(), now=NOW + 40 * DAY)
    assert topics(journey()) == set()


def test_the_entry_segment_is_kept_up_to_date_from_then_on() -> None:
    Segment.objects.update(active=False)
    cast.ada(tags=["vip"])
    version = publish(entry={"segment": {"key": "quiet"}})
    quiet = Segment.objects.get()
    assert (version.entry_segment, quiet.active, quiet.size, quiet.refreshed_at) == (quiet, True, 1, NOW)
    assert topics(journey()) == {f"segment.joined:{quiet.pk}"}


def test_members_of_a_segment_never_refreshed_before_are_no_news() -> None:
    ada = cast.ada(tags=["vip"])
    publish(wait(), entry={"segment": {"key": "quiet"}})
    tick(NOW)
    assert stands(ada) == "nowhere"


def test_who_is_in_the_segment_already_enters_once_a_stay() -> None:
    ada = cast.ada(tags=["vip"])
    entry = {"segment": {"key": "quiet", "include_existing": True}}
    publish(wait(), entry=entry, re_entry="after_exit")
    tick(NOW)
    assert stands(ada) == "rest"
    tick(NOW + 2 * DAY)
    assert stands(ada) == "finished"
    publish(wait("another"), entry=entry, re_entry="after_exit", now=NOW + 3 * DAY)
    tick(NOW + 3 * DAY)
    assert stands(ada) == "finished"


def test_pausing_holds_and_resuming_lifts() -> None:
    publish(entry=GO)
    publishing.pause(journey(), NOW, cast.marketer())
    hold = Hold.objects.get()
    assert (hold.scope, hold.scope_id, hold.who) == ("journey", str(journey().pk), cast.marketer())
    assert journey().state == "paused"
    publishing.resume(journey(), NOW + DAY)
    assert (journey().state, Hold.objects.count()) == ("live", 0)


def test_a_paused_journey_sends_nothing_not_even_what_is_queued_or_in_the_hands_of_a_worker(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier = deliveries.sender()
    publish(entry=GO)
    for who in cast.crowd(3):
        cast.event(who, "go")
    tick(NOW)
    publishing.pause(journey(), NOW)
    delivery.deliver(carrier, NOW + HOUR)
    publishing.resume(journey(), NOW + HOUR)

    # It is paused again when a worker has filled them in, just before they leave.
    def paused(*given: Any) -> Any:
        if journey().state == "live":
            publishing.pause(journey(), NOW + HOUR)
        return handover.hand_over(*given)

    with monkeypatch.context() as just_before:
        just_before.setattr(batches, "hand_over", paused)
        delivery.deliver(carrier, NOW + HOUR)
    assert set(Message.objects.values_list("state", "attempts")) == {("queued", 0)}
    assert script.addresses == []
    publishing.resume(journey(), NOW + 2 * HOUR)
    delivery.deliver(carrier, NOW + 2 * HOUR)
    assert len(script.addresses) == 3


def test_a_date_that_came_during_the_pause_is_past() -> None:
    publish(entry={"date": {"of": "birthday"}})
    publishing.pause(journey(), NOW)
    publishing.resume(journey(), NOW + 7 * DAY)
    assert journey().dates_until == NOW + 7 * DAY


def test_who_came_into_the_segment_during_the_pause_enters_afterwards_if_existing_ones_may() -> None:
    vips = segment("vips", TAGGED)
    publish(wait(), entry={"segment": {"key": "vips", "include_existing": True}})
    publishing.pause(journey(), NOW)
    ada = cast.ada(tags=["vip"])
    segments.refresh(vips, NOW + HOUR)
    tick(NOW + HOUR)
    assert told(ada) == [("", "not_entered", "paused")]
    publishing.resume(journey(), NOW + DAY)
    tick(NOW + DAY)
    assert stands(ada) == "rest"


def test_publishing_a_paused_journey_leaves_it_paused() -> None:
    publish(entry=GO)
    publishing.pause(journey(), NOW)
    version = publish(wait(), entry=GO)
    assert (journey().state, journey().current, Hold.objects.count()) == ("paused", version, 1)


def test_stopping_lets_everybody_go_and_is_final_until_it_is_published_again() -> None:
    publish(wait(), entry=GO)
    ada = cast.ada()
    cast.event(ada, "go")
    tick(NOW)
    assert publishing.stop(journey(), NOW + HOUR) == 1
    assert (stands(ada), journey().state, topics(journey())) == ("stopped", "stopped", set())
    assert not Hold.objects.exists()
    assert publishing.stop(journey(), NOW + HOUR) == 0
    publish(wait(), entry=GO, now=NOW + DAY)
    assert (journey().state, topics(journey())) == ("live", {"event:go"})


def test_stopping_cancels_also_what_waits_for_those_who_had_gone_all_the_way() -> None:
    """Quiet hours keep the last message until the morning, when its enrollment is long finished."""
    journey = published([send()])
    sender("email")
    ada = cast.ada()
    cast.event(ada, "go")
    tick(NOW)
    assert (stands(ada), messages(ada)) == ("finished", [("mail", "queued", "")])
    assert publishing.stop(journey, NOW + HOUR) == 0
    assert (stands(ada), messages(ada)) == ("finished", [("mail", "cancelled", "ended")])


def test_what_the_state_does_not_allow_is_refused_with_a_sentence() -> None:
    with pytest.raises(NotPossible, match="“first” is draft; this takes a journey that is live"):
        publishing.pause(journey(), NOW)
    with pytest.raises(NotPossible, match="this takes a journey that is paused"):
        publishing.resume(journey(), NOW)
    with pytest.raises(NotPossible, match="this takes a journey that is live / paused / stopped"):
        publishing.stop(journey(), NOW)
