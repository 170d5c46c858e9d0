"""All workloads at one size of the population, in a process of its own: `python -m benchmarks.one_size SIZE FILE`."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import house
from benchmarks.crew import Crew
from benchmarks.measuring import RUNS, Run, summed

if TYPE_CHECKING:
    from benchmarks.workloads import Workload

IN_FULL = 500_000  # from so many members on


def measured(members: int, keys: Sequence[str]) -> dict[str, Any]:
    """Make a population of this size in an empty house, run the workloads on it, and return what they gave, by key."""
    from benchmarks import population, workloads
    from journeys.demo import shop
    from members import clock

    shutil.rmtree(house.files(), ignore_errors=True)
    house.empty()
    shop.open_stores()
    _say(f"{members:,} members are drawn")
    parts = population.parts(members, clock.now().date(), house.files())
    with Crew(house.files()) as crew:
        stage = workloads.Stage(members, parts, house.files(), crew, in_full=members >= IN_FULL)
        return {kind.key: given(kind(stage)) for kind in workloads.ALL if kind.key in keys}


def given(workload: Workload) -> dict[str, Any]:
    """Run a workload three times and return what it gave."""
    from benchmarks.processes import Watch

    started = time.perf_counter()
    workload.prepare()
    house.settle()
    runs: list[Run] = []
    limits: dict[str, list[Run]] = {name: [] for name in workload.against}
    with Watch() as watch:
        for number in range(RUNS):
            runs.append(workload.run(number))
            for name, run in workload.limits(number).items():
                limits[name].append(run)
    workload.finish()
    found = {
        **summed(runs),
        "limits": {name: summed(bare) for name, bare in limits.items()},
        "memory_mb": {name: round(mb) for name, mb in sorted(watch.peaks.items())},
        "took_seconds": round(time.perf_counter() - started, 1),
    }
    for limit in found["limits"].values():
        limit["ratio"] = round(found["median"] / limit["median"], 3) if limit["median"] else 0.0
    _say(f"{workload.title}: {_line(found, workload.unit)}")
    return found


def _line(found: dict[str, Any], unit: str) -> str:
    ratios = ", ".join(
        f"{limit['ratio']:.2f} of {name} ({limit['median']:,.4g})" for name, limit in found["limits"].items()
    )
    memory = ", ".join(f"{name} {mb} MB" for name, mb in found["memory_mb"].items())
    value = f"{found['median']:,.4g} {unit} (spread {found['spread']:.0%})"
    return f"{value}; {ratios or 'no limit'}; {found['took_seconds']} s; {memory}"


def _say(words: str) -> None:
    print(f"  {words}", file=sys.stderr, flush=True)


def main() -> None:
    """Measure and write what was measured to the file."""
    members, file, *keys = sys.argv[1:]
    house.enter()
    Path(file).write_text(json.dumps(measured(int(members), keys)), encoding="utf-8")


if __name__ == "__main__":
    main()
