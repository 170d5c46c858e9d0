"""Paths that compete: counted by the goal, decided by the rule, kept by who is on them, and opened again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from journeys import arms, publishing, reports, winners
from journeys.arms import Taken
from journeys.contests import Contest
from journeys.models import ArmCount, Journey, SplitDecision, Trace
from members.models import AuditEntry, Member
from tests import cast
from tests.callers import caller, refused
from tests.cast import DAY, HOUR, NOW
from tests.journeys.drawn import published, tick
from tests.journeys.shop import path, step

pytestmark = pytest.mark.django_db
GOAL = {"rule": {"purchases": {"measure": "count", "op": "gte", "value": 1}}, "within_days": 30}
REST = step("wait", key="rest", duration={"days": 5})
HEAD: dict[str, Any] = {"goal": GOAL, "re_entry": "after_exit", "entry": {"fact": {"topic": "event", "name": "go"}}}


def split(sample: int = 5, **rule: Any) -> dict[str, Any]:
    paths = [path("red", weight=1), path("blue", weight=1)]
    return step("split", key="colour", paths=paths, winner={"sample": sample, **rule})


def enter(members: Sequence[Member], now: Any = NOW) -> dict[str, list[Member]]:
    """Let members enter, and return them by the path that they took."""
    for who in members:
        cast.event(who, "go", now)
    tick(now)
    found: dict[str, list[Member]] = {"red": [], "blue": []}
    taken = Trace.objects.filter(step_key="colour", at=now, member__in=members).order_by("id")
    for row in taken.select_related("member"):
        found[row.outcome].append(row.member)
    return found


def buy(members: Sequence[Member], now: Any) -> None:
    for who in members:
        cast.purchase(who, now)
    tick(now)


def contest(journey: Journey) -> Contest:
    [found] = [one.contest for one in reports.steps(journey) if one.contest]
    return found


def crowds() -> list[list[Member]]:
    everybody = cast.crowd(60)
    return [everybody[:40], everybody[40:]]


def test_the_best_path_wins_and_takes_everybody_who_comes_new_while_the_others_stay() -> None:
    journey, (first, later) = published([split(), REST], **HEAD), crowds()
    taken = enter(first)
    assert min(len(taken["red"]), len(taken["blue"])) >= 8
    assert winners.decide(NOW + HOUR) == 0  # nobody has reached the goal
    buy(taken["blue"][:7], NOW + HOUR)
    counted = arms.counted(journey.pk, "colour", 1)
    assert counted["blue"] == Taken(len(taken["blue"]), 7)
    assert counted["red"] == Taken(len(taken["red"]), 0)
    assert [winners.decide(NOW + 2 * HOUR) for _again in range(2)] == [1, 0]
    decision = SplitDecision.objects.get()
    assert (decision.arm, decision.round, decision.at, decision.who) == ("blue", 1, NOW + 2 * HOUR, None)
    assert decision.rule == {"probability": 0.95, "sample": 5}
    assert [one["arm"] for one in decision.arms] == ["red", "blue"]
    assert decision.arms[1]["probability"] > 0.95
    assert decision.arms[1]["converted"] == 7
    with pytest.raises(TypeError, match="never changes"):
        decision.save()
    came = enter(later, NOW + DAY)
    assert (came["red"], len(came["blue"])) == ([], 20)
    assert contest(journey).arms[1].sent == 20
    tick(NOW + 6 * DAY)  # their first enrollments end
    again = enter(first, NOW + 6 * DAY + HOUR)
    assert {one.pk for one in again["red"]} == {one.pk for one in taken["red"]}


def test_a_decision_is_opened_again_by_a_person_or_a_version_and_counting_begins_anew() -> None:
    journey, (first, later) = published([split(), REST], **HEAD), crowds()
    taken = enter(first)
    buy(taken["red"][:7], NOW + HOUR)
    with pytest.raises(winners.NotDecided, match="“colour” has no winner"):
        winners.reopen(journey, "colour", NOW)
    winners.decide(NOW + HOUR)
    winners.reopen(journey, "colour", NOW + 2 * HOUR, cast.marketer())
    assert list(SplitDecision.objects.order_by("id").values_list("round", "arm")) == [(1, "red"), (2, "")]
    assert AuditEntry.objects.filter(detail="the winner of “colour” is open again, round 2").exists()
    assert winners.decide(NOW + 3 * HOUR) == 0
    came = enter(later, NOW + DAY)
    assert came["red"]
    assert came["blue"]
    assert arms.counted(journey.pk, "colour", 2)["blue"] == Taken(len(came["blue"]), 0)
    buy(came["blue"], NOW + DAY + HOUR)
    assert winners.decide(NOW + DAY + HOUR) == 1
    publishing.publish(journey, {**journey.draft, "steps": [split(reopen=True), REST]}, NOW + 2 * DAY)
    latest = arms.latest(journey.pk, "colour")
    assert latest is not None
    assert latest.version is not None
    assert (latest.round, latest.arm, latest.version.number) == (3, "", 2)
    publishing.publish(journey, {**journey.draft, "steps": [split(reopen=True), REST]}, NOW + 2 * DAY)
    assert SplitDecision.objects.count() == 4  # there is nothing more to open


@pytest.mark.parametrize(("rule", "decided"), [({"sample": 60}, 0), ({"sample": 5, "probability": 0.9999999}, 0)])
def test_nobody_wins_before_the_rule_is_met(rule: dict[str, Any], decided: int) -> None:
    published([split(**rule), REST], **HEAD)
    taken = enter(crowds()[0])
    buy(taken["red"][:7], NOW + HOUR)
    assert winners.decide(NOW + HOUR) == decided


def test_a_winner_that_is_closed_in_a_version_takes_nobody_and_a_visit_more_counts_once() -> None:
    loop = [split(), step("wait", key="day", duration={"days": 1}), step("go_to", step="colour", at_most=3)]
    journey, (first, _later) = published(loop, **HEAD), crowds()
    enter(first)
    tick(NOW + DAY)
    tick(NOW + 2 * DAY)
    assert sum(one.entered for one in contest(journey).arms) == 40
    SplitDecision.objects.create(journey=journey, step_key="colour", round=1, arm="gone", at=NOW)
    others = [cast.ada(), cast.ben(), *cast.crowd(8, prefix="X")]
    came = enter(others, NOW + 3 * DAY)
    assert len(came["red"]) + len(came["blue"]) == 10
    arms.compact(NOW + 9 * DAY)
    assert sum(one.entered for one in contest(journey).arms) == 50
    assert ArmCount.objects.count() <= 4


def test_the_page_and_the_api_show_how_paths_fare_and_the_page_opens_the_question(marketer: Client) -> None:
    journey, (first, _later) = published([split(), REST], **HEAD), crowds()
    address = reverse("admin:journeys_journey_reopen", args=[journey.pk, "colour"])
    assert marketer.get(address).status_code == 404
    taken = enter(first)
    buy(taken["red"][:7], NOW + HOUR)
    winners.decide(NOW + HOUR)
    page = marketer.get(reverse("admin:journeys_journey_change", args=[journey.pk])).content.decode()
    assert "“red” won on 2026-03-10 12:00 UTC" in page
    assert "red: 7 of" in page
    assert max(left + width for _arm, left, width, _middle in contest(journey).drawn) == pytest.approx(100)
    assert address in page
    shown = caller().get("journeys/first/").data["steps"][0]["contest"]
    assert (shown["winner"], shown["round"], shown["sample"], shown["threshold"]) == ("red", 1, 5, 0.95)
    red = shown["arms"][0]
    assert (red["arm"], red["entered"], red["converted"]) == ("red", len(taken["red"]), 7)
    assert 0 <= red["low"] < red["share"] < red["high"] <= 100
    assert shown["decisions"][0]["arms"][0]["converted"] == 7
    assert marketer.get(address).status_code == 200
    assert marketer.post(address).status_code == 302
    assert marketer.post(address).status_code == 400
    assert (
        "Round 2 was opened by mara"
        in marketer.get(reverse("admin:journeys_journey_change", args=[journey.pk])).content.decode()
    )


def test_a_split_without_a_goal_has_no_contest_and_costs_nothing() -> None:
    journey = published([step("split", key="colour", paths=[path("red", weight=1)])], goal=GOAL)
    enter([cast.ada()])
    assert [one.arm for one in contest(journey).arms] == ["red"]
    assert contest(journey).arms[0].probability is None
    other = published([step("split", key="colour", paths=[path("red", weight=1)])], key="other")
    assert reports.steps(other)[0].contest is None
    enter([cast.ben()], NOW + timedelta(seconds=1))
    assert not ArmCount.objects.filter(journey=other).exists()


def test_a_program_opens_a_decided_split_again_and_no_other() -> None:
    journey, (first, _later), by = published([split(), REST], **HEAD), crowds(), caller()
    refused(by.post("journeys/first/steps/colour/reopen/"), 409, "conflict")
    taken = enter(first)
    buy(taken["red"][:7], NOW + HOUR)
    winners.decide(NOW + HOUR)
    opened = by.post("journeys/first/steps/colour/reopen/")
    assert (opened.status_code, opened.data["round"], opened.data["arm"]) == (200, 2, "")
    assert opened.data["who"] == by.token.user.username
    assert contest(journey).winner == ""
    assert by.post("journeys/nowhere/steps/colour/reopen/").status_code == 404
