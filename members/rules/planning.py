"""Settings of PostgreSQL's planner for the questions about everybody.

The planner cannot know how many members pass a comparison with an aggregate, and takes the missing rows of a LEFT JOIN
for none. Where it guesses one row instead of half a million it chooses a nested loop over a subquery: a rule of five
leaves over a million members ran for more than nine minutes, and by hash joins for less than four seconds. Joins of
everybody are never the better for nested loops. With more memory an aggregate over four million purchases stays in it
(2.2 seconds instead of 4.8). Parallel workers would each aggregate the whole table again.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from members.sql import rows

SETTINGS = {"enable_nestloop": "off", "work_mem": "64MB", "max_parallel_workers_per_gather": "0"}


@contextmanager
def for_everybody() -> Iterator[None]:
    """Plan statements over whole tables well, within a transaction; afterwards all settings are as they were.

    When a statement fails, its rollback brings the settings back too.
    """
    with transaction.atomic():
        asked = ", ".join(f"current_setting('{name}')" for name in SETTINGS)
        [before] = rows(f"SELECT {asked}", {})
        _set(SETTINGS)
        yield
        _set(dict(zip(SETTINGS, before, strict=True)))


def _set(settings: dict[str, str]) -> None:
    said = ", ".join(f"set_config('{name}', %({name})s, true)" for name in settings)
    rows(f"SELECT {said}", settings)
