"""The decision that everybody goes on."""

from __future__ import annotations

from members.sql import Sql

_NEXT = """
SELECT e.id AS enrollment_id, 'next' AS outcome, NULL::timestamptz AS rest_until, '' AS reason, '{{}}'::jsonb AS detail
FROM ({cohort}) e
"""


def passing(cohort: Sql) -> Sql:
    """Return the decision: the whole cohort goes on by `next`."""
    return Sql(_NEXT.format(cohort=cohort.text), cohort.params)
