"""Facts that were told again after a restore count as recorded when they happened, as they were the first time."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from members.sql import execute

_FACTS = {
    "members_event": "topic LIKE 'event:%%'",
    "members_purchase": "topic = 'purchase'",
    "members_pointsentry": "topic = 'points'",
}
# The reference of a fact's news is its id; those of other topics are words.
_NEWS = """
UPDATE members_news n SET recorded_at = GREATEST(fact.happened_at, %(backup)s) FROM {table} fact
WHERE n.recorded_at > %(backup)s AND {topic}
  AND fact.id = CASE WHEN n.reference ~ '^[0-9]+$' THEN n.reference::bigint END
"""
_FACT = """
UPDATE {table} SET recorded_at = GREATEST(happened_at, %(backup)s)
WHERE recorded_at > %(backup)s AND happened_at < recorded_at
"""


@transaction.atomic
def backdate(backup: datetime) -> None:
    """Let facts recorded since a backup, and the news of them, bear the time at which they happened.

    It reads all facts, which is once after a restore.
    """
    for table, topic in _FACTS.items():
        execute(_NEWS.format(table=table, topic=topic), {"backup": backup})
        execute(_FACT.format(table=table), {"backup": backup})
