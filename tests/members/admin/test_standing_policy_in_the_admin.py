"""The policy of standing takes only bounds by which everybody can be placed."""

import pytest

from members import standing
from members.models import StandingPolicy
from tests import cast
from tests.roles import signed_in

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/members/standingpolicy/1/change/"
GOOD = {
    "scheme": "shares",
    "gold_share": "0.1",
    "silver_share": "0.2",
    "gold_spend": "500",
    "silver_spend": "100",
    "light_gaps": "2",
    "moderate_gaps": "3",
    "severe_gaps": "3",
}


def test_a_good_policy_is_stored() -> None:
    assert signed_in("Administrator").post(ADDRESS, GOOD).status_code == 302
    assert float(StandingPolicy.objects.get().gold_share) == 0.1


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"gold_share": "-0.5"}, "Write a share from 0 to 1"),
        ({"gold_share": "1.5"}, "Write a share from 0 to 1"),
        ({"silver_share": "0.95"}, "Write a share from 0 to what gold leaves"),
        ({"silver_spend": "600"}, "Write an amount from 0 to that of gold."),
        ({"silver_spend": "-1"}, "Write an amount from 0 to that of gold."),
        ({"light_gaps": "0"}, "Write numbers above 0 that rise from light over moderate to severe."),
        ({"moderate_gaps": "9"}, "Write numbers above 0 that rise from light over moderate to severe."),
        ({"severe_gaps": "many"}, "Enter a number."),
    ],
)
def test_bounds_by_which_nobody_could_be_placed_are_refused(changed: dict[str, str], sentence: str) -> None:
    before = StandingPolicy.objects.values().get()
    answer = signed_in("Administrator").post(ADDRESS, {**GOOD, **changed})
    assert sentence in answer.content.decode()
    assert StandingPolicy.objects.values().get() == before
    cast.ada()
    assert standing.refresh(cast.NOW) == 1
