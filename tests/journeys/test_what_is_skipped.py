"""What somebody would skip who goes on at another step, held against a naive walk, also among hundreds of steps."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from random import Random

import pytest
from django.test import Client

from journeys import publishing
from journeys.breaker import way
from journeys.changeover.ways import Ways
from journeys.definition.graph import Way
from journeys.models import Enrollment
from journeys.publishing import Terms
from tests import cast
from tests.cast import DAY, NOW
from tests.journeys.drawn import published, tick
from tests.journeys.shop import wait


def drawn(random: Random) -> tuple[list[str], list[Way]]:
    """Steps in reading order, with ways ahead and back between them."""
    keys = [f"step-{number}" for number in range(random.randint(2, 9))]
    ways = [Way(key, "on", after) for key, after in pairwise(keys)]
    for place, key in enumerate(keys[:-1]):
        for outcome in ("left", "right"):
            target = random.randrange(len(keys))
            if random.random() < 0.4:
                ways.append(Way(key, outcome, keys[target], again=target <= place))
    return keys, ways


def reached(
    keys: Sequence[str], ways: Sequence[Way], had: Mapping[str, Collection[str]], without: str = ""
) -> set[str]:
    """Walk from the first step wherever a way is open: those that were taken, or all of them."""
    seen: set[str] = set()
    coming = [keys[0]]
    while coming:
        key = coming.pop()
        if key not in seen | {without}:
            seen.add(key)
            out = [one for one in ways if one.source == key]
            coming += [one.target for one in [x for x in out if x.outcome in had.get(key, ())] or out if one.target]
    return seen


def test_skipped_is_what_nobody_gets_round_and_the_member_never_had() -> None:
    random = Random(7)
    for _ in range(300):
        keys, ways = drawn(random)
        had = {key: {random.choice(["on", "left", "right"])} for key in keys if random.random() < 0.5}
        for target in keys:
            taken = had if target in reached(keys, ways, had) else {}
            naive = [
                key
                for key in keys
                if key != target and key not in had and target not in reached(keys, ways, taken, without=key)
            ]
            assert Ways(keys, ways).skipped(target, had) == naive


@pytest.mark.django_db
def test_a_journey_of_hundreds_of_steps_is_planned_and_published(client: Client) -> None:
    """More than calls can be nested in one another."""
    steps = [wait(f"rest-{number}") for number in range(400)]
    journey = published(steps)
    assert way.of_version(journey.current_id or 0) == 0
    cast.event(cast.ada(), "go")
    tick(NOW)
    client.force_login(cast.administrator())
    page = client.get(f"/admin/journeys/journey/{journey.pk}/publish/").content.decode()
    assert (page.count('<option value="rest-399">'), page.count('list="steps" name="to-rest-0"')) == (1, 1)
    mapping = {"rest-0": "rest-399"}
    (row,) = publishing.plan(journey, journey.draft, NOW, Terms(mapping)).changes.rows
    assert len(row.skips) == 399
    publishing.publish(journey, journey.draft, NOW + DAY, terms=Terms(mapping))
    assert Enrollment.objects.values_list("step__key", flat=True).get() == "rest-399"
