"""Pulses: a worker notes which task it runs and on which host, so that others can see whether anything works."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from members.models.pulses import Pulse
from members.sql import execute

# Each process tells of itself no oftener than that: looks come every second, and nobody asks so precisely.
EVERY = 5.0
FORGOTTEN = timedelta(days=1)  # hosts come and go

_NOTE = """
WITH gone AS (DELETE FROM members_pulse WHERE at < %(long_ago)s AND (kind, name) NOT IN (
    SELECT * FROM unnest(%(kinds)s::text[], %(names)s::text[])))
INSERT INTO members_pulse (kind, name, at)
SELECT kind, name, %(now)s FROM unnest(%(kinds)s::text[], %(names)s::text[]) AS seen(kind, name) ORDER BY kind, name
ON CONFLICT (kind, name) DO UPDATE SET at = excluded.at WHERE members_pulse.at < excluded.at
"""
_noted: dict[str, float] = {}


def beat(task: str, host: str, now: datetime) -> None:
    """Note that a task runs on a host, if this process has not noted that task within the last seconds."""
    if time.monotonic() - _noted.get(task, -EVERY) >= EVERY:
        note([(Pulse.Kind.TASK, task), (Pulse.Kind.HOST, host)], now)
        _noted[task] = time.monotonic()


def note(seen: Iterable[tuple[str, str]], now: datetime) -> None:
    """Note that these (kind, name) work now, and forget those that have not been seen for a day."""
    kinds, names = zip(*((kind, name[:200]) for kind, name in seen), strict=True)
    execute(_NOTE, {"kinds": list(kinds), "names": list(names), "now": now, "long_ago": now - FORGOTTEN})


def last(kind: Pulse.Kind) -> Mapping[str, datetime]:
    """Return when each task, or each host, was last seen at work."""
    return dict(Pulse.objects.filter(kind=kind).values_list("name", "at"))
