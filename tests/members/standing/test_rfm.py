"""RFM: scores from 1 to 5 by quintiles, and the eight classes."""

import pytest

from members.vocabulary import RfmClass
from tests.members.standing.ledger import bought, member, members, refreshed, table

pytestmark = pytest.mark.django_db

# Ten members: how many days ago they bought, and what all of it is worth. Computed by hand:
# - recency: the boundaries are the 2nd, 4th, 6th and 8th of the last purchases (90, 70, 50 and 30 days ago), the mean
#   score is 3;
# - frequency: six bought once, so the first three boundaries are 1 and the fourth, the 8th of 1 1 1 1 1 1 2 2 3 5, is
#   2; scores 1 (once), 4 (twice) and 5 (more often), the mean is 2.4;
# - monetary: the boundaries are 20, 40, 60 and 80, the mean is 3.
BOUGHT = {
    "a": ([100, 120, 140], 70),
    "b": ([90, 95], 10),
    "c": ([80], 60),
    "d": ([70], 20),
    "e": ([60], 80),
    "f": ([50], 30),
    "g": ([40], 90),
    "h": ([30], 40),
    "i": ([20, 21, 22, 23, 24], 100),
    "j": ([10, 11], 50),
}
BY_HAND = {
    "a": (1, 5, 4, RfmClass.IMPORTANT_KEEP),
    "b": (1, 4, 1, RfmClass.GENERAL_KEEP),
    "c": (2, 1, 3, RfmClass.GENERAL_RETAIN),
    "d": (2, 1, 1, RfmClass.GENERAL_RETAIN),
    "e": (3, 1, 4, RfmClass.IMPORTANT_RETAIN),
    "f": (3, 1, 2, RfmClass.GENERAL_RETAIN),
    "g": (4, 1, 5, RfmClass.IMPORTANT_DEVELOP),
    "h": (4, 1, 2, RfmClass.GENERAL_DEVELOP),
    "i": (5, 5, 5, RfmClass.IMPORTANT_VALUE),
    "j": (5, 4, 3, RfmClass.GENERAL_VALUE),
}


def test_scores_and_classes_are_those_computed_by_hand() -> None:
    for name, who in members(BOUGHT).items():
        days, worth = BOUGHT[name]
        bought(who, (days[0], f"{worth - len(days) + 1}.00"), *((day, "1.00") for day in days[1:]))

    assert table(refreshed(), "recency", "frequency", "monetary", "rfm_class") == BY_HAND


def test_members_who_never_bought_have_no_scores_and_no_class_and_move_nobody_s() -> None:
    member("silent")
    bought(member("returned"), (3, "-5.00"))
    for name, (days, total) in {"old": (9, "1.00"), "new": (1, "2.00")}.items():
        bought(member(name), (days, total))

    found = table(refreshed(), "recency", "frequency", "monetary", "rfm_class")

    assert found["silent"] == found["returned"] == (None, None, None, "")
    # Of two, the older is at the boundaries 1 and 2, the newer at 3 and 4: nobody is above the upper two.
    assert found["old"] == (1, 1, 1, RfmClass.GENERAL_RETAIN)
    assert found["new"] == (3, 1, 3, RfmClass.IMPORTANT_DEVELOP)


def test_equal_members_get_equal_scores_and_none_of_them_is_high() -> None:
    for who in members("abcdef").values():
        bought(who, (7, "20.00"))

    assert set(table(refreshed(), "recency", "frequency", "monetary", "rfm_class").values()) == {
        (1, 1, 1, RfmClass.GENERAL_RETAIN)
    }
