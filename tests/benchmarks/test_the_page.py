"""What docs/benchmarks.md says is what was measured."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from benchmarks import page, picture
from benchmarks.__main__ import RESULTS
from benchmarks.house import ROOT
from benchmarks.measuring import Aim, latencies

DOCS = ROOT / "docs"


def test_the_page_and_its_picture_say_what_the_results_say() -> None:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert (DOCS / "benchmarks.md").read_text(encoding="utf-8") == page.text(results), (
        "Run `python -m benchmarks --page-only`."
    )
    drawn = picture.drawn(page.costs(results))
    assert (DOCS / page.PICTURE).read_text(encoding="utf-8") == drawn
    assert "NaN" not in drawn
    ElementTree.fromstring(drawn)  # noqa: S314 - our own


def test_an_aim_is_reached_or_not() -> None:
    faster, sooner = Aim(value=100, ratio=0.5), Aim(more=False, value=2.0, ratio=1.3)
    assert faster.reached(100, [0.5, 0.9])
    assert not faster.reached(99, [0.9])
    assert not faster.reached(100, [0.9, 0.4])
    assert sooner.reached(2.0, [1.3])
    assert not sooner.reached(2.1, [1.0])
    assert not sooner.reached(1.0, [1.4])


def test_percentiles_are_nearest_ranks() -> None:
    run = latencies([float(number) for number in range(100, 0, -1)], 0.95)
    assert run.value == 95.0
    assert (run.detail["p50"], run.detail["p99"], run.detail["most"]) == (50.0, 99.0, 100.0)
