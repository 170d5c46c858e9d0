"""The house that is measured: servers of its own below `CHORALE_HOME`, and a database that begins empty.

The servers are the embedded ones, set up as they come: fsync and synchronous commits are on.
"""

from __future__ import annotations

import os
from pathlib import Path

import django
import psycopg

ROOT = Path(__file__).resolve().parent.parent
EMPTY = "chorale_empty"  # a migrated database without a member in it


def found() -> None:
    """Make this process, and those that it starts, the benchmarks' own: nobody's database or broker is ever touched."""
    os.environ.setdefault("CHORALE_HOME", str(ROOT / "var" / "benchmarks"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ["CHORALE_API_RATE"] = "10000000"
    for name in ("DATABASE_URL", "BROKER_URL", "CHORALE_CLOCK"):
        os.environ.pop(name, None)
    enter()


def enter() -> None:
    """Make this process ready to work, on the servers that the environment names."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from config import startup

    startup.servers()


def build() -> None:
    """Make the empty database anew, as the migrations of today leave it."""
    from django.core.management import call_command
    from django.db import connection

    _admin(f"DROP DATABASE IF EXISTS {EMPTY} WITH (FORCE)")
    _anew("template1")
    call_command("migrate", verbosity=0)
    connection.close()
    _admin(f"CREATE DATABASE {EMPTY} TEMPLATE {_name()}")


def empty() -> None:
    """Begin with an empty database and an empty broker."""
    from django.core.cache import cache
    from django.db import connection

    connection.close()
    _anew(EMPTY)
    cache.clear()
    forget_tasks()


def forget_tasks() -> None:
    """Throw away what waits in the broker."""
    from config.celery import app

    app.control.purge()


# Tables that rows were written to since they were last settled; of a partition also what it is a part of, for which the
# planner keeps figures of its own.
_CHANGED = """
WITH changed AS (
    SELECT relid FROM pg_stat_user_tables WHERE n_mod_since_analyze > 0 OR n_ins_since_vacuum > 0 OR n_dead_tup > 0
)
SELECT relid::regclass::text, false FROM changed
UNION SELECT inhparent::regclass::text, true FROM pg_inherits JOIN changed ON relid = inhrelid
     JOIN pg_class ON pg_class.oid = inhparent AND relkind = 'p'
"""


def settle(*tables: str) -> None:
    """Do what autovacuum, and the night's task for partitioned tables, would have done before long: runs find the same.

    To these tables, or to all that changed.
    """
    from django.db import connection

    with connection.cursor() as cursor:
        if tables:
            cursor.execute(f"VACUUM (ANALYZE) {', '.join(tables)}")
        else:
            cursor.execute("SELECT pg_stat_force_next_flush()")
            cursor.execute(_CHANGED)
            for table, has_parts in cursor.fetchall():
                cursor.execute(f"ANALYZE ONLY {table}" if has_parts else f"VACUUM (ANALYZE) {table}")
        cursor.execute("CHECKPOINT")


def files() -> Path:
    """Return the folder for files that workloads make."""
    from django.conf import settings

    folder: Path = settings.CHORALE_HOME / "files"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _anew(template: str) -> None:
    _admin(f"DROP DATABASE IF EXISTS {_name()} WITH (FORCE)")
    _admin(f"CREATE DATABASE {_name()} TEMPLATE {template}")


def _name() -> str:
    from django.db import connection

    return str(connection.settings_dict["NAME"])


def _admin(statement: str) -> None:
    from django.db import connection

    known = connection.settings_dict
    with psycopg.connect(host=known["HOST"], user=known["USER"], dbname="postgres", autocommit=True) as admin:
        admin.execute(statement.encode())
