"""Databases for tests: migrated once into a template, copied by every test process."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.core.management.sql import sql_flush
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.test import TransactionTestCase

TEMPLATES_KEPT = 3  # so that going back and forth between branches does not migrate each time
LOCK = 0x43686F72  # any number, the same in all test processes


def fingerprint() -> str:
    """Return a hash of all migrations of all apps."""
    files = (path for app in apps.get_app_configs() for path in sorted(Path(app.path, "migrations").glob("*.py")))
    found = hashlib.sha256()
    for path in files:
        found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:12]


@contextmanager
def maintenance(lock: int = LOCK) -> Iterator[CursorWrapper]:
    """Give a cursor outside the tests' database, one test process at a time."""
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [lock])
        yield cursor


def use(name: str) -> None:
    """Let Django's connection lead to the database ``name``."""
    connection.close()
    connection.settings_dict["NAME"] = name


def template() -> str:
    """Return the name of a migrated database; migrations run only if no process ran these ones before."""
    name = f"chorale_template_{fingerprint()}"
    with maintenance() as cursor:
        found = named(cursor, "chorale_template_")
        if name not in found:
            draft = "chorale_template_draft"
            drop(cursor, draft)
            cursor.execute(f"CREATE DATABASE {draft}")
            use(draft)
            call_command("migrate", verbosity=0, interactive=False)
            connection.close()
            cursor.execute(f"ALTER DATABASE {draft} RENAME TO {name}")
            for old in found[: -(TEMPLATES_KEPT - 1)]:
                drop(cursor, old)
    return name


def copied(source: str, worker: str) -> str:
    """Return the name of a fresh copy of ``source`` for this process; drop what killed test runs left."""
    name = f"chorale_test_{os.getpid()}_{worker}"
    with maintenance() as cursor:
        for left in named(cursor, "chorale_test_"):
            if not _runs(int(left.split("_")[2])):
                drop(cursor, left)
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {source}")
    return name


def let_be_emptied(table: str, trigger: str) -> None:
    """Switch off the trigger that keeps a table from being emptied: tests with transactions end in that."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")


@contextmanager
def refilled() -> Iterator[None]:
    """Have tests with transactions leave the rows that are there now, and no others.

    Django would empty the tables and send post_migrate again, which takes six times as long.
    """
    with connection.cursor() as cursor:
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        rows = {table: _rows(cursor, table) for table in tables}

    def leave_what_was_there(_test: TransactionTestCase) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in sql_flush(no_style(), connection, reset_sequences=False):
                cursor.execute(statement)
            for table, found in rows.items():
                if found:
                    with cursor.cursor.copy(f"COPY {table} FROM STDIN") as copy:
                        copy.write(found)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(TransactionTestCase, "_fixture_teardown", leave_what_was_there)
        yield


def _rows(cursor: CursorWrapper, table: str) -> bytes:
    """Return what COPY makes of a table; of partitions it makes nothing, and there is nothing in them."""
    cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
    if cursor.fetchone() == (False,):
        return b""
    with cursor.cursor.copy(f"COPY {table} TO STDOUT") as copy:
        return b"".join(copy)


def dropped(name: str) -> None:
    """Drop the test database that was in use."""
    connection.close()
    with maintenance() as cursor:
        drop(cursor, name)


def drop(cursor: CursorWrapper, name: str) -> None:
    cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def named(cursor: CursorWrapper, prefix: str) -> list[str]:
    cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY oid", [prefix])
    return [name for (name,) in cursor.fetchall()]


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def plain_environment() -> dict[str, str]:
    """Return the environment for a program started by a test, without settings of Chorale or of PostgreSQL."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CHORALE_", "PG", "DJANGO_")) and name not in {"DATABASE_URL", "BROKER_URL"}
    }
