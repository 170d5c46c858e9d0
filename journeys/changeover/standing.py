"""Who stands where in a journey, and what they had: counted by the database, told by step key."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from members.sql import rows

_STANDING = """
SELECT s.key, v.number, count(*)
FROM journeys_version v JOIN journeys_step s ON s.version_id = v.id
JOIN journeys_enrollment e ON e.step_id = s.id AND e.state = 'live'
WHERE v.journey_id = %(journey)s GROUP BY s.key, v.number
"""
# Members with the same past are one row, so that their number is the number of ways and not that of members.
_PASTS = """
WITH moving AS MATERIALIZED (
    SELECT e.id, e.member_id, e.visit, s.key
    FROM journeys_version v JOIN journeys_step s ON s.version_id = v.id
    JOIN journeys_enrollment e ON e.step_id = s.id AND e.state = 'live'
    WHERE v.journey_id = %(journey)s AND s.key = ANY(%(keys)s)
),
had AS (
    SELECT m.id, array_agg(DISTINCT concat_ws(' ', t.step_key, t.outcome, CASE WHEN t.visit = m.visit THEN 'now' END))
           AS steps
    FROM moving m
    JOIN journeys_trace t ON t.member_id = m.member_id AND t.journey_id = %(journey)s AND t.enrollment_id = m.id
    WHERE t.step_key <> '' AND t.outcome <> ALL(%(no_steps)s) GROUP BY m.id
)
SELECT m.key, COALESCE(h.steps, '{}'), count(*) FROM moving m LEFT JOIN had h ON h.id = m.id GROUP BY 1, 2
"""
_WITHOUT_OFFER = """
SELECT count(*)
FROM journeys_version v JOIN journeys_step s ON s.version_id = v.id
JOIN journeys_enrollment e ON e.step_id = s.id AND e.state = 'live'
WHERE v.journey_id = %(journey)s AND s.key = %(key)s AND NOT EXISTS (
    SELECT FROM content_grant g JOIN content_offer o ON o.id = g.offer_id
    WHERE g.member_id = e.member_id AND o.key = %(offer)s AND g.state = 'live')
"""
# What a trace tells of a step besides having been through.
_NO_STEPS = ("waiting", "moved", "ended", "converted")


@dataclass(frozen=True)
class Past:
    """So many members stand at a step and had the same: the outcomes by step, and the steps of the present visit."""

    key: str
    count: int
    outcomes: Mapping[str, Collection[str]]
    now: Collection[str]


def standing(journey_id: int) -> Mapping[str, Mapping[int, int]]:
    """Return how many stand at each step, by the number of their version."""
    found: dict[str, dict[int, int]] = {}
    for key, number, count in rows(_STANDING, {"journey": journey_id}):
        found.setdefault(key, {})[number] = count
    return found


def pasts(journey_id: int, keys: Collection[str]) -> Sequence[Past]:
    """Return what those had who stand at these steps; members with the same past are counted together."""
    if not keys:
        return []
    params = {"journey": journey_id, "keys": list(keys), "no_steps": list(_NO_STEPS)}
    return [_past(key, steps, count) for key, steps, count in rows(_PASTS, params)]


def without_offer(journey_id: int, key: str, offer: str) -> int:
    """Return how many stand at a step without a live grant of an offer."""
    [(count,)] = rows(_WITHOUT_OFFER, {"journey": journey_id, "key": key, "offer": offer})
    return int(count)


def _past(key: str, steps: Sequence[str], count: int) -> Past:
    outcomes: dict[str, set[str]] = {}
    now = set()
    for had in steps:
        step, outcome, *visit = had.split(" ")
        outcomes.setdefault(step, set()).add(outcome)
        if visit:
            now.add(step)
    return Past(key, count, outcomes, now)
