"""`docs/benchmarks.md` and its picture, from what `results.json` says and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import picture
from benchmarks.measuring import RUNS, Aim
from benchmarks.workloads import ALL, Workload
from benchmarks.workloads.send import AT_MOST

Results = Mapping[str, Any]
PICTURE = "benchmarks.svg"
BUSY = 0.7  # processes that want a core before anything is measured
MOST_MB = 300  # what any worker may take
_INTRO = """\
# Benchmarks

`make bench` measures Chorale and writes this page; nobody writes figures into it by hand. It draws a population from
the [CDNOW purchases](demo.md) that the demo shows, runs each workload three times, and holds it against a limit that is
measured right beside it, on the same rows of the same database: figures of two machines differ, the ratio much less.

```
make bench                                  # 100,000 members, four minutes on two idle cores
BENCH_MEMBERS=1000000 make bench            # a million members, 24 to 30 minutes
make bench ARGS="--only deliver --sizes"    # one workload, at one size
```

It has servers and a database of its own below `var/benchmarks`, set up as in production: every commit is on disk
(`fsync` and `synchronous_commit` are on) before the next one counts.
"""
_BY_SIZE = f"""\
Seconds for the whole population, all three parts together; a refresh is that of one run, and the send step decides for
{RUNS * AT_MOST:,} members at most.
"""
_LEGEND = """\
Values are the median of three runs; the spread is what lies between the least and the most of them, as a share of it. A
ratio is the value over that of the limit. “Reached” says whether value and every ratio pass the aim.
"""


def write(results: Results, path: Path) -> None:
    """Write the page, and the picture beside it."""
    path.write_text(text(results), encoding="utf-8")
    (path.parent / PICTURE).write_text(picture.drawn(costs(results)), encoding="utf-8")


def text(results: Results) -> str:
    """Return the page."""
    full = results["sizes"][str(results["members"])]
    measured = [kind for kind in ALL if kind.key in full]
    parts = [
        _INTRO,
        _measured_on(results),
        "## Results\n",
        _LEGEND,
        _table(_results(measured, full)),
        "## Cost against size\n",
        f"![Seconds against members, both in powers of ten]({PICTURE})\n",
        _BY_SIZE,
        _table(_by_size(results)),
        "## Memory\n",
        _memory(measured, full),
        "## How each is done, and what was tried\n",
        *(_told(kind) for kind in measured),
    ]
    return "\n".join(parts)


def costs(results: Results) -> dict[str, dict[int, float]]:
    """Return the seconds that the population took, by title of the workload and size."""
    found: dict[str, dict[int, float]] = {}
    for kind in ALL:
        if kind.scales:
            at = {
                int(size): _cost(kind, given[kind.key]) for size, given in results["sizes"].items() if kind.key in given
            }
            found[kind.short] = at
    return {title: at for title, at in found.items() if at}


def _cost(kind: type[Workload], given: Mapping[str, Any]) -> float:
    seconds = [run["seconds"] for run in given["runs"]]
    return float(given["median"]) if not kind.aim.more else float(sum(seconds))


def _measured_on(results: Results) -> str:
    machine, versions, database = results["machine"], results["versions"], results["database"]
    said = [
        (
            f"Measured {results['at']} with {results['members']:,} members in {results['minutes']} minutes, on"
            f" {machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']};"
            f" {results['load_before']} processes wanted a core when it began."
        ),
        ", ".join(f"{name} {version}" for name, version in versions.items()) + ".",
        "PostgreSQL: " + ", ".join(f"`{name}` {value}" for name, value in database.items()) + ".",
    ]
    if results["load_before"] >= BUSY:
        said.append("**The machine was busy with other work**: it can do more than the values say; the ratios hold.")
    return "\n\n".join(said) + "\n"


def _table(lines: Iterator[Sequence[str]]) -> str:
    head, *rows = lines
    marks = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, marks, *rows]) + "\n"


def _results(measured: Sequence[type[Workload]], full: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    yield "workload", "aim", "median", "spread", "held against", "reached"
    for kind in measured:
        given = full[kind.key]
        limits = given["limits"]
        against = "<br>".join(
            f"{kind.against[name]}: {shown(limit['median'], kind.unit)}, ratio {limit['ratio']:.2f}"
            for name, limit in limits.items()
        )
        reached = kind.aim.reached(given["median"], [limit["ratio"] for limit in limits.values()])
        yield (
            kind.title,
            _aim(kind.aim, kind.unit),
            shown(given["median"], kind.unit),
            f"{given['spread']:.0%}",
            against or "–",
            "yes" if reached else "**no**",
        )


def _aim(aim: Aim, unit: str) -> str:
    sign = "≥" if aim.more else "≤"
    value = f"{sign} {shown(aim.value, unit)}" if aim.value is not None else ""
    ratio = f"{sign} {aim.ratio:g} of the limit" if aim.ratio is not None else ""
    return " and ".join(filter(None, [value, ratio]))


def shown(value: float, unit: str) -> str:
    """Return a value as people read it."""
    if unit == "s":
        return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.0f} ms"
    if unit == "of a core":
        return f"{value:.1%} of a core"
    return f"{value:,.0f} {unit}"


def _by_size(results: Results) -> Iterator[Sequence[str]]:
    sizes = [int(size) for size in results["sizes"]]
    yield ("workload", *(f"{size:,}" for size in sizes))
    for title, at in costs(results).items():
        yield (title, *(f"{at[size]:.2f}" if size in at else "–" for size in sizes))


def _memory(measured: Sequence[type[Workload]], full: Mapping[str, Any]) -> str:
    names = sorted({name for kind in measured for name in full[kind.key]["memory_mb"]})
    workers = [full[kind.key]["memory_mb"].get(name, 0) for kind in measured for name in ("worker", "Celery")]
    most = max(workers, default=0)
    said = (
        "The most that was seen in megabytes, as proportional set sizes. Of workers, Celery's processes and gunicorn's"
        f" the largest one is told, of all others what they take together. The largest worker took {most} MB; the aim"
        f" is {MOST_MB} at most: {'reached' if most <= MOST_MB else '**missed**'}.\n"
    )

    def lines() -> Iterator[Sequence[str]]:
        yield ("workload", *names)
        for kind in measured:
            taken = full[kind.key]["memory_mb"]
            yield (kind.short, *(str(taken.get(name, "–")) for name in names))

    return f"{said}\n{_table(lines())}"


def _told(kind: type[Workload]) -> str:
    said = "\n\n".join(filter(None, [kind.how, kind.tried.strip()]))
    return f"### {kind.short}\n\n{said}\n"
