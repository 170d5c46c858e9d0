"""Work side by side in a few threads."""

import threading
import time

import pytest

from journeys.lanes import Lanes
from members.sql import rows


def test_results_come_in_order_and_lanes_work_side_by_side() -> None:
    both = threading.Barrier(2, timeout=20)

    def meet(number: int) -> int:
        both.wait()
        return number * 10

    with Lanes(2) as lanes:
        assert lanes.each(meet, [1, 2, 3, 4]) == [10, 20, 30, 40]
        assert lanes.each(meet, []) == []


def test_an_error_is_raised_when_the_rest_is_done() -> None:
    done = []

    def work(number: int) -> None:
        if number == 1:
            raise LookupError("one")
        done.append(number)

    with Lanes(2) as lanes, pytest.raises(LookupError, match="one"):
        lanes.each(work, [1, 2, 3])
    assert sorted(done) == [2, 3]


@pytest.mark.django_db(transaction=True)
def test_connections_are_closed_with_the_lanes() -> None:
    [(mine,)] = rows("SELECT pg_backend_pid()", {})
    with Lanes(2) as lanes:
        backends = {backend for [(backend,)] in lanes.each(lambda _: rows("SELECT pg_backend_pid()", {}), range(8))}
    assert mine not in backends
    deadline = time.monotonic() + 20
    while (alive := _alive(backends)) and time.monotonic() < deadline:
        time.sleep(0.02)  # a backend notices the end of its connection in its own time
    assert alive == []


def _alive(backends: set[int]) -> list[tuple[int]]:
    return rows("SELECT pid FROM pg_stat_activity WHERE pid = ANY(%(pids)s)", {"pids": list(backends)})
