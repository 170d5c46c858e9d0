"""Rules as somebody might write them: a strategy for every question that a leaf can ask, operator by operator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from hypothesis import strategies as st

from members.vocabulary import Churn, RfmClass, Tier
from tests.members.rules.population import ADDRESSED, DAYS, SEGMENTS, TAGS, WORDS

Written = st.SearchStrategy[dict[str, Any]]

ORDER = ("lt", "lte", "gt", "gte", "between")
SET = ("is_set", "not_set")
NUMBER = ("eq", "ne", *ORDER, "in", "not_in")
TEXT = ("eq", "ne", "in", "not_in", "contains", "starts_with", *SET)
CHOICE = ("eq", "ne", "in", "not_in", *SET)
DATE = ("eq", "ne", *ORDER, *SET)

numbers = st.sampled_from([0, 1, 2, 3, 5, 30, 31, 90, -1, 9.99, 10, 50.0, 2.5])
words = st.sampled_from([*WORDS, "TEA", "%", "_", "de", "P1"])
dates = st.dates(date(2023, 12, 30), date(2026, 12, 31)).map(date.isoformat) | st.sampled_from(
    ["2024-02-29", "2020-02-28"]
)
windows = st.fixed_dictionaries({}, optional={"within_days": st.sampled_from([day for day in DAYS if day])})


def compared(op: str, values: st.SearchStrategy[Any]) -> Written:
    """Return strategies of `op` and `value`."""
    if op in SET:
        return st.just({"op": op})
    if op == "between":
        return st.lists(values, min_size=2, max_size=2).map(lambda pair: {"op": op, "value": sorted(pair)})
    if op in ("in", "not_in"):
        return st.lists(values, min_size=1, max_size=3).map(lambda found: {"op": op, "value": found})
    return values.map(lambda value: {"op": op, "value": value})


def merged(*parts: Written) -> Written:
    """Return a strategy of all parts' settings together."""
    return st.tuples(*parts).map(lambda found: {name: value for part in found for name, value in part.items()})


def asking(kind: str, *parts: Written) -> Written:
    """Return a strategy of leaves of a kind."""
    return merged(*parts).map(lambda settings: {kind: settings})


def given(**settings: Any) -> Written:
    """Return a strategy of just these settings."""
    return st.just(settings)


def questions() -> dict[str, list[Written]]:
    """Return, for each kind of leaf, a strategy for each thing it can ask with each operator."""
    found: dict[str, list[Written]] = {}
    for kind, strategy in [*_about_profiles(), *_about_permission(), *_about_deeds(), *_about_the_rest()]:
        found.setdefault(kind, []).append(strategy)
    return found


def _about_profiles() -> Iterator[tuple[str, Written]]:
    for field in ("external_id", "first_name", "last_name", "locale", "zone"):
        for op in TEXT:
            yield "profile", asking("profile", given(field=field), compared(op, words | st.just("Europe/Berlin")))
    for op in CHOICE:
        channels = st.sampled_from(ADDRESSED).map(str)
        yield "profile", asking("profile", given(field="preferred_channel"), compared(op, channels))
    for field in ("birthday", "joined_on"):
        for op in DATE:
            yield "profile", asking("profile", given(field=field), compared(op, dates))
    for op in (*NUMBER, *SET):
        yield "profile", asking("profile", given(field="days_since_joined"), compared(op, numbers))
        yield "age", asking("age", compared(op, st.integers(0, 42)))
    for op, values in json_comparisons():
        name = st.sampled_from(["a", "b; --", "day", "nobody's"]).map(lambda name: {"name": name})
        yield "attribute", asking("attribute", name, compared(op, values))
    for has in (True, False):
        yield "tag", asking("tag", st.sampled_from([*TAGS, WORDS[3]]).map(lambda name: {"name": name}), given(has=has))


def json_comparisons() -> Iterator[tuple[str, st.SearchStrategy[Any]]]:
    """Yield operators with values of each type that JSON has."""
    for op in (*NUMBER, *SET):
        yield op, numbers
    for op in TEXT:
        yield op, words
    for op in ORDER:
        yield op, dates
    for op in ("eq", "ne"):
        yield op, st.booleans()


def _about_permission() -> Iterator[tuple[str, Written]]:
    for granted in (True, False):
        channel = st.sampled_from(["email", "sms", "desk", "counter"]).map(lambda one: {"channel": one})
        purpose = st.sampled_from(["promotional", "service", "transactional"]).map(lambda one: {"purpose": one})
        yield "consent", asking("consent", channel, purpose, given(granted=granted))
    for addressed in ADDRESSED:
        yield "suppressed", asking("suppressed", given(channel=addressed.value))
        yield "reachable", asking("reachable", given(channel=addressed.value))


