"""Taking old entries out of the audit log: the one way past its triggers, for operators alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction

from members import audit_log
from members.sql import execute
from members.vocabulary import Deed

BATCH = 10_000  # nobody can append meanwhile: a batch takes milliseconds
_OLDEST = """
DELETE FROM members_auditentry WHERE id IN (
    SELECT id FROM members_auditentry WHERE timestamp < %(before)s ORDER BY timestamp LIMIT %(batch)s
)
"""


def prune(before: datetime) -> int:
    """Delete the entries from before an instant, and note that batch by batch. Returns how many went."""
    gone = 0
    while batch := _prune_some(before):
        gone += batch
    return gone


@contextmanager
def unlocked() -> Iterator[None]:
    """Let the log's rows be deleted inside, in one transaction; only the owner of the table can."""
    with transaction.atomic():
        _alter("DISABLE")
        yield
        execute("SET CONSTRAINTS ALL IMMEDIATE", {})  # a table with checks to come cannot be altered
        _alter("ENABLE")


def _prune_some(before: datetime) -> int:
    with unlocked():
        gone = execute(_OLDEST, {"before": before, "batch": BATCH})
        if gone:  # in the same transaction: nothing goes unnoted when the command is killed
            audit_log.note(None, Deed.PRUNED, detail=f"{gone} entries from before {before:%Y-%m-%d %H:%M} UTC")
    return gone


def _alter(verb: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE members_auditentry {verb} TRIGGER USER")
