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


def settle(*tables: str) -> None:
    """Do what autovacuum would have done before long, to some tables or to all: each run finds the same state."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM (ANALYZE) {', '.join(tables)}")
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