def _about_deeds() -> Iterator[tuple[str, Written]]:
    sometimes = {
        "sku": st.lists(words, min_size=1, max_size=3),
        "category": st.sampled_from(["tea", "'; --"]),
        "store": st.sampled_from(["berlin", "auckland", "nowhere"]),
        "currency": st.sampled_from(["EUR", "USD"]),
        "min_total": numbers,
    }
    where = st.fixed_dictionaries({}, optional=sometimes).map(lambda found: {"where": found})
    for measure in ("count", "sum", "quantity", "average", "last_days_ago", "first_days_ago"):
        always = measure in ("count", "sum", "quantity")
        for op in NUMBER if always else (*NUMBER, *SET):
            yield "purchases", asking("purchases", given(measure=measure), windows, where, compared(op, numbers))
    for settings in ({}, {"measure": "count"}, {"measure": "sum", "property": "amount"}, {"measure": "last_days_ago"}):
        for op in (*NUMBER, *SET) if settings.get("measure") == "last_days_ago" else NUMBER:
            name = st.sampled_from(["visit", "'; --"]).map(lambda name: {"name": name})
            yield "events", asking("events", given(**settings), name, windows, _filters(), compared(op, numbers))
    for measure in ("count", "last_days_ago"):
        for op in (*NUMBER, *SET) if measure == "last_days_ago" else NUMBER:
            yield (
                "touchpoints",
                asking("touchpoints", given(measure=measure), windows, _contacts(), compared(op, numbers)),
            )
    for measure in ("balance", "earned", "spent", "expiring"):
        span = {"balance": given(), "expiring": given(within_days=30) | given(within_days=7)}.get(measure, windows)
        for op in NUMBER:
            yield "points", asking("points", given(measure=measure), span, compared(op, numbers))


def _filters() -> Written:
    comparisons = st.one_of([compared(op, values) for op, values in json_comparisons()])
    names = st.sampled_from(["amount", "page"]).map(lambda name: {"property": name})
    return st.lists(merged(names, comparisons), max_size=2).map(lambda filters: {"where": filters})


def _contacts() -> Written:
    sometimes = {
        "channel": st.sampled_from(["email", "desk"]),
        "direction": st.sampled_from(["in", "out"]),
        "kind": st.sampled_from(["message", "clicked", "call"]),
        "journey": st.sampled_from(["Win back", "'; --"]),
        "offer": st.just("Ten off"),
    }
    return st.fixed_dictionaries({}, optional=sometimes)


def _about_the_rest() -> Iterator[tuple[str, Written]]:
    choices = {"tier": Tier.values, "rfm_class": RfmClass.values, "churn": Churn.values}
    for field, values in choices.items():
        for op in CHOICE:
            yield "standing", asking("standing", given(field=field), compared(op, st.sampled_from(values)))
    fields = (
        "recency",
        "frequency",
        "monetary",
        "spend",
        "to_next_tier",
        "purchases",
        "days_since_purchase",
        "typical_gap",
    )
    for field in fields:
        for op in (*NUMBER, *SET):
            yield "standing", asking("standing", given(field=field), compared(op, numbers))
    for of in ("birthday", "joined_on", "first_purchase", "attribute:day", "attribute:a"):
        yield "anniversary", asking("anniversary", given(of=of), _around())
    for code in ("berlin", ["berlin", "auckland"], "nowhere"):
        yield "store", asking("store", given(code=code))
    for member in (True, False):
        for key in (*SEGMENTS, "nobody"):
            yield "segment", asking("segment", given(key=key, member=member))


def _around() -> Written:
    near = st.sampled_from([-365, -31, -7, -1, 0, 1, 2, 7, 30, 365])
    pairs = st.tuples(near, st.integers(0, 31) | st.just(364)).filter(lambda pair: pair[0] + pair[1] <= 365)
    both = pairs.map(lambda pair: {"from_days": pair[0], "to_days": pair[0] + pair[1]})
    alone = near.filter(lambda days: days > -365).map(lambda days: {"from_days": days})
    return both | given() | alone


def trees() -> Written:
    """Return a strategy of whole rules over all kinds of leaves."""
    leaves = st.one_of([st.one_of(strategies) for strategies in questions().values()])

    def branches(inner: Written) -> Written:
        word = st.sampled_from(["all", "any", "none"])
        return st.tuples(word, st.lists(inner, min_size=1, max_size=4)).map(lambda found: {found[0]: found[1]})

    return st.recursive(leaves, branches, max_leaves=8)
