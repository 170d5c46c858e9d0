"""Run faults: `python -m tests.faults`, or `make faults`. Ends with 0 where everything held, else with 1."""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

from tests.faults import place


def main() -> int:
    """Read the command line, run, and print what was done and what came of it."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument(
        "--seed",
        type=int,
        default=random.SystemRandom().randrange(10_000),
        help="draws the faults; the processes race as they like",
    )
    parser.add_argument("--faults", type=int, default=1000, help="how many at least (%(default)s)")
    parser.add_argument("--short", action="store_true", help="a small house, for a minute")
    parser.add_argument("--home", type=Path, default=Path("var/faults"), help="where it all stands (%(default)s)")
    parser.add_argument("--dump", type=Path, help="a dump of a migrated database, instead of migrating one")
    given = parser.parse_args()
    place.settle(given.home.absolute())
    from tests.faults import run  # models can be read by now

    sys.stdout.write(f"SEED={given.seed} FAULTS={given.faults}\n")
    sys.stdout.flush()
    since = time.monotonic()
    place.fill(given.dump)
    plan = (run.short if given.short else run.long)(given.seed, given.faults)
    stage, broken = run.play(plan)
    _tell(stage.table(), stage.besides)
    sys.stdout.write(f"{stage.total} faults in {time.monotonic() - since:.0f} seconds, SEED={given.seed}.\n")
    for sentence in broken[:50]:
        sys.stdout.write(f"BROKEN  {sentence}\n")
    sys.stdout.write(f"{len(broken)} promises broken.\n" if broken else "Everything holds.\n")
    return 1 if broken else 0


def _tell(done: dict[str, int], besides: dict[str, int]) -> None:
    for table in (done, besides):
        sys.stdout.write("\n")
        for name, number in sorted(table.items()):
            sys.stdout.write(f"{number:8}  {name}\n")
    sys.stdout.write("\n")


if __name__ == "__main__":
    sys.exit(main())
