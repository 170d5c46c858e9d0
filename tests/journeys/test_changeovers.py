"""What becomes of members under way when another version is published: planned, shown, and done as it was shown."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest
from django.db import connection

from channels.models import Message
from content.models import Grant
from journeys import audit, changeover, engine, explaining, publishing
from journeys.changeover import BadMapping, ChangePlan
from journeys.models import Changeover, Enrollment, Journey, StepCount, Trace
from journeys.publishing import Terms
from members.models import SHARDS, Member
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.channels.outbox import at_most, sender
from tests.journeys.drawn import messages, published, stands, tick, told
from tests.journeys.shop import furnish, path, send, step, wait

pytestmark = pytest.mark.django_db
TAGGED = {"tag": {"name": "vip"}}
MOVE = {"*": ":same"}


@pytest.fixture(autouse=True)
def shop() -> None:
    furnish()
    sender("email")


def entered(*who: Member) -> None:
    for one in who:
        cast.event(one, "go")
    tick(NOW)


def drawn(*steps: dict[str, Any]) -> Mapping[str, Any]:
    return {**Journey.objects.get().draft, "steps": list(steps)}


def asked(*steps: dict[str, Any], mapping: Mapping[str, str] = MOVE) -> ChangePlan:
    return publishing.plan(Journey.objects.get(), drawn(*steps), NOW, Terms(mapping)).changes


def republish(*steps: dict[str, Any], mapping: Mapping[str, str] = MOVE) -> Changeover:
    version = publishing.publish(Journey.objects.get(), drawn(*steps), NOW + HOUR, terms=Terms(mapping))
    return Changeover.objects.get(version=version)


def row(plan: ChangePlan, key: str) -> Any:
    (found,) = [one for one in plan.rows if one.key == key]
    return found


def counted(missed: Any) -> dict[str, int]:
    return {one.key: one.members for one in missed}


def clean() -> list[str]:
    return [finding.name for finding in audit.run(NOW + HOUR) if finding.count]


def test_without_a_mapping_everybody_stays_on_their_version_and_the_plan_says_so() -> None:
    published([wait()])
    entered(*cast.crowd(3))
    plan = asked(wait(), send(), mapping={})
    assert [(one.key, one.versions, one.to, one.kept) for one in plan.rows] == [("rest", {1: 3}, ":stay", True)]
    assert (plan.stay, plan.move, plan.end) == (3, 0, 0)
    done = republish(wait(), send(), mapping={})
    assert (done.moved, done.planned) == ({}, {})
    assert set(Enrollment.objects.values_list("version__number", flat=True)) == {1}


def test_members_of_two_versions_are_shown_apart_and_move_to_the_step_of_the_same_key() -> None:
    """Their wait goes on: it is as long as the new version says, from when they came."""
    published([wait()])
    ada, ben = cast.ada(), cast.ben()
    entered(ada)
    republish(wait(duration={"days": 2}), mapping={})
    cast.event(ben, "go", NOW + HOUR)
    tick(NOW + HOUR)
    steps = (wait(duration={"days": 4}), send())
    plan = asked(*steps)
    assert (row(plan, "rest").versions, plan.move) == ({1: 1, 2: 1}, 2)
    assert republish(*steps).moved == {"rest": {"rest": 2}}
    tick(NOW + 4 * DAY - HOUR)
    assert (stands(ada), stands(ben)) == ("rest", "rest")
    tick(NOW + 4 * DAY)
    assert (messages(ada), messages(ben)) == ([("mail", "queued", "")], [])
    assert ("rest", "moved", "") in told(ada)


def test_a_step_that_is_gone_must_be_mapped_and_its_members_go_where_the_mapping_says() -> None:
    published([step("branch", paths=[path("vip", wait("old"), when=TAGGED)]), wait("late")])
    vip, plain = cast.ada(tags=["vip"]), cast.ben()
    entered(vip, plain)
    with pytest.raises(BadMapping, match="1 member stands at `late`, which the new version does not have; map it to"):
        asked(wait("old"), send())
    plan = asked(wait("old"), send(), mapping={**MOVE, "late": "mail"})
    assert (row(plan, "late").to, row(plan, "late").kept, plan.move) == ("mail", False, 2)
    republish(wait("old"), send(), mapping={**MOVE, "late": "mail"})
    tick(NOW + HOUR)
    assert (stands(vip), messages(plain)) == ("old", [("mail", "queued", "")])
    assert clean() == []


def test_who_has_no_place_may_be_let_go_and_what_was_queued_for_them_is_cancelled() -> None:
    published([send(), wait()])
    ada = cast.ada()
    entered(ada)
    plan = asked(send("other"), mapping={"rest": ":end"})
    assert (plan.end, plan.move, plan.stay) == (1, 0, 0)
    assert republish(send("other"), mapping={"rest": ":end"}).moved == {"rest": {":end": 1}}
    assert (stands(ada), messages(ada)) == ("new_version", [("mail", "cancelled", "ended")])
    assert clean() == []


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ({"rst": "mail"}, "No version of this journey has a step `rst` to map; did you mean `rest`?"),
        ({"rest": "mial"}, "`rest` is mapped to `mial`, which is no step of the new version; did you mean `mail`?"),
        ({"*": "mail"}, "`*` must be `:stay`, `:same` or `:end`; map single steps by their keys. It is `mail`."),
        ({"rest": ":same"}, "`rest` is mapped to `rest`, which is no step of the new version; "),
    ],
)
def test_a_mistake_in_the_mapping_is_one_sentence_and_publishes_nothing(mapping: dict[str, str], sentence: str) -> None:
    published([wait()])
    entered(cast.ada())
    with pytest.raises(BadMapping) as refused:
        republish(send(), mapping=mapping)
    assert str(refused.value).startswith(sentence)
    assert set(Journey.objects.get().versions.values_list("number", flat=True)) == {1}


def test_who_moves_forward_skips_what_they_never_had_and_who_moves_back_repeats_no_message() -> None:
    """Only the way that they took at a branch counts: nobody skips what stands on another."""
    split = step("branch", paths=[path("vip", wait("a"), send("vip-mail"), when=TAGGED)], otherwise=[send("mail")])
    published([split, wait("b", duration={"days": 9})])
    vip, plain = cast.ada(tags=["vip"]), cast.ben()
    entered(vip, plain)
    tick(NOW + DAY)  # the VIP has had the mail for VIPs now, and both rest
    branch = step(
        "branch",
        paths=[path("vip", wait("a"), send("vip-mail"), send("vip-new"), when=TAGGED)],
        otherwise=[send("mail"), send("plain-new")],
    )
    plan = asked(branch, wait("new"), wait("b"))
    assert counted(row(plan, "b").skips) == {"vip-new": 1, "plain-new": 1, "new": 2}
    assert counted(row(plan, "b").repeats) == {}
    back = asked(branch, wait("new"), wait("b"), mapping={"b": "branch"})
    assert counted(row(back, "b").repeats) == {"branch": 2, "a": 1, "vip-mail": 1, "mail": 1}
    assert [one.sends for one in row(back, "b").repeats] == [False, False, True, True]
    republish(branch, wait("new"), wait("b"), mapping={"b": "branch"})
    for hours in range(1, 30):
        tick(NOW + DAY + hours * HOUR)
    sent = Message.objects.order_by("id").values_list("member__external_id", "step_key")
    assert sorted(sent) == [("M-ADA", "vip-mail"), ("M-ADA", "vip-new"), ("M-BEN", "mail"), ("M-BEN", "plain-new")]
    assert clean() == []


def test_a_step_deleted_from_a_live_journey_sends_nothing_again() -> None:
    """mautic #16262: one e-mail was sent 11,500 times to 100 contacts after a step was deleted from a live campaign."""
    published([send(), wait(), send("gone", content="letter"), wait("later")])
    crowd = cast.crowd(5)
    entered(*crowd)
    tick(NOW + DAY)  # both are sent
    for mapping in ({"later": "mail"}, {"*": ":same"}, {"rest": "mail", "*": ":same"}):
        republish(send(), wait(), wait("later"), mapping=mapping)
        for hours in range(24, 24 * 6, 12):
            tick(NOW + hours * HOUR)
    assert Message.objects.filter(step_key="mail").count() == 5
    assert Message.objects.count() == 10
    assert set(Enrollment.objects.values_list("state", flat=True)) == {"ended"}
    assert clean() == []


