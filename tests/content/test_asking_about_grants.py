"""The leaf `grants`: rules about what a member was promised, as of any time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from content import offers
from members.models import Member
from members.rules import BadRule, parse
from members.sql import rows
from members.vocabulary import Channel
from tests import cast
from tests.cast import DAY, HOUR, NOW
from tests.content.promises import granted, offer


def holding(now: datetime, **settings: Any) -> set[str]:
    """Return the members for whom a grants leaf holds."""
    leaf = {"op": "gte", "value": 1, **settings}
    condition = parse({"grants": leaf}).condition(now)
    found = rows(f"SELECT m.external_id FROM members_member m WHERE {condition.text}", condition.params)
    return {name for (name,) in found}


@pytest.fixture
def promised() -> list[Member]:
    """Ada's grant is live for two days, Ben redeemed his, Chidi declined one of another slot at once."""
    ada, ben, chidi = cast.ada(), cast.ben(), cast.chidi()
    _adas, bens = granted(offer("tea", valid_days=2), ada, ben)
    [chidis] = granted(offer("cake", slot="gift"), chidi)
    offers.redeem(bens.pk, request_key="tap", channel=Channel.COUNTER, now=NOW + HOUR)
    offers.decline([chidis.pk], NOW)
    cast.dora()
    return [ada, ben, chidi]


@pytest.mark.django_db
def test_grants_are_counted_by_state_offer_and_slot(promised: list[Member]) -> None:
    later = NOW + DAY
    assert holding(later) == {"M-ADA", "M-BEN", "M-CHIDI"}
    assert holding(later, op="eq", value=0) == {"M-DORA"}
    assert holding(later, state="live") == {"M-ADA"}
    assert holding(later, state="redeemed") == {"M-BEN"}
    assert holding(later, state="declined") == {"M-CHIDI"}
    assert holding(later, offer="tea") == {"M-ADA", "M-BEN"}
    assert holding(later, slot="gift") == {"M-CHIDI"}
    assert holding(later, offer="tea", slot="gift") == set()


@pytest.mark.django_db
def test_grants_are_asked_as_they_stood_at_the_time(promised: list[Member]) -> None:
    assert holding(NOW - HOUR) == set()
    assert holding(NOW, state="live") == {"M-ADA", "M-BEN"}
    assert holding(NOW + HOUR, state="live") == {"M-ADA"}
    assert holding(NOW, state="redeemed") == set()
    # Nobody has closed Ada's grant yet; its validity is over all the same.
    assert holding(NOW + 2 * DAY, state="live") == set()


@pytest.mark.django_db
def test_the_window_is_about_granting_or_about_the_end(promised: list[Member]) -> None:
    assert holding(NOW + DAY, within_days=1) == set()
    assert holding(NOW + DAY, within_days=2) == {"M-ADA", "M-BEN", "M-CHIDI"}
    assert holding(NOW + DAY, state="redeemed", within_days=1) == {"M-BEN"}


@pytest.mark.django_db
def test_it_listens_to_grants_and_says_why(promised: list[Member]) -> None:
    rule = parse({"grants": {"state": "live", "offer": "tea", "op": "eq", "value": 0}})

    assert rule.topics() == {"grant"}
    found = rule.why(promised[0].pk, NOW + DAY)
    assert found.verdict is False
    assert found.sentence == "The number of grants (Live, “tea”) is 1; asked for is 0."


@pytest.mark.django_db
def test_wrong_settings_are_refused_with_the_place() -> None:
    offer("tea")
    with pytest.raises(BadRule, match=r"rule\.grants\.state must be one of live, redeemed, .*\(did you mean redeemed"):
        parse({"grants": {"state": "redemed", "op": "eq", "value": 1}})
    rule = parse({"grants": {"offer": "tee", "op": "eq", "value": 1}})
    with pytest.raises(BadRule, match=r"rule\.grants\.offer names the offer “tee”, which is not there; use tea\."):
        rule.check_references()
