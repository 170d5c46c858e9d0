"""Where a faults run lives: a home with a PostgreSQL and a broker of its own, so that it disturbs nobody."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import subprocess
from pathlib import Path

import django

BEGINNING = "2026-03-01T12:00+00:00"  # of the played time


def settle(home: Path) -> None:
    """Set the environment up and load Django. What was set by whoever started us reaches neither us nor our workers."""
    for name in [name for name in os.environ if name.startswith(("CHORALE_", "PG"))]:
        del os.environ[name]
    for name in ("DATABASE_URL", "BROKER_URL"):
        os.environ.pop(name, None)
    place = home / "faults"
    for left in (place, home / "sandbox"):
        shutil.rmtree(left, ignore_errors=True)
    place.mkdir(parents=True)
    os.environ |= {
        "CHORALE_HOME": str(home),
        "CHORALE_CLOCK": str(place / "clock"),
        "CHORALE_PUBLIC_URL": f"http://127.0.0.1:{free_port()}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "FAULTS_PLACE": str(place),
    }
    (place / "clock").write_text(BEGINNING)
    django.setup()
    logging.getLogger().handlers[:] = [logging.FileHandler(place / "run.log")]


def place() -> Path:
    """Return the folder of orders, logs and the played clock."""
    return Path(os.environ["FAULTS_PLACE"])


def fill(dump: Path | None) -> None:
    """Start the servers and make an empty, migrated database, out of a dump of one if that is given."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from config.embedded import users

    # As in production, and unlike the other tests: what was committed must outlive a server that is killed.
    users.ensure(settings.HOME)
    name = connection.settings_dict["NAME"]
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {name}")
    if dump:
        load(dump)
    else:
        call_command("migrate", verbosity=0, interactive=False)


def load(dump: Path) -> None:
    """Load a dump into the database of this run."""
    from django.conf import settings
    from django.db import connection

    from config.embedded import account, programs

    psql = programs.postgres(account.mine(), settings.HOME.servers) / "psql"
    known = connection.settings_dict
    target = ["--host", known["HOST"], "--username", known["USER"], "--dbname", known["NAME"]]
    subprocess.run(
        [psql, *target, "--quiet", "--set=ON_ERROR_STOP=1", "--file", dump], check=True, stdout=subprocess.DEVNULL
    )


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.socket() as trying:
        trying.bind(("127.0.0.1", 0))
        return int(trying.getsockname()[1])