def test_who_moves_behind_a_grant_is_warned_of_and_gets_no_message_about_it() -> None:
    promise = send("promise", content="promise")
    published([wait()])
    ada, ben = cast.ada(), cast.ben()
    entered(ada, ben)
    steps = (step("grant_offer", offer="ten-off"), promise, wait())
    warned = row(asked(*steps, mapping={"rest": "promise"}), "rest").warnings
    assert any(one.startswith("2 members have no live grant of `ten-off`") for one in warned)
    assert any(one == "`promise` is another kind of step: send a message." for one in warned)
    assert row(asked(*steps, mapping={"rest": "grant-offer"}), "rest").warnings == [
        "`grant-offer` is another kind of step: grant an offer."
    ]
    republish(*steps, mapping={"rest": "promise"})
    tick(NOW + HOUR)
    assert ("promise", "not_sent", "no_grant") in told(ada)
    assert not Grant.objects.exists()


def test_what_broke_off_is_finished_later_and_nobody_is_moved_twice() -> None:
    published([wait()])
    crowd = cast.crowd(40)
    entered(*crowd)
    found = republish(wait("other"), mapping={"rest": "other"})
    # As if the worker had died after half of the shards, with everybody of the others where they were.
    first = Journey.objects.get().versions.get(number=1)
    late = Enrollment.objects.filter(shard__gte=32)
    expected = late.count()
    late.update(version=first, step=first.steps.get())
    StepCount.objects.filter(outcome="arrived", step_key="other").update(count=40 - expected)
    StepCount.objects.filter(outcome="left", step_key="rest").delete()
    StepCount.objects.create(
        journey=first.journey, step_key="rest", outcome="left", day=NOW.date(), count=40 - expected
    )
    Changeover.objects.filter(pk=found.pk).update(done_at=None, next_shard=32, moved={"rest": {"other": 40 - expected}})
    assert changeover.finish_all(NOW + 2 * HOUR) == 1
    assert changeover.finish_all(NOW + 2 * HOUR) == 0
    found.refresh_from_db()
    assert (found.moved, found.next_shard) == ({"rest": {"other": 40}}, SHARDS)
    assert Trace.objects.filter(outcome="moved").count() == 40 + expected


