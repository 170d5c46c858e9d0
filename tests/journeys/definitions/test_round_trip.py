"""A journey's text, read and written, is the same text; and so is what the database gave back."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeys import definitions, drafts
from journeys.models import Journey
from tests.journeys.shop import furnish

LETTERS = st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n\t")
TEXT = st.text(LETTERS, min_size=1, max_size=30).filter(str.strip)
TAG = st.from_regex(r"[a-z0-9_-]{1,8}", fullmatch=True)
DURATION = st.fixed_dictionaries(
    {"days": st.integers(1, 30)}, optional={"hours": st.integers(0, 23), "minutes": st.integers(0, 59)}
)
WALL_TIME = st.times().map("{:%H:%M}".format)
NUMBER = st.integers(-1000, 1000) | st.integers(-(10**9), 10**9).map(lambda number: number / 10_000)
LEAF = st.one_of(
    st.fixed_dictionaries({"tag": st.fixed_dictionaries({"name": TAG, "has": st.booleans()})}),
    st.fixed_dictionaries(
        {"profile": st.fixed_dictionaries({"value": TEXT, "op": st.just("eq"), "field": st.just("first_name")})}
    ),
    st.fixed_dictionaries(
        {
            "purchases": st.fixed_dictionaries(
                {"measure": st.just("count"), "op": st.just("gte"), "value": NUMBER},
                optional={"within_days": st.integers(1, 400), "where": st.just({"category": "tea"})},
            )
        }
    ),
)
RULE = st.recursive(
    LEAF,
    lambda inner: st.sampled_from(["all", "any", "none"]).flatmap(
        lambda word: st.fixed_dictionaries({word: st.lists(inner, min_size=1, max_size=3)})
    ),
    max_leaves=4,
)
FACT = st.sampled_from([{"topic": "purchase"}, {"topic": "points"}]) | st.fixed_dictionaries(
    {"name": TEXT, "topic": st.just("event")}
)
SENDING = {"losing": st.just("defer"), "defer_at_most": st.integers(1, 99), "priority": st.integers(1, 99)}


def _kind(name: str, needed: dict[str, Any], optional: dict[str, Any] | None = None) -> st.SearchStrategy[Any]:
    known: dict[str, Any] = {**needed, "kind": st.just(name)}
    return st.fixed_dictionaries(known, optional=optional or {})


def _plain_steps() -> st.SearchStrategy[Any]:
    channels = st.lists(st.sampled_from(["preferred", "email", "sms", "chat"]), min_size=1, unique=True)
    updates: list[dict[str, Any]] = [
        {"add_tag": TAG},
        {"remove_tag": TAG},
        {"set_attribute": st.fixed_dictionaries({"name": TEXT, "value": TEXT | NUMBER | st.booleans()})},
        {"earn_points": st.fixed_dictionaries({"points": st.integers(1, 99)})},
    ]
    dates = st.fixed_dictionaries({"of": st.just("birthday")}, optional={"offset_days": st.integers(-9, 9)})
    return st.one_of(
        _kind("send", {"content": st.just("hello"), "channels": channels}, {**SENDING, "deadline": DURATION}),
        _kind(
            "follow_up", {"content": st.just("script"), "team": st.just("recovery")}, {**SENDING, "due_in": DURATION}
        ),
        _kind("wait", {"duration": DURATION}),
        _kind("wait", {"local_time": WALL_TIME}),
        _kind("wait", {"until_date": st.dates(date(2000, 1, 1), date(2099, 12, 31)).map(str)}, {"at": WALL_TIME}),
        _kind("wait", {"member_date": dates}, {"at": WALL_TIME}),
        *(_kind("update", update) for update in updates),
    )


def _dividing_steps(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    steps = st.lists(inner, max_size=3)
    keyed = {"key": TAG.filter(lambda key: key[0] not in "-_"), "steps": steps}
    branching = st.lists(st.fixed_dictionaries({**keyed, "when": RULE}), min_size=1, max_size=3)
    splitting = st.lists(st.fixed_dictionaries({**keyed, "weight": st.integers(1, 9)}), min_size=1, max_size=3)
    return st.one_of(
        _kind("branch", {"paths": branching}, {"otherwise": steps}),
        _kind("split", {"paths": splitting}),
        _kind("wait_for", {"fact": FACT, "timeout": DURATION}, {"happened": steps, "timed_out": steps}),
        _kind("grant_offer", {"offer": st.just("ten-off")}, {"otherwise": steps}),
    )


STEPS = st.tuples(
    st.lists(st.recursive(_plain_steps(), _dividing_steps, max_leaves=6), min_size=1, max_size=4),
    st.sampled_from([[], [{"kind": "exit"}]]),
).map(lambda found: [*found[0], *map(dict, found[1])])
DEFINITION = st.fixed_dictionaries(
    {
        "key": st.just("any"),
        "name": TEXT,
        "kind": st.sampled_from(["greeting", "win_back"]),
        "entry": st.one_of(
            st.just({"segment": {"include_existing": True, "key": "quiet"}}),
            st.fixed_dictionaries({"fact": FACT}),
            st.fixed_dictionaries(
                {"recurring": st.just({"from": "2026-12-01", "at": "10:00", "every": "FREQ=DAILY;COUNT=3"})}
            ),
            st.just({"fact": {"where": {"min_total": 9.5, "category": ["tea"]}, "topic": "purchase"}}),
            st.just({"fact": {"where": [{"value": 1, "op": "eq", "property": "a"}], "name": "a", "topic": "event"}}),
            st.fixed_dictionaries(
                {"date": st.fixed_dictionaries({"of": st.just("joined_on")}, optional={"at": WALL_TIME, "rule": RULE})}
            ),
        ),
        "steps": STEPS,
    },
    optional={
        "priority": st.integers(1, 99),
        "re_entry": st.sampled_from(["never", "after_exit"]) | st.just({"after_days": 30}),
        "runs": st.sampled_from([{"until": "2026-12-31", "from": "2026-12-31"}, {"from": "2026-12-01"}]),
        "ramp": st.integers(1, 999),
        "exit": RULE,
        "goal": st.fixed_dictionaries({"within_days": st.integers(1, 90), "rule": RULE}),
        "holdout": st.sampled_from([0, 0.1, 0.125, 0.9]),
    },
)


def _numbered(steps: list[dict[str, Any]], prefix: str) -> None:
    """Give every step a key of its own, and every path of a step too."""
    for number, step in enumerate(steps):
        step["key"] = f"{prefix}{number}"
        for place, path in enumerate(step.get("paths", [])):
            path["key"] = f"p{place}"
            _numbered(path["steps"], f"{step['key']}-{place}-")
        for name in ("otherwise", "happened", "timed_out"):
            _numbered(step.get(name, []), f"{step['key']}-{name[0]}-")


def _shuffled(value: Any, order: random.Random) -> Any:
    """The same value with the names of its mappings in another order."""
    if isinstance(value, dict):
        names = list(value)
        order.shuffle(names)
        return {name: _shuffled(value[name], order) for name in names}
    return [_shuffled(item, order) for item in value] if isinstance(value, list) else value


@pytest.fixture
def shop(db: None) -> None:
    furnish()


# One shop serves all examples; and generating is slow where other tests take the processor.
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(definition=DEFINITION, order=st.randoms(use_true_random=False))
def test_any_definition_goes_through_text_and_database_unchanged(
    shop: None, definition: dict[str, Any], order: random.Random
) -> None:
    _numbered(definition["steps"], "s")
    definitions.check(definition)
    written = definitions.written(definition)
    assert definitions.read(written) == definition
    assert definitions.written(definitions.read(written)) == written
    assert definitions.written(_shuffled(definition, order)) == written
    drafts.save(definition)
    stored = Journey.objects.get(key="any").draft
    assert stored == definition
    assert definitions.written(stored) == written
