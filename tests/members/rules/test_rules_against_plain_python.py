"""Every question of every leaf, with every operator, means the same in SQL as in naive Python, in both forms."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from members import rules
from members.rules.comparisons import Kind
from members.rules.planning import for_everybody
from members.sql import Sql, rows
from tests.members.rules import population, written
from tests.members.rules.oracle import Oracle
from tests.members.rules.population import Population

pytestmark = pytest.mark.django_db
QUESTIONS = written.questions()
seeds, sizes = st.integers(0, 2**32), st.integers(1, 25)
calm = settings(
    deadline=None,
    derandomize=True,  # the same cases on every machine; raise max_examples to look further
    phases=[Phase.generate, Phase.shrink],  # explaining a failure would trace every line and outlast the time limit
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@contextmanager
def stored(seed: int, size: int) -> Iterator[Population]:
    """Give a stored population, and take it away again."""
    with transaction.atomic():
        yield population.stored(population.drawn(seed, size))
        transaction.set_rollback(True)


def found(condition: Sql) -> set[int]:
    """Return for which members a condition holds."""
    return {pk for (pk,) in rows(f"SELECT m.id FROM members_member m WHERE {condition.text}", condition.params)}


def expected(rule: dict[str, Any], people: Population, since: datetime | None = None) -> set[int]:
    """Return for which members the rule holds by the oracle."""
    return {one.pk for one in people.people if Oracle(people, since).holds(rule, one)}


@pytest.mark.parametrize("kind", QUESTIONS)
@given(data=st.data(), seed=seeds, size=sizes)
@settings(calm, max_examples=12)
def test_a_leaf_means_what_it_means_in_plain_python(kind: str, data: st.DataObject, seed: int, size: int) -> None:
    with stored(seed, size) as people:
        for strategy in QUESTIONS[kind]:
            leaf = data.draw(strategy)
            rule = rules.parse(leaf)
            assert found(rule.condition(people.now, few=True)) == expected(leaf, people), leaf
            assert found(rule.condition(people.now)) == expected(leaf, people), leaf


@given(tree=written.trees(), seed=seeds, size=sizes)
@settings(calm, max_examples=60)
def test_a_tree_means_what_it_means_in_plain_python(tree: dict[str, Any], seed: int, size: int) -> None:
    with stored(seed, size) as people:
        rule = rules.parse(tree)
        right = expected(tree, people)
        assert found(rule.condition(people.now, few=True)) == right
        with for_everybody():
            assert found(rule.condition(people.now)) == right
        verdicts = {one.pk: rule.why(one.pk, people.now).verdict for one in people.people}
        assert {pk for pk, verdict in verdicts.items() if verdict} == right


@given(data=st.data(), seed=seeds, days=st.sampled_from([0, 1, 7, 30, 90]))
@settings(calm, max_examples=25)
def test_since_leaves_out_what_happened_before(data: st.DataObject, seed: int, days: int) -> None:
    with stored(seed, 15) as people:
        entered_at = people.now - timedelta(days=days)
        for kind in ("purchases", "events", "touchpoints", "points"):
            leaf = data.draw(st.sampled_from(QUESTIONS[kind]).flatmap(lambda one: one))
            condition = rules.parse(leaf).condition(people.now, few=True, since="e.entered_at")
            text = f"""
                SELECT m.id FROM members_member m, LATERAL (SELECT %(entered_at)s::timestamptz AS entered_at) e
                WHERE {condition.text}
            """
            got = {pk for (pk,) in rows(text, {**condition.params, "entered_at": entered_at})}
            assert got == expected(leaf, people, entered_at), leaf


def test_every_leaf_and_operator_is_asked_above() -> None:
    assert set(QUESTIONS) == {kind for kind, leaf in rules.kinds().items() if leaf.__module__.startswith("members.")}
    assert set(Kind.NUMBER.ops) == {*written.NUMBER, *written.SET}
    assert set(Kind.TEXT.ops) == set(written.TEXT)
    assert set(Kind.CHOICE.ops) == set(written.CHOICE)
    assert set(Kind.DATE.ops) == set(written.DATE)
