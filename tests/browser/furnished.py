"""The furnished house as a database: built once for a state of the code, and copied for every test that lives in it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.backends.utils import CursorWrapper

from journeys.plan import plan
from tests import databases

PREFIX = "chorale_house_"
LOCK = databases.LOCK + 1  # building takes long; meanwhile other test processes make their databases


@contextmanager
def lived_in(furnish: Callable[[], None], worker: str) -> Iterator[None]:
    """Let Django's connections lead to a fresh copy of the furnished house inside, and back afterwards."""
    before = connection.settings_dict["NAME"]
    try:
        name = databases.copied(_template(furnish), f"{worker}_house")
        _use(name)
        yield
        databases.dropped(name)
    finally:
        _use(before)


def _template(furnish: Callable[[], None]) -> str:
    name = f"{PREFIX}{_fingerprint()}"
    empty = databases.template()
    with databases.maintenance(LOCK) as cursor:
        found = databases.named(cursor, PREFIX)
        if name in found:
            return name
        for old in found:  # the draft of a killed run, too
            databases.drop(cursor, old)
        _build(cursor, empty, furnish)
        cursor.execute(f"ALTER DATABASE {PREFIX}draft RENAME TO {name}")
    return name


def _build(cursor: CursorWrapper, empty: str, furnish: Callable[[], None]) -> None:
    draft = f"{PREFIX}draft"
    cursor.execute(f"CREATE DATABASE {draft} TEMPLATE {empty}")
    _use(draft)
    furnish()
    connection.close()
    # The web server's threads are still connected.
    cursor.execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s", [draft])


def _use(name: str) -> None:
    databases.use(name)
    # What this process remembers by the ids of rows: another database has others under them.
    ContentType.objects.clear_cache()
    plan.cache_clear()


def _fingerprint() -> str:
    """Return a hash of everything that has a part in it."""
    found = hashlib.sha256(databases.fingerprint().encode())
    layers = [settings.BASE_DIR / layer for layer in ("config", "members", "content", "channels", "journeys")]
    parts = [path for layer in layers for kind in ("*.py", "*.yaml") for path in layer.rglob(kind)]
    for path in [*sorted(parts), Path(__file__).with_name("house.py")]:
        found.update(path.read_bytes())
    return found.hexdigest()[:12]