def test_what_was_shown_is_what_happens_and_what_differs_is_told() -> None:
    """Members go on between the look at the plan and the deed: where they stand then is what counts."""
    published([wait(), wait("second"), wait("third")])
    entered(*cast.crowd(6))
    seen = asked(wait("second"), wait("third"), mapping={"rest": "third", "second": "third"})
    assert (row(seen, "rest").members, seen.move) == (6, 6)
    tick(NOW + DAY)  # all are at the second wait now
    cast.event(cast.ada(), "go", NOW + DAY)
    tick(NOW + DAY)
    found = republish(wait("second"), wait("third"), mapping={"rest": "third", "second": "third"})
    assert found.moved == {"second": {"third": 6}, "rest": {"third": 1}} == found.planned
    told_of = changeover.finish(found.version, NOW + DAY)
    assert (told_of.moved, told_of.ended, told_of.differs) == (7, 0, 0)
    assert clean() == []


def test_members_who_move_while_they_are_moved_are_nowhere_twice(transactional_db: None) -> None:
    """Workers tick all the while; the changeover says by how much it differed from its plan."""
    published([wait(), wait("second", duration={"days": 1}), wait("third", duration={"days": 90})])
    entered(*cast.crowd(60))
    errors: list[Exception] = []

    def run() -> None:
        try:
            for shard in reversed(range(SHARDS)):
                engine.tick([shard], NOW + DAY)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    found = republish(wait("second"), wait("last", duration={"days": 9}), mapping={"rest": "last"})
    for thread in threads:
        thread.join()
    tick(NOW + DAY)
    assert not errors
    said = changeover.finish(found.version, NOW + DAY)
    moved = Enrollment.objects.filter(version=found.version, step__key="last").count()
    stayed = Enrollment.objects.filter(version__number=1, step__key="second").count()
    assert (moved + stayed, said.moved) == (60, moved)
    assert said.differs == moved - sum(found.planned.get("rest", {}).values())
    assert clean() == []


def test_an_earlier_version_comes_back_as_a_new_one_and_the_draft_stays() -> None:
    journey = published([wait()])
    ada = cast.ada()
    republish(wait("second"), wait("third"), mapping={})
    cast.event(ada, "go", NOW + HOUR)
    tick(NOW + HOUR)
    draft = Journey.objects.get().draft
    back = publishing.roll_back(journey, 1, NOW + 2 * HOUR, cast.marketer(), Terms({"second": "rest"}))
    journey.refresh_from_db()
    assert (back.number, journey.current, journey.draft) == (3, back, draft)
    assert back.definition == journey.versions.get(number=1).definition
    assert stands(ada) == "rest"
    with pytest.raises(publishing.NotPossible, match="has no version 9"):
        publishing.roll_back(journey, 9, NOW)


