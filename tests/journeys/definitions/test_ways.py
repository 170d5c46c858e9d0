"""Where each outcome of a step leads."""

from typing import Any

import pytest

from journeys import definitions
from tests.journeys.shop import ANYBODY, TAGGED, definition, furnish, path, send, step, wait


@pytest.fixture(autouse=True)
def shop(db: None) -> None:
    furnish()


def ways(*steps: dict[str, Any]) -> dict[str, dict[str, str | None]]:
    """Each step's outcomes with the key of the step that they lead to."""
    found: dict[str, dict[str, str | None]] = {}
    for way in definitions.check(definition(*steps)).ways:
        found.setdefault(way.source, {})[way.outcome] = way.target
    return found


def test_steps_follow_one_another_and_the_last_one_ends_the_journey() -> None:
    assert ways(send(), wait()) == {"mail": {"queued": "rest", "not_sent": "rest"}, "rest": {"next": None}}


def test_after_its_paths_a_branch_goes_on_with_the_step_after_it() -> None:
    branch = step(
        "branch",
        paths=[path("vip", send("vip-mail"), wait("vip-rest"), when=TAGGED), path("known", when=ANYBODY)],
        otherwise=[step("exit")],
    )
    assert ways(branch, send()) == {
        "branch": {"vip": "vip-mail", "known": "mail", "otherwise": "exit"},
        "vip-mail": {"queued": "vip-rest", "not_sent": "vip-rest"},
        "vip-rest": {"next": "mail"},
        "exit": {"next": None},
        "mail": {"queued": None, "not_sent": None},
    }


def test_a_path_within_a_path_leads_out_of_both() -> None:
    inner = step("split", paths=[path("a", send("a-mail"), weight=1), path("b", weight=1)])
    found = ways(step("branch", paths=[path("vip", inner, when=TAGGED)]), send())
    assert found["a-mail"] == {"queued": "mail", "not_sent": "mail"}
    assert found["split"] == {"a": "a-mail", "b": "mail"}
    assert found["branch"] == {"vip": "split", "otherwise": "mail"}


def test_what_happens_instead_stands_under_otherwise() -> None:
    granting = step("grant_offer", offer="ten-off", otherwise=[wait("sorry")])
    found = ways(granting, send(otherwise=[step("update", add_tag="unreachable")]), wait())
    assert found["grant-offer"] == {"granted": "mail", "not_granted": "sorry"}
    assert found["sorry"] == {"next": "mail"}
    assert found["mail"] == {"queued": "rest", "not_sent": "update"}


def test_wait_for_has_a_way_for_each_answer() -> None:
    waiting = step(
        "wait_for", fact={"topic": "purchase"}, timeout={"days": 1}, timed_out=[send()], happened=[step("exit")]
    )
    found = ways(waiting, wait())
    assert found["wait-for"] == {"happened": "exit", "timed_out": "mail"}
    assert found["mail"] == {"queued": "rest", "not_sent": "rest"}


def test_only_the_way_of_a_go_to_leads_to_a_further_visit() -> None:
    found = definitions.check(definition(wait(), send(), step("go_to", step="rest"))).ways
    assert [(way.source, way.target) for way in found if way.again] == [("go-to", "rest")]


def test_a_way_back_has_a_limit_and_goes_on_behind_it() -> None:
    """A way ahead has none, and is no further visit; one within a loop belongs to it."""
    inner = step("go_to", key="inner", step="second", at_most=3)
    outer = step("go_to", key="outer", step="rest", otherwise=[send("last")])
    skip = step("branch", paths=[path("vip", step("go_to", key="skip", step="mail"), when=TAGGED)])
    checked = definitions.check(definition(wait(), skip, wait("second"), inner, send(), outer, wait("end")))
    ways = {(way.source, way.outcome): (way.target, way.again) for way in checked.ways}
    assert ways["skip", "next"] == ("mail", False)
    assert ("skip", "limit_reached") not in ways
    assert (ways["inner", "next"], ways["inner", "limit_reached"]) == (("second", True), ("mail", False))
    assert (ways["outer", "next"], ways["outer", "limit_reached"]) == (("rest", True), ("last", False))
    assert ways["last", "queued"] == ("end", False)
    settings = {each.key: each.settings for each in checked.steps}
    assert settings["skip"] == {"step": "mail"}
    assert settings["inner"] == {"step": "second", "at_most": 3, "within": []}
    assert settings["outer"] == {"step": "rest", "at_most": 100, "within": ["inner"]}


def test_steps_are_numbered_as_they_are_read() -> None:
    branch = step("branch", paths=[path("vip", send("vip-mail"), when=TAGGED)], otherwise=[wait()])
    steps = definitions.check(definition(branch, send())).steps
    assert [(step.key, step.position, step.depth) for step in steps] == [
        ("branch", 0, 0),
        ("vip-mail", 1, 1),
        ("rest", 2, 1),
        ("mail", 3, 0),
    ]


def test_a_step_keeps_its_own_settings_without_the_steps_under_it() -> None:
    branch = step("branch", paths=[path("vip", send("vip-mail"), when=TAGGED)], otherwise=[wait()])
    steps = {step.key: step.settings for step in definitions.check(definition(branch)).steps}
    assert steps["branch"] == {"paths": [{"key": "vip", "when": TAGGED}]}
    assert steps["rest"] == {"duration": {"days": 1}}


def offer_of(key: str, *steps: dict[str, Any]) -> object:
    """The offer that a step's message speaks of."""
    return next(step.settings for step in definitions.check(definition(*steps)).steps if step.key == key).get("offer")


def granting(offer: str, **settings: Any) -> dict[str, Any]:
    return step("grant_offer", key=offer, offer=offer, **settings)


def test_a_message_speaks_of_the_offer_granted_last_before_it() -> None:
    first, second = send("first", "promise"), send("second", "promise")
    steps = [granting("ten-off"), first, wait(), granting("five-off"), second]
    assert (offer_of("first", *steps), offer_of("second", *steps)) == ("ten-off", "five-off")


def test_a_message_speaks_of_the_offer_that_its_step_names() -> None:
    assert offer_of("mail", granting("ten-off"), send(content="promise", offer="five-off")) == "five-off"
    assert offer_of("mail", send(content="promise", offer="five-off")) == "five-off"


def test_a_message_without_words_about_an_offer_has_none() -> None:
    assert offer_of("mail", granting("ten-off"), send()) is None


def test_who_was_not_granted_the_second_offer_still_has_the_first() -> None:
    apart = granting("five-off", otherwise=[send("consolation", "promise"), step("exit")])
    assert offer_of("consolation", granting("ten-off"), apart, send(content="promise")) == "ten-off"
    assert offer_of("mail", granting("ten-off"), apart, send(content="promise")) == "five-off"
