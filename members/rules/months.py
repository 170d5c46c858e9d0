"""Facts looked up by id: in the months in which they happened alone, for their tables are partitioned by these."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from members.facts.checks import EARLIEST, LATEST

# A fact's id, and when it happened; None where nobody knows, so that every month is asked.
Known = tuple[int, datetime | None]

# Bounds, and not the instants themselves: the planner leaves out partitions by these, and reads along the ids.
WITHIN = "{fact}.happened_at BETWEEN %(earliest)s AND %(latest)s"
OF_MONTHS = f"{{fact}}.id = ANY(%(ids)s) AND {WITHIN}"


def known(facts: Sequence[Known]) -> dict[str, Any]:
    """Return the parameters of OF_MONTHS for some facts."""
    return {"ids": [fact for fact, _ in facts], **within([at for _, at in facts])}


def within(instants: Sequence[datetime | None]) -> dict[str, datetime]:
    """Return the parameters of WITHIN: the earliest and the latest instant; of all time where one is unknown."""
    given = [at for at in instants if at is not None]
    if not given or len(given) < len(instants):
        return {"earliest": EARLIEST, "latest": LATEST}
    return {"earliest": min(given), "latest": max(given)}