def test_who_has_bought_already_and_moves_to_a_version_with_that_goal_is_not_won_back() -> None:
    """The first version has no goal, so nobody converted; a tag that was there all along is no goal reached since."""
    goal = {"any": [{"purchases": {"measure": "count", "op": "gte", "value": 1}}, {"tag": {"name": "vip"}}]}
    journey = published([wait(), send()])
    bought, tagged = cast.ada(), cast.ben(tags=["vip"])
    entered(bought, tagged)
    cast.purchase(bought, NOW + HOUR)
    tick(NOW + HOUR)
    definition = {**journey.draft, "goal": {"rule": goal}}
    publishing.publish(journey, definition, NOW + 2 * HOUR, terms=Terms(MOVE))
    tick(NOW + DAY)
    assert (stands(bought), messages(bought)) == ("goal", [])
    assert (stands(tagged), messages(tagged)) == ("finished", [("mail", "queued", "")])
    assert clean() == []


def test_who_fits_the_exit_rule_of_the_version_they_move_to_gets_nothing_of_what_waits_in_the_outbox() -> None:
    """Also during a pause: it is lifted before anybody has looked."""
    journey = published([send(), wait()])
    ada = cast.ada(tags=["vip"])
    entered(ada)
    publishing.pause(journey, NOW + HOUR)
    publishing.publish(journey, {**journey.draft, "exit": TAGGED}, NOW + 2 * HOUR, terms=Terms(MOVE))
    assert (stands(ada), messages(ada)) == ("exit_rule", [("mail", "cancelled", "ended")])
    assert clean() == []


def test_a_birthday_that_came_during_a_pause_is_not_waited_for_another_year_because_of_a_new_version() -> None:
    """A wait that says the same ends when it was to end."""
    steps = [wait("birthday", member_date={"of": "birthday"}), send()]
    journey, ada = published(steps), cast.ada()
    entered(ada)
    publishing.pause(journey, NOW + DAY)
    publishing.publish(journey, {**journey.draft, "steps": [*steps, wait()]}, NOW + 5 * DAY, terms=Terms(MOVE))
    publishing.resume(journey, NOW + 6 * DAY)
    tick(NOW + 6 * DAY)
    assert (stands(ada), messages(ada)) == ("rest", [("mail", "queued", "")])


def test_a_message_that_was_put_off_is_not_dropped_because_a_version_was_published() -> None:
    """It may be put off once, until there is room; and why it was is told as before."""
    at_most(1, 1)
    ada = cast.ada()
    published([send()], key="other", entry={"fact": {"topic": "event", "name": "come"}})
    journey = published([send(defer_at_most=1), wait()])
    for name in ("come", "go"):
        cast.event(ada, name)
        tick(NOW)
    found = explaining.explain(ada, journey, NOW)
    publishing.publish(journey, {**journey.draft, "priority": 40}, NOW + HOUR, terms=Terms(MOVE))
    tick(NOW + HOUR)
    again = explaining.explain(ada, journey, NOW + HOUR)
    assert (again.status, again.reason, again.until) == (found.status, found.reason, found.until)
    assert (again.reason, again.evidence["messages"]) == ("capped", found.evidence["messages"])
    tick(NOW + DAY)
    assert messages(ada) == [("mail", "queued", ""), ("mail", "queued", "")]


def test_a_message_of_an_earlier_round_that_comes_once_more_is_warned_of_unless_the_version_draws_the_round() -> None:
    """The step where they stand is gone, and with it the round; they are mapped to what was in it."""
    again = step("go_to", "again", step="rest", at_most=3)
    published([wait(), send(), again])
    entered(cast.ada(), cast.ben())
    tick(NOW + DAY)  # both have had the mail, and wait for the second round
    found = row(asked(send(), wait("late"), mapping={"rest": "mail"}), "rest")
    assert "2 members had `mail` on an earlier round and get it once more." in found.warnings
    assert row(asked(wait(), send(), again, wait("late")), "rest").warnings == []
    before = step("go_to", "again", step="mail", at_most=3)
    assert row(asked(send(), wait(), before), "rest").warnings == []
