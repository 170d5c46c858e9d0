"""A rule that cannot be asked is refused with one sentence: where, what, and what would be right."""

from typing import Any

import pytest

from members import rules
from tests.cast import NOW

PURCHASES = {"measure": "count", "op": "gte", "value": 1}
KINDS = (
    "profile, attribute, tag, age, store, standing, consent, suppressed, reachable, purchases, events, anniversary,"
    " touchpoints, points, segment"
)
ALWAYS = "eq, ne, lt, lte, gt, gte, between, in, not_in"
ATTRIBUTE = {"name": "a", "op": "eq", "value": 1}


@pytest.fixture(autouse=True)
def leaves_of_members(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the leaves of members, so that sentences do not change with what upper layers add."""
    own = {kind: leaf for kind, leaf in rules.kinds().items() if leaf.__module__.startswith("members.")}
    monkeypatch.setattr("members.rules.registry._leaves", own)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        # The tree
        ({}, f"rule must be an object with one of all, any, none, or one leaf of {KINDS}."),
        ([], f"rule must be an object with one of all, any, none, or one leaf of {KINDS}."),
        (None, f"rule must be an object with one of all, any, none, or one leaf of {KINDS}."),
        ({"most": []}, f"rule.most is neither one of all, any, none nor a leaf of {KINDS}."),
        (
            {"all": [{"tag": {"name": "a"}}], "tag": {"name": "a"}},
            "rule must hold one thing alone and holds all, tag; join them by one of all, any, none.",
        ),
        ({"any": []}, "rule.any must be a list of at least one branch or leaf."),
        ({"none": {"tag": {"name": "a"}}}, "rule.none must be a list of at least one branch or leaf."),
        (
            {"all": [{"any": ["tag"]}]},
            f"rule.all[0].any[0] must be an object with one of all, any, none, or one leaf of {KINDS}.",
        ),
        ({"all": [{"tag": "vip"}]}, "rule.all[0].tag must be an object with name, has."),
        # Settings
        ({"tag": {}}, "rule.tag.name is missing; add it."),
        ({"tag": {"nam": "vip"}}, "rule.tag.nam is not a setting here; there are name, has."),
        ({"tag": {"name": "vip", "has": "yes"}}, "rule.tag.has must be true or false; it is “yes”."),
        ({"tag": {"name": 7}}, "rule.tag.name must be a text; it is 7."),
        ({"tag": {"name": ""}}, "rule.tag.name must be a text of 1 to 500 characters."),
        ({"tag": {"name": "a\0"}}, "rule.tag.name must not contain NUL or half characters."),
        ({"tag": {"name": "\ud800"}}, "rule.tag.name must not contain NUL or half characters."),
        (
            {"consent": {"channel": "fax", "purpose": "service"}},
            "rule.consent.channel must be one of email, sms, chat, desk, counter; it is “fax”.",
        ),
        ({"reachable": {"channel": "desk"}}, "rule.reachable.channel must be one of email, sms, chat; it is “desk”."),
        ({"store": {}}, "rule.store.code is missing; add it."),
        ({"store": {"code": ["berlin", 3]}}, "rule.store.code[1] must be a text; it is 3."),
        ({"store": {"code": []}}, "rule.store.code must be a list of 1 to 1000 values."),
        # Operators and values
        (
            {"all": [{"purchases": PURCHASES}, {"purchases": {**PURCHASES, "op": "bigger"}}]},
            f"rule.all[1].purchases.op must be one of {ALWAYS}; it is “bigger”.",
        ),
        ({"purchases": {**PURCHASES, "op": "is_set"}}, f"rule.purchases.op must be one of {ALWAYS}; it is “is_set”."),
        (
            {"purchases": {**PURCHASES, "value": "many"}},
            "rule.purchases.value must be a number such as 3 or 49.90; it is “many”.",
        ),
        (
            {"purchases": {**PURCHASES, "value": True}},
            "rule.purchases.value must be a number such as 3 or 49.90; it is True.",
        ),
        (
            {"purchases": {**PURCHASES, "value": float("nan")}},
            "rule.purchases.value must be a number of at most 1000000000000000.",
        ),
        (
            {"purchases": {**PURCHASES, "value": 10**20}},
            "rule.purchases.value must be a number of at most 1000000000000000.",
        ),
        (
            {"purchases": {**PURCHASES, "op": "between", "value": 3}},
            "rule.purchases.value must be a list of the lowest and the highest value.",
        ),
        (
            {"purchases": {**PURCHASES, "op": "between", "value": [3, 1]}},
            "rule.purchases.value must have the lower value first.",
        ),
        (
            {"purchases": {**PURCHASES, "op": "in", "value": [1, "x"]}},
            "rule.purchases.value[1] must be a number such as 3 or 49.90; it is “x”.",
        ),
        (
            {"purchases": {**PURCHASES, "within_days": 0}},
            "rule.purchases.within_days must be a whole number from 1 to 36500; it is 0.",
        ),
        (
            {"purchases": {**PURCHASES, "where": {"colour": "red"}}},
            "rule.purchases.where.colour is not a setting here; there are sku, category, store, currency, min_total.",
        ),
        (
            {"standing": {"field": "tier", "op": "eq", "value": "golden"}},
            "rule.standing.value must be one of gold, silver, base; it is “golden” (did you mean gold?).",
        ),
        (
            {"standing": {"field": "tier", "op": "gt", "value": "gold"}},
            "rule.standing.op must be one of eq, ne, in, not_in, is_set, not_set; it is “gt”.",
        ),
        (
            {"profile": {"field": "birthday", "op": "lt", "value": "31.12.1990"}},
            "rule.profile.value must be a date such as “2026-03-31”; it is “31.12.1990”.",
        ),
        (
            {"profile": {"field": "birthday", "op": "lt", "value": "2023-W10-1"}},
            "rule.profile.value must be a date such as “2026-03-31”; it is “2023-W10-1”.",
        ),
        (
            {"profile": {"field": "zone", "op": "is_set", "value": "x"}},
            "rule.profile.value must be left out: the operator is_set takes none.",
        ),
        ({"profile": {"field": "zone", "op": "eq"}}, "rule.profile.value is missing; add it."),
        (
            {"attribute": {**ATTRIBUTE, "op": "contains"}},
            f"rule.attribute.op contains does not suit the value 1; use one of {ALWAYS}, is_set, not_set.",
        ),
        (
            {"attribute": {**ATTRIBUTE, "op": "lt", "value": "soon"}},
            "rule.attribute.value must be a date such as “2026-03-31”; it is “soon”.",
        ),
        (
            {"attribute": {**ATTRIBUTE, "op": "in", "value": [1, "a"]}},
            "rule.attribute.value[1] must be a number such as 3 or 49.90; it is “a”.",
        ),
        # What does not go together
        (
            {"events": {"name": "visit", "measure": "sum", "op": "gt", "value": 1}},
            "rule.events.property is the name of the property to add up: it goes with the measure sum alone.",
        ),
        (
            {"points": {"measure": "balance", "op": "gt", "value": 1, "within_days": 3}},
            "rule.points.within_days must be left out: a balance has no window.",
        ),
        ({"points": {"measure": "expiring", "op": "gt", "value": 1}}, "rule.points.within_days is missing; add it."),
        (
            {"anniversary": {"of": "name_day"}},
            "rule.anniversary.of must be birthday, joined_on, first_purchase or attribute:<name>.",
        ),
        (
            {"anniversary": {"of": "birthday", "from_days": 3, "to_days": 1}},
            "rule.anniversary.to_days must be from_days (3) or at most 364 days more.",
        ),
        (
            {"events": {"name": "v" * 65, "op": "eq", "value": 1}},
            "rule.events.name must be a text of 1 to 64 characters.",
        ),
        (
            {"events": {"name": "visit", "op": "eq", "value": 1, "where": [{"property": "page"}]}},
            "rule.events.where[0].op is missing; add it.",
        ),
    ],
)
def test_one_sentence_names_the_place_and_what_would_be_right(written: Any, sentence: str) -> None:
    with pytest.raises(rules.BadRule) as refused:
        rules.parse(written)
    assert str(refused.value) == sentence
    assert sentence.startswith(refused.value.place)


def test_a_rule_nested_too_deep_is_refused_at_the_level_that_is_too_much() -> None:
    rule: dict[str, Any] = {"tag": {"name": "a"}}
    for _ in range(9):
        rule = {"all": [rule]}
    with pytest.raises(rules.BadRule, match=r"is nested deeper than 8 levels"):
        rules.parse(rule)
    assert rules.parse(rule["all"][0]).leaves()[0].leaf.kind == "tag"


def test_a_rule_with_too_many_leaves_is_refused() -> None:
    leaf = {"tag": {"name": "a"}}
    assert len(rules.parse({"any": [leaf] * 50}).leaves()) == 50
    with pytest.raises(rules.BadRule, match=r"^rule\.any\[50\] is one leaf too many; a rule has at most 50"):
        rules.parse({"any": [leaf] * 51})


def test_the_place_begins_with_what_the_caller_says() -> None:
    with pytest.raises(rules.BadRule, match=r"^exit\.tag\.name is missing"):
        rules.parse({"tag": {}}, place="exit")


def test_since_is_refused_for_everybody_at_once() -> None:
    with pytest.raises(ValueError, match="few=True"):
        rules.parse({"purchases": PURCHASES}).condition(NOW, since="e.entered_at")
