"""The benchmarks run from end to end on a handful of members, so that they are there when somebody wants to measure."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import one_size, population
from benchmarks.crew import Crew
from benchmarks.workloads import Stage
from benchmarks.workloads.deliver import Deliver
from benchmarks.workloads.enter import Enter
from benchmarks.workloads.import_members import ImportMembers
from benchmarks.workloads.import_purchases import ImportPurchases
from benchmarks.workloads.refresh_segment import RefreshSegment
from benchmarks.workloads.send import SendStep
from benchmarks.workloads.steps import Steps
from journeys.demo import shop
from members import clock
from members.models import Member, Purchase
from tests.journeys.demo import log

MEMBERS = 300
KINDS = (ImportMembers, ImportPurchases, RefreshSegment, Enter, Steps, SendStep, Deliver)


def test_workloads_run_three_times_beside_their_limits(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    log.install(tmp_path / "installed")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "installed"), *sys.path])
    shop.open_stores()
    parts = population.parts(MEMBERS, clock.now().date(), tmp_path)
    with Crew(tmp_path) as crew:
        stage = Stage(MEMBERS, parts, tmp_path, crew, in_full=False)
        found = {kind.key: one_size.given(kind(stage)) for kind in KINDS}
    assert Member.objects.count() == MEMBERS
    assert Purchase.objects.count() == sum(part.purchases for part in parts)
    for kind in KINDS:
        given = found[kind.key]
        assert len(given["runs"]) == 3
        assert given["median"] > 0
        assert set(given["limits"]) == set(kind.against)
        assert all(limit["ratio"] > 0 and len(limit["runs"]) == 3 for limit in given["limits"].values())
    assert found["deliver"]["memory_mb"]["worker"] > 0
    assert found["send-step"]["runs"][0]["amount"] > 0
