"""`make bench`: every workload three times, at growing sizes of the population; results and page are written.

    BENCH_MEMBERS=1000000 .venv/bin/python -m benchmarks

The smaller sizes run what the picture of cost against size shows; the size asked for runs everything.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import house

SIZES = (10_000, 100_000, 1_000_000)
RESULTS = house.ROOT / "benchmarks" / "results.json"


def main() -> None:
    """Measure, and write what was measured."""
    said = argparse.ArgumentParser(description=__doc__)
    said.add_argument("--members", type=int, default=int(os.environ.get("BENCH_MEMBERS", "100000")))
    said.add_argument("--only", nargs="*", default=[], metavar="WORKLOAD", help="these, and what they stand on")
    said.add_argument("--sizes", type=int, nargs="*", help="smaller sizes to run before")
    said.add_argument("--results", type=Path, default=RESULTS)
    said.add_argument("--page", type=Path, default=house.ROOT / "docs" / "benchmarks.md")
    said.add_argument("--page-only", action="store_true", help="measure nothing, write the page from the results")
    given = said.parse_args()
    sizes = [size for size in SIZES if size < given.members] if given.sizes is None else given.sizes
    house.found()
    if not given.page_only:
        house.build()
        results = collected([*sizes, given.members], given.only)
        given.results.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    from benchmarks import page

    page.write(json.loads(given.results.read_text(encoding="utf-8")), given.page)
    print(f"{given.page} says what {given.results} says.", file=sys.stderr)


def collected(sizes: Sequence[int], only: Sequence[str]) -> dict[str, Any]:
    """Run each size, the last one in full, and return everything that `results.json` holds."""
    from benchmarks import machine, workloads

    started, load = time.perf_counter(), machine.load()
    at = {str(size): _size(size, _keys(workloads.ALL, only, size < sizes[-1])) for size in sizes}
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "members": sizes[-1],
        "minutes": round((time.perf_counter() - started) / 60, 1),
        "load_before": load,
        "machine": machine.described(),
        "versions": machine.versions(),
        "database": machine.durability(),
        "sizes": at,
    }


def _keys(kinds: Sequence[Any], only: Sequence[str], is_smaller: bool) -> list[str]:
    wanted = [kind.key for kind in kinds if kind.scales or not is_smaller]
    needed = {"import-members", "import-purchases"}
    return [key for key in wanted if not only or key in only or key in needed]


def _size(members: int, keys: Sequence[str]) -> dict[str, Any]:
    print(f"{members:,} members", file=sys.stderr, flush=True)
    file = house.files().parent / f"measured-{members}.json"
    subprocess.run([sys.executable, "-m", "benchmarks.one_size", str(members), str(file), *keys], check=True)
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    main()
