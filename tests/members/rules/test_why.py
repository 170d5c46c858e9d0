"""Why a rule holds for a member or not: leaf by leaf, with what was found, in sentences that a rep can read."""

from datetime import timedelta
from typing import Any

import pytest

from members import consent, rules
from members.models import Standing
from members.rules import Answer
from tests import cast
from tests.cast import DAY, NOW

pytestmark = pytest.mark.django_db


def why(rule: dict[str, Any], member_id: int) -> Answer:
    return rules.parse(rule).why(member_id, NOW)


def test_each_leaf_says_what_it_found_and_what_it_asked_for() -> None:
    ada = cast.ada(tags=["vip"], attributes={"size": 42}, now=NOW - 41 * DAY)
    cast.purchase(ada, NOW - 41 * DAY - timedelta(hours=3), "20.00")
    cast.purchase(ada, NOW - 50 * DAY, "30.00")
    cast.points(ada, 120, NOW - DAY)
    Standing.objects.create(member=ada, as_of=NOW, tier="gold", churn="light")
    sentences: dict[str, dict[str, Any]] = {
        "The number of purchases in the last 90 days is 2; asked for is at least 3.": {
            "purchases": {"measure": "count", "op": "gte", "value": 3, "within_days": 90}
        },
        "The number of days since the last purchase is 41; asked for is more than 30.": {
            "purchases": {"measure": "last_days_ago", "op": "gt", "value": 30}
        },
        "The amount of purchases (tea, from 25) is 0; asked for is between 1 and 10.": {
            "purchases": {"measure": "sum", "op": "between", "value": [1, 10], "where": {"sku": "tea", "min_total": 25}}
        },
        "The tier is Gold; asked for is one of Gold, Silver.": {
            "standing": {"field": "tier", "op": "in", "value": ["gold", "silver"]}
        },
        "The churn level is Light; asked for is not Severe.": {
            "standing": {"field": "churn", "op": "ne", "value": "severe"}
        },
        "The RFM class is unknown; asked for is known.": {"standing": {"field": "rfm_class", "op": "is_set"}},
        "The attribute “size” is 42; asked for is less than 40.": {
            "attribute": {"name": "size", "op": "lt", "value": 40}
        },
        "The birthday is 1990-03-14; asked for is before 1991-01-01.": {
            "profile": {"field": "birthday", "op": "lt", "value": "1991-01-01"}
        },
        "The first name is “Ada”; asked for is a text starting with “b”.": {
            "profile": {"field": "first_name", "op": "starts_with", "value": "b"}
        },
        "The age in years is 35; asked for is at least 18.": {"age": {"op": "gte", "value": 18}},
        "The home store is “berlin”; asked for is one of “lisbon”.": {"store": {"code": "lisbon"}},
        "The balance of points is 120; asked for is at least 100.": {
            "points": {"measure": "balance", "op": "gte", "value": 100}
        },
        "The number of points that expire within 30 days is 0; asked for is more than 0.": {
            "points": {"measure": "expiring", "op": "gt", "value": 0, "within_days": 30}
        },
        "The number of events “visit” (page “home”) in the last day is 0; asked for is at least 1.": {
            "events": {
                "name": "visit",
                "op": "gte",
                "value": 1,
                "within_days": 1,
                "where": [{"property": "page", "op": "eq", "value": "home"}],
            }
        },
        "The number of touchpoints (E-mail, from the member) is 0; asked for is 0.": {
            "touchpoints": {"channel": "email", "direction": "in", "op": "eq", "value": 0}
        },
        "Tagged since 2026-01-28; asked for: the tag “vip” is set.": {"tag": {"name": "vip"}},
        "Not tagged; asked for: the tag “new” is set.": {"tag": {"name": "new"}},
        "Granted; asked for: there is no consent to “Promotional” by SMS.": {
            "consent": {"channel": "sms", "purpose": "promotional", "granted": False}
        },
        "Never decided; asked for: there is consent to “Service” by SMS.": {
            "consent": {"channel": "sms", "purpose": "service"}
        },
        "Reachable; asked for: there is a verified address for SMS.": {"reachable": {"channel": "sms"}},
        "Not suppressed; asked for: the address for SMS is suppressed.": {"suppressed": {"channel": "sms"}},
        "Not in it; asked for: the segment “friends” does not hold them.": {
            "segment": {"key": "friends", "member": False}
        },
        "It is 4 days from now; asked for: the anniversary of the birthday is between today and 7 days from now.": {
            "anniversary": {"of": "birthday", "to_days": 7}
        },
        "No such anniversary; asked for: the anniversary of the first purchase is between 1 day ago and today.": {
            "anniversary": {"of": "first_purchase", "from_days": -1}
        },
    }
    assert {why(rule, ada.pk).sentence: rule for rule in sentences.values()} == sentences


@pytest.mark.parametrize("found", [10**40, 1e300, -1e300, 1e-300])
def test_a_number_of_any_size_can_be_told(found: float) -> None:
    ada = cast.ada(attributes={"size": found})
    answer = why({"attribute": {"name": "size", "op": "gt", "value": 1}}, ada.pk)
    assert answer.verdict is (found > 1)
    assert answer.sentence.startswith("The attribute “size” is ")


def test_a_tree_says_at_each_branch_how_many_hold() -> None:
    ben = cast.ben()
    found = why(
        {
            "all": [
                {"age": {"op": "gt", "value": 18}},
                {"none": [{"tag": {"name": "a"}}, {"reachable": {"channel": "email"}}]},
            ]
        },
        ben.pk,
    )
    assert (found.verdict, found.place, found.sentence) == (False, "rule", "1 of 2 hold; all must.")
    age, none = found.nodes
    assert (age.verdict, age.place, age.found) == (True, "rule.all[0].age", 41)
    assert (none.verdict, none.place, none.sentence) == (False, "rule.all[1]", "1 of 2 hold; none may.")
    assert [inner.verdict for inner in none.nodes] == [False, True]
    assert why({"any": [{"tag": {"name": "a"}}, {"tag": {"name": "b"}}]}, ben.pk).sentence == "0 of 2 hold; one must."


def test_it_changes_with_what_happens() -> None:
    ben = cast.ben()
    rule = {"consent": {"channel": "email", "purpose": "promotional"}}
    assert why(rule, ben.pk).verdict
    consent.record([consent.Decision(ben.pk, "email", "promotional", False, NOW, "tests")], NOW)
    assert not why(rule, ben.pk).verdict


def test_nobody_meets_no_leaf() -> None:
    assert not why({"age": {"op": "not_set"}}, 0).verdict


def test_a_rule_is_described_in_plain_words() -> None:
    rule = rules.parse(
        {
            "all": [
                {"standing": {"field": "churn", "op": "in", "value": ["light", "moderate"]}},
                {
                    "any": [
                        {"tag": {"name": "vip"}},
                        {"points": {"measure": "earned", "op": "gt", "value": 5, "within_days": 7}},
                    ]
                },
                {"none": [{"tag": {"name": "staff"}}]},
            ]
        }
    )
    assert rule.describe() == (
        "the churn level is one of Light, Moderate"
        " and (the tag “vip” is set or the number of points earned in the last 7 days is more than 5)"
        " and it is not true that the tag “staff” is set"
    )
