"""The probability of being the best, held against the closed form that E. Miller derives for two arms."""

from math import exp, lgamma, log

import pytest

from journeys.posterior import best


def _beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def closed(one: tuple[int, int], other: tuple[int, int]) -> float:
    """How probable it is that the second arm is better than the first."""
    a, b = 1 + one[1], 1 + one[0] - one[1]
    c, d = 1 + other[1], 1 + other[0] - other[1]
    return sum(exp(_beta(a + i, b + d) - log(d + i) - _beta(1 + i, d) - _beta(a, b)) for i in range(c))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((0, 0), (0, 0)),
        ((10, 0), (10, 1)),
        ((5, 5), (5, 0)),
        ((200, 0), (200, 1)),
        ((1000, 30), (1000, 50)),
        ((10, 5), (100_000, 40_000)),
        ((1_000_000, 1), (1_000_000, 3)),
        ((30, 30), (1_000_000, 999_990)),
    ],
)
def test_two_arms_are_compared_as_the_closed_form_has_it(one: tuple[int, int], other: tuple[int, int]) -> None:
    first, second = best((one, other))
    assert second == pytest.approx(closed(one, other), abs=1e-4)
    assert first + second == pytest.approx(1)
    assert best((other, one)) == pytest.approx((second, first))


def test_equal_arms_are_equally_good_and_a_hopeless_one_takes_nothing_away() -> None:
    assert best(((50, 5),) * 3) == pytest.approx((1 / 3,) * 3)
    two = best(((500, 60), (500, 80)))
    assert best(((500, 60), (500, 80), (5000, 1)))[:2] == pytest.approx(two, abs=1e-4)
